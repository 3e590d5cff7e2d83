// SPDX-License-Identifier: BSL-1.0
#pragma once
// Coherence for an event that nothing happens after: it may not read from, nor stand, before a write that its past
// knows of, be it that the write itself happens before it or a read of that write does. Everything else about
// hb;eco follows, because events are only ever added where nothing happens after them.
#include <kit/explore/graph.hpp>

namespace sluice::explore {

// The last write of `loc` in coherence order that `past` knows of.
inline ref coherence_floor(const graph& g, unsigned loc, const clock& past) {
  for (ref w = g.co_last(loc); !is_initial(w); w = g.at(w).co_prev) {
    if (past.knows(w)) return w;
    for (ref r = g.reader_of(w); r != nothing; r = g.at(r).next_reader)
      if (past.knows(r)) return w;
  }
  return initial_write(loc);
}

// What a read may not be behind of: its happens-before past, and for a futex's check also what stood before the wait in
// the order of the word's queue, because the check is made under the queue's lock.
inline clock past_of_read(const graph& g, ref at) {
  clock past = at.index == 0 ? clock::at_start() : g.at({at.thread, static_cast<std::uint16_t>(at.index - 1)}).hb;
  if (g.at(at).how != op::futex_check) return past;
  const ref queue = g.at({at.thread, static_cast<std::uint16_t>(at.index - 1)}).rf;
  if (!is_initial(queue)) past.join(g.at(queue).release);
  return past;
}

}  // namespace sluice::explore
