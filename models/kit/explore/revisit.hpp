// SPDX-License-Identifier: BSL-1.0
#pragma once
// Backward revisits (TruSt, section 4). A new write w may change where an earlier read r reads from if r is not in w's
// (po u rf)+ prefix. Everything added after r that is not in that prefix is deleted. Many graphs would lead to the same
// restricted graph; the revisit is made from one of them alone, that in which all that gets deleted was added in the
// most ordinary way: reads from the last write, writes to the end of the coherence order.
#include <kit/explore/graph.hpp>

namespace sluice::explore {

class revisit {
 public:
  revisit(const graph& g, ref write, ref read) : graph_(g), prefix_(g.at(write).porf), read_(read), write_(write) {}

  bool deletes(ref e) const { return graph_.at(e).stamp > graph_.at(read_).stamp && !prefix_.knows(e); }

  bool is_from_maximal_extension() const {
    if (!added_maximally(read_)) return false;
    const auto& added = graph_.added();
    for (std::size_t i = graph_.at(read_).stamp + 1; i < added.size(); ++i)
      if (!prefix_.knows(added[i]) && !added_maximally(added[i])) return false;
    return true;
  }

  // A read-modify-write's write has one place, after what it read. Is that place free once the deletion is done?
  bool has_room() const {
    const event& w = graph_.at(write_);
    if (!w.exclusive) return true;
    const ref rival = graph_.exclusive_after(graph_.at(graph_.read_of(write_)).rf);
    return rival == nothing || rival == write_ || deletes(rival);
  }

 private:
  // Was e in the graph, or will it stay in it, when `of` is added?
  bool precedes(ref e, const event& of) const { return graph_.at(e).stamp <= of.stamp || prefix_.knows(e); }

  bool added_maximally(ref name) const {
    const event& e = graph_.at(name);
    switch (e.what) {
      case kind::write: return not_read_by_predecessors(name, e) && (e.exclusive || is_last(name, e));
      case kind::read: return e.how == op::futex_woken || (!e.spurious && is_last(e.rf, e));
      case kind::choice: return e.value == 0;
      default: return true;
    }
  }
  bool not_read_by_predecessors(ref name, const event& e) const {
    for (ref r = graph_.reader_of(name); r != nothing; r = graph_.at(r).next_reader)
      if (precedes(r, e)) return false;
    return true;
  }
  bool is_last(ref w, const event& of) const {
    for (ref later = graph_.co_next(w); later != nothing; later = graph_.at(later).co_next)
      if (precedes(later, of)) return false;
    return true;
  }

  const graph& graph_;
  const clock prefix_;
  ref read_;
  ref write_;
};

}  // namespace sluice::explore
