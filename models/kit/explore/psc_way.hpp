// SPDX-License-Identifier: BSL-1.0
#pragma once
// Ways by which a cycle of psc may come into the past of an execution and leave it (see psc_summary.hpp), so that one can
// be seen to allow all that another one does. Whatever is counted here allows the more, the more there is of it; but for
// places in coherence order, of which the earlier allow more.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <kit/explore/digest.hpp>

namespace sluice::explore {

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
  using bits = std::vector<std::uint64_t>;
  using sum_type = std::pair<std::uint64_t, std::uint64_t>;
  struct accesses {
    std::uint16_t loc;
    int earliest;  // of a fence: the place of the first of them
    bits known;

    bool covers(const accesses& o) const { return loc == o.loc && earliest <= o.earliest && holds(known, o.known); }
  };

  std::uint64_t kind = 0;  // with the location, of an access
  std::uint16_t thread = 0;  // if it goes on: all that it is yet to do comes after the node. 0: it has ended
  int place = 0;  // of an access
  bits known;  // who knows of it, of its successor, and of the next event elsewhere
  std::vector<accesses> after;  // that it happens before, sorted by location

  bool covers(const psc_way& o) const {
    if (kind != o.kind || (o.thread != 0 && thread != o.thread)) return false;
    if (place > o.place || !holds(known, o.known)) return false;
    return std::all_of(o.after.begin(), o.after.end(), [this](const accesses& its) {
      return std::any_of(after.begin(), after.end(), [&its](const accesses& mine) { return mine.covers(its); });
    });
  }
  sum_type sum() const {
    digest d;
    d.add(kind);
    d.add(std::uint64_t{thread} << 32 | static_cast<std::uint32_t>(place));
    for (const std::uint64_t b : known) d.add(b);
    for (const accesses& a : after) {
      d.add(std::uint64_t{a.loc} << 32 | static_cast<std::uint32_t>(a.earliest));
      for (const std::uint64_t b : a.known) d.add(b);
    }
    return {d.low, d.high};
  }

 private:
  static bool holds(const bits& all, const bits& some) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((some[i] & ~all[i]) != 0) return false;
    return true;
  }
};

}  // namespace sluice::explore
