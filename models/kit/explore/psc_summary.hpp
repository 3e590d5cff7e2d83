// SPDX-License-Identifier: BSL-1.0
#pragma once
// What of a graph's seq_cst accesses and fences can still matter to psc (see psc.hpp).
//
// A cycle that a future event closes leaves the past by a way that a future edge begins and one ends. A future edge
// into the past ends in a target: a write that some thread may still get before in coherence order, or a fence that
// comes after such a write or after a read of one. So the nodes that matter are those that targets reach. What targets
// reach of a row (a thread without its light fences, or these) is a tail of it; between two ends of such tails lies a
// block, reached by the same targets. Of a block counts the set of ways out of it: of each node its place in coherence
// order, that of the accesses that a fence comes before, and which clocks know of it, of its successor, and of the next
// event elsewhere.
#include <algorithm>
#include <utility>

#include <kit/explore/digest.hpp>
#include <kit/explore/live_writes.hpp>
#include <kit/explore/psc.hpp>

namespace sluice::explore {

class psc_summary : psc_check {
 public:
  // `carriers`: the clocks of which those of future events will be made. `unfinished`: the threads.
  void add_to(digest& d, const graph& g, const live_writes& live, const std::vector<const clock*>& carriers,
              const std::vector<std::uint16_t>& unfinished) {
    live_ = &live;
    carriers_ = &carriers;
    unfinished_ = &unfinished;
    collect(g);
    find_targets();
    if (targets_.empty()) return;
    find_reached();
    find_tails(d);
    for (unsigned row = 1; row < rows; ++row) add_blocks(d, row);
    for (const target& n : targets_) {
      d.add(n.way_in.low ^ n.way_in.high);
      for (unsigned row = 1; row < rows; ++row) d.add(block_of(row, n.reaches.from[row]));
    }
  }

 private:
  struct target {
    unsigned row;
    std::uint16_t index;
    digest way_in;
    frontier reaches;
  };

  // Whatever leads to a later target that has the ways in of an earlier one of its row leads to that one too.
  void find_targets() {
    targets_.clear();
    for (unsigned row = 1; row < rows; ++row) {
      const std::size_t first = targets_.size();
      for (const std::uint16_t i : nodes_[row]) {
        const ref n = name(row % lanes, i);
        const event& e = graph_->at(n);
        if (e.what == kind::write ? live_->rank(n) <= 0 : !is_fence(e) || !comes_after_live(n)) continue;
        const target found{row, i, way_into(n), {}};
        if (std::none_of(targets_.begin() + static_cast<std::ptrdiff_t>(first), targets_.end(),
                         [&](const target& other) { return other.way_in == found.way_in; }))
          targets_.push_back(found);
      }
    }
  }
  static unsigned sort_of(const event& e) { return is_light(e) ? 1U : is_heavy(e) ? 2U : 0U; }
  bool comes_after_live(ref fence) const {
    for (std::size_t i = 0; i < live_->size(); ++i)
      if (live_->floor((*live_)[i], graph_->at(fence).hb) > 0) return true;
    return false;
  }
  digest way_into(ref n) const {
    digest d;
    const event& e = graph_->at(n);
    d.add(std::uint64_t{n.thread} << 32 | static_cast<unsigned>(e.what) << 8 | sort_of(e));
    if (!is_fence(e)) {
      d.add(std::uint64_t{e.loc} << 32 | static_cast<std::uint32_t>(live_->rank(n)));
      return d;
    }
    for (std::size_t i = 0; i < live_->size(); ++i) add_accesses_before(d, n, (*live_)[i]);
    return d;
  }
  // The last writes of a location that a fence comes after: by themselves, or by a read of them.
  void add_accesses_before(digest& d, ref fence, const live_writes::of_location& of) const {
    std::size_t by_write = of.writes.size();
    while (by_write-- > 1)
      if (hb(of.writes[by_write], fence)) break;
    d.add(std::uint64_t{by_write} << 32 | static_cast<std::uint32_t>(live_->floor(of, graph_->at(fence).hb)));
  }

  void find_reached() {
    for (auto& starts : block_starts_) starts.clear();
    for (target& n : targets_) {
      frontier f;
      f.add(n.row, n.index);
      leads_to(f, [&n](const frontier& now) {
        n.reaches = now;
        return false;
      });
      for (unsigned row = 1; row < rows; ++row)
        if (n.reaches.from[row] != 0xffff) block_starts_[row].push_back(n.reaches.from[row]);
    }
    for (auto& starts : block_starts_) {
      std::sort(starts.begin(), starts.end());
      starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    }
  }
  // The number of the first block of a row that begins at `index` or later.
  std::uint64_t block_of(unsigned row, std::uint16_t index) const {
    const auto& starts = block_starts_[row];
    return static_cast<std::uint64_t>(std::lower_bound(starts.begin(), starts.end(), index) - starts.begin());
  }

  void add_blocks(digest& d, unsigned row) {
    const auto& starts = block_starts_[row];
    d.add(starts.size());
    auto node = nodes_[row].begin();
    for (std::size_t b = 0; b < starts.size(); ++b) {
      ways_.clear();
      for (; node != nodes_[row].end() && (b + 1 == starts.size() || *node < starts[b + 1]); ++node)
        if (*node >= starts[b]) ways_.push_back(ways_out_of(name(row % lanes, *node)));
      std::sort(ways_.begin(), ways_.end());
      ways_.erase(std::unique(ways_.begin(), ways_.end()), ways_.end());
      d.add(ways_.size());
      for (const way& w : ways_) d.add(w.first), d.add(w.second);
    }
  }
  using way = std::pair<std::uint64_t, std::uint64_t>;
  way ways_out_of(ref n) {
    digest d;
    const event& e = graph_->at(n);
    d.add(static_cast<unsigned>(e.what) << 8 | sort_of(e));
    add_position(d, n, n.thread);
    add_position(d, successor(n), n.thread);
    if (!is_fence(e)) {
      d.add(std::uint64_t{e.loc} << 32 | static_cast<std::uint32_t>(place(n)));
      add_position(d, elsewhere(n, +1), n.thread);
    }
    add_accesses_after(d, n);
    return {d.low, d.high};
  }
  int place(ref access) const {
    const event& e = graph_->at(access);
    return live_->rank(e.what == kind::write ? access : e.rf);
  }

  // Who knows of it, a bit for each carrier. What is still to come, the thread itself will know of.
  void add_position(digest& d, ref e, unsigned thread) const {
    std::size_t i = 0;
    add_knowledge(d, [&](const clock& c) {
      const bool own = i < unfinished_->size() && (*unfinished_)[i] == thread;
      ++i;
      return e == nothing ? own : c.knows(e);
    });
    std::uint64_t bits = 1;
    for (const clock* c : tails_) bits = bits << 1 | (e != nothing && c->knows(e) ? 1U : 0U);
    d.add(bits);
  }
  template <class Predicate>
  void add_knowledge(digest& d, const Predicate& knows) const {
    std::uint64_t bits = 1;
    for (const clock* c : *carriers_) {
      if (bits >> 63 != 0) d.add(bits), bits = 1;
      bits = bits << 1 | (knows(*c) ? 1U : 0U);
    }
    d.add(bits);
  }

  // The accesses that n happens before, to its own location or, if it is a fence, to any: of each location the earliest
  // places, and who knows of one.
  void add_accesses_after(digest& d, ref n) {
    const event& e = graph_->at(n);
    const bool any = is_fence(e);
    if (after_.size() < graph_->locations().size()) after_.resize(graph_->locations().size());
    touched_.clear();
    for (unsigned t = 1; t < lanes; ++t) {
      unsigned i = graph_->size(t);
      while (i > 0 && hb(n, name(t, i - 1))) --i;
      for (; i < graph_->size(t); ++i) {
        const event& x = graph_->at(name(t, i));
        if (is_access(x) && (any || x.loc == e.loc)) note_access(name(t, i), x);
      }
    }
    std::sort(touched_.begin(), touched_.end());
    for (const std::uint16_t loc : touched_) {
      accesses_after& of = after_[loc];
      d.add(std::uint64_t{loc} << 48 | std::uint64_t{static_cast<std::uint16_t>(of.read)} << 16 |
            static_cast<std::uint16_t>(of.written));
      add_knowledge(d, [&of](const clock& c) {
        return std::any_of(of.first.begin(), of.first.end(), [&c](ref x) { return c.knows(x); });
      });
      of = {none, none, std::move(of.first)};
      of.first.clear();
    }
  }
  void note_access(ref x, const event& e) {
    accesses_after& of = after_[e.loc];
    if (of.first.empty()) touched_.push_back(e.loc);
    if (of.first.empty() || of.first.back().thread != x.thread) of.first.push_back(x);
    int& least = e.what == kind::write ? of.written : of.read;
    least = std::min(least, place(x));
  }

  // A future access to the location of a thread's last events has what stands before them as its `elsewhere`.
  void find_tails(digest& d) {
    static constexpr clock start = clock::at_start();
    tails_.clear();
    for (const std::uint16_t t : *unfinished_) {
      const unsigned size = graph_->size(t);
      if (size == 0 || !is_access(graph_->at(name(t, size - 1)))) continue;
      const ref last = name(t, size - 1);
      const ref before = elsewhere(last, -1);
      tails_.push_back(before == nothing ? &start : &graph_->at(before).hb);
      d.add(std::uint64_t{t} << 32 | graph_->at(last).loc);
    }
  }

  static constexpr int none = 0x7fff;
  struct accesses_after {
    int read = none;
    int written = none;
    std::vector<ref> first;  // of each thread
  };
  const live_writes* live_ = nullptr;
  const std::vector<const clock*>* carriers_ = nullptr;  // the pasts of the unfinished threads first
  const std::vector<std::uint16_t>* unfinished_ = nullptr;
  std::vector<const clock*> tails_;
  std::vector<target> targets_;
  std::array<std::vector<std::uint16_t>, rows> block_starts_;
  std::vector<way> ways_;
  std::vector<accesses_after> after_;  // by location; as if new but for those in touched_
  std::vector<std::uint16_t> touched_;
};

}  // namespace sluice::explore
