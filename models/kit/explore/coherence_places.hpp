// SPDX-License-Identifier: BSL-1.0
#pragma once
// How far in the coherence order of a location clocks have come, whether or not anybody will access it any more: what is
// past there may still order events that are to come (see psc_summary.hpp). Found for a location once it is asked for.
#include <cstddef>
#include <vector>

#include <kit/explore/graph.hpp>

namespace sluice::explore {

class coherence_places {
 public:
  void start(const graph& g, const std::vector<const clock*>& clocks) {
    graph_ = &g;
    clocks_ = &clocks;
    found_.assign(g.locations().size(), false);
    if (of_location_.size() < found_.size()) of_location_.resize(found_.size());
    if (place_.size() < g.added().size()) place_.resize(2 * g.added().size());
  }

  // Of which clocks may a fence come after the access by communication? Of those that know of a write which comes later in
  // coherence order: after a seq_cst access comes what happens after such a write; after an access that a fence comes
  // before, what happens after a read of one, too.
  void note_who_knows_of_later(ref access, bool after_fence, std::vector<bool>& who) {
    const event& e = graph_->at(access);
    const std::vector<last>& known = find(e.loc);
    const bool is_write = e.what == kind::write;
    const int from = place(is_write ? access : e.rf);
    for (std::size_t i = 0; i < known.size(); ++i)
      if (after_fence ? known[i].accessed + (is_write ? 1 : 0) > from : known[i].written > from) who[i] = true;
  }

 private:
  // The last write, by its place, that a clock knows of itself; or of which it knows a read, too.
  struct last {
    int written = 0;
    int accessed = 0;
  };

  // From 1 on; 0 is the initial one.
  int place(ref w) const { return is_initial(w) ? 0 : place_[graph_->at(w).stamp]; }

  const std::vector<last>& find(unsigned loc) {
    std::vector<last>& of = of_location_[loc];
    if (found_[loc]) return of;
    found_[loc] = true;
    of.assign(clocks_->size(), {});
    int at = 0;
    for (ref w = graph_->co_next(initial_write(loc)); w != nothing; w = graph_->at(w).co_next) {
      place_[graph_->at(w).stamp] = ++at;
      for (std::size_t i = 0; i < of.size(); ++i) {
        const clock& c = *(*clocks_)[i];
        if (c.knows(w)) of[i] = {at, at};
        for (ref r = graph_->reader_of(w); of[i].accessed != at && r != nothing; r = graph_->at(r).next_reader)
          if (c.knows(r)) of[i].accessed = at;
      }
    }
    return of;
  }

  const graph* graph_ = nullptr;
  const std::vector<const clock*>* clocks_ = nullptr;
  std::vector<bool> found_;
  std::vector<std::vector<last>> of_location_;
  std::vector<int> place_;  // by stamp
};

}  // namespace sluice::explore
