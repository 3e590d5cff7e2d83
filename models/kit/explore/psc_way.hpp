// SPDX-License-Identifier: BSL-1.0
#pragma once
// Ways by which a cycle of psc may come into the past of an execution and leave it (see psc_summary.hpp), so that one can
// be seen to allow all that another one does. Whatever is counted here allows the more, the more there is of it; but for
// places in coherence order, of which the earlier allow more.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <kit/explore/digest.hpp>

namespace sluice::explore {

// Words of bits, mostly few.
class psc_bits {
 public:
  void push_back(std::uint64_t word) {
    if (size_ < first_.size())
      first_[size_] = word;
    else
      rest_.push_back(word);
    ++size_;
  }
  bool holds(const psc_bits& some) const {
    for (std::size_t i = 0; i < size_; ++i)
      if ((some.word(i) & ~word(i)) != 0) return false;
    return true;
  }
  void add_to(digest& d) const {
    for (std::size_t i = 0; i < size_; ++i) d.add(word(i));
  }

 private:
  std::uint64_t word(std::size_t i) const { return i < first_.size() ? first_[i] : rest_[i - first_.size()]; }

  std::array<std::uint64_t, 6> first_{};
  std::vector<std::uint64_t> rest_;
  std::size_t size_ = 0;
};

// Into a node, from who gets before a write: before itself, or before one that a fence comes after.
struct psc_way_in {
  std::uint64_t kind = 0;
  std::vector<int> after;  // places

  bool covers(const psc_way_in& o) const {
    if (kind != o.kind) return false;
    for (std::size_t i = 0; i < after.size(); ++i)
      if (after[i] < o.after[i]) return false;
    return true;
  }
  void add_to(digest& d) const {
    d.add(kind);
    for (const int place : after) d.add(static_cast<std::uint32_t>(place));
  }
  friend bool operator==(const psc_way_in&, const psc_way_in&) = default;
};

// Out of a node.
struct psc_way {
  using bits = psc_bits;
  using sum_type = std::pair<std::uint64_t, std::uint64_t>;
  struct accesses {
    std::uint16_t loc;
    int earliest;  // of a fence: the place of the first of them
    bits known;

    bool covers(const accesses& o) const { return loc == o.loc && earliest <= o.earliest && known.holds(o.known); }
  };

  std::uint64_t kind = 0;  // with the location, of an access
  std::uint16_t thread = 0;  // if it goes on: all that it is yet to do comes after the node. 0: it has ended
  int place = 0;  // of an access
  bits known;  // who knows of it, of its successor, and of the next event elsewhere
  std::vector<accesses> after;  // that it happens before, sorted by location

  bool covers(const psc_way& o) const {
    if (kind != o.kind || (o.thread != 0 && thread != o.thread)) return false;
    if (place > o.place || !known.holds(o.known)) return false;
    return std::all_of(o.after.begin(), o.after.end(), [this](const accesses& its) {
      return std::any_of(after.begin(), after.end(), [&its](const accesses& mine) { return mine.covers(its); });
    });
  }
  sum_type sum() const {
    digest d;
    d.add(kind);
    d.add(std::uint64_t{thread} << 32 | static_cast<std::uint32_t>(place));
    known.add_to(d);
    for (const accesses& a : after) {
      d.add(std::uint64_t{a.loc} << 32 | static_cast<std::uint32_t>(a.earliest));
      a.known.add_to(d);
    }
    return {d.low, d.high};
  }
};

}  // namespace sluice::explore
