// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which writes of a graph can still matter to coherence: of each location the last one, which the client may look at in the
// end, and those that some unfinished thread which is yet to access it may read or stand before. They are numbered from 0
// in coherence order; each of these threads knows of number 0, or of a later one.
#include <algorithm>
#include <array>
#include <vector>

#include <kit/explore/coherence.hpp>
#include <kit/explore/futures.hpp>
#include <kit/explore/model.hpp>

namespace sluice::explore {

class live_writes {
 public:
  static constexpr int dead = -1;
  struct of_location {
    unsigned loc;
    std::vector<ref> writes;
  };

  // The unfinished threads, their pasts, and, by thread, what they may still do.
  void find(const graph& g, const std::vector<std::uint16_t>& threads, const std::vector<const clock*>& pasts,
            const std::array<futures::acts, lanes>& acts) {
    graph_ = &g;
    used_ = 0;
    if (rank_.size() < g.added().size()) rank_.resize(2 * g.added().size());
    initial_.assign(g.locations().size(), 0);
    for (unsigned loc = 0; loc < g.locations().size(); ++loc) {
      if (is_initial(g.co_last(loc))) continue;
      concerned_.clear();
      for (std::size_t i = 0; i < threads.size(); ++i)
        if ((acts[threads[i]].accesses & futures::bit(loc)) != 0) concerned_.push_back(pasts[i]);
      number(loc, concerned_);
    }
  }

  // The locations that have been written.
  std::size_t size() const { return used_; }
  const of_location& operator[](std::size_t i) const { return of_[i]; }

  int rank(ref w) const { return is_initial(w) ? initial_[w.index] : rank_[graph_->at(w).stamp]; }

  // The number of the last write at `of` that `c` knows of, by itself or by a read of it.
  int floor(const of_location& of, const clock& c) const {
    for (std::size_t i = of.writes.size(); i-- > 1;)
      if (known(of.writes[i], c)) return static_cast<int>(i);
    return 0;
  }
  // The same, by itself.
  int floor_written(const of_location& of, const clock& c) const {
    std::size_t i = of.writes.size() - 1;
    while (i != 0 && !c.knows(of.writes[i])) --i;
    return static_cast<int>(i);
  }

 private:
  bool known(ref w, const clock& c) const {
    if (c.knows(w)) return true;
    for (ref r = graph_->reader_of(w); r != nothing; r = graph_->at(r).next_reader)
      if (c.knows(r)) return true;
    return false;
  }

  void number(unsigned loc, const std::vector<const clock*>& pasts) {
    const graph& g = *graph_;
    // Of a futex's queue only the last operation can be read from: all of them are read-modify-writes.
    const bool queue = detail::is_futex(g.at(g.co_last(loc)).how);
    if (used_ == of_.size()) of_.emplace_back();
    of_location& of = of_[used_++];
    of.loc = loc;
    of.writes.clear();
    std::size_t still_ahead = queue ? 0 : pasts.size();  // unfinished threads that may read an earlier one
    known_.assign(pasts.size(), false);
    ref w = g.co_last(loc);
    for (;; w = g.at(w).co_prev) {
      of.writes.push_back(w);
      for (std::size_t t = 0; still_ahead != 0 && t < pasts.size(); ++t)
        if (!known_[t] && (is_initial(w) || known(w, *pasts[t]))) known_[t] = true, --still_ahead;
      if (still_ahead == 0 || is_initial(w)) break;
    }
    std::reverse(of.writes.begin(), of.writes.end());
    for (std::size_t i = 0; i < of.writes.size(); ++i) set(of.writes[i], static_cast<int>(i));
    while (!is_initial(w)) set(w = g.at(w).co_prev, dead);
  }
  void set(ref w, int rank) { (is_initial(w) ? initial_[w.index] : rank_[graph_->at(w).stamp]) = rank; }

  const graph* graph_ = nullptr;
  std::vector<of_location> of_;
  std::size_t used_ = 0;
  std::vector<int> rank_;  // by stamp
  std::vector<int> initial_;  // of the initial write of a location
  std::vector<bool> known_;
  std::vector<const clock*> concerned_;
};

}  // namespace sluice::explore
