// SPDX-License-Identifier: BSL-1.0
#pragma once
// What an operation adds to a graph, event after event; where an event may be added in several ways, who derives from
// this decides (search.hpp: all of them in turn, with backward revisits; forward.hpp: one of them, step by step).
//
// Way provides current(), add_read(ref), add_choice(ref), timed(ref) for an event whose clocks have been set, written(ref)
// for a write that is not placed yet, and enter_cannot_write(ref), told that a wait found the queue's last operation
// claimed by another one.
#include <bit>

#include <kit/explore/graph.hpp>
#include <kit/explore/model.hpp>
#include <kit/explore/operation.hpp>

namespace sluice::explore {

template <class Way>
class graph_builder {
 protected:
  void seat(ref r, ref w, bool spurious) {
    graph& g = way().current();
    g.read_from(r, w);
    event& e = g.at(r);
    e.spurious = spurious;
    e.exclusive = writes(e, e.value, spurious);
    time_read(g, r, model_);
    way().timed(r);
  }

  // May r, if it reads from w what it expects, fail all the same?
  bool may_fail_spuriously(ref r, ref w) {
    const graph& g = way().current();
    const event& e = g.at(r);
    if (e.how != op::cas_weak || g.value_of(w) != e.expected) return false;
    unsigned used = 0;
    for (std::uint16_t i = 0; i < r.index; ++i) used += g.at({r.thread, i}).spurious ? 1U : 0U;
    return used < spurious_bound_;
  }

  // Adds what an operation that has begun still needs; see op. False: it contradicts what is there.
  bool complete(unsigned thread) {
    for (;;) {
      graph& g = way().current();
      const ref last = g.last_of(thread);
      const event e = g.at(last);
      const auto before = static_cast<std::uint16_t>(last.index - 1);
      if (e.what == kind::read && e.how == op::futex_check) {
        const event& enter = g.at({last.thread, before});
        if (g.exclusive_after(enter.rf) != nothing) way().enter_cannot_write(last);
        return add_exclusive_write(thread, before, e.value == e.expected ? enter.value | enter.operand : enter.value);
      }
      if (e.what == kind::choice && e.how == op::wake_pick)
        return add_exclusive_write(thread, before, detail::without_pick(g.at({last.thread, before}).value, e.value));
      if (e.what != kind::read || !e.exclusive) return true;
      if (e.how == op::futex_enter)
        way().add_read(g.append(thread, detail::check_of(e)));
      else if (e.how == op::wake_one && std::popcount(e.value) > 1)
        way().add_choice(g.append(thread, detail::pick_of(e)));
      else
        return add_exclusive_write(thread, last.index,
                                   e.how == op::wake_one ? detail::without_pick(e.value, 0) : modified(e, e.value));
    }
  }

  // The write of a read-modify-write. False: another one has already read what it read.
  bool add_exclusive_write(unsigned thread, std::uint16_t read_index, std::uint64_t value) {
    graph& g = way().current();
    const ref r{static_cast<std::uint16_t>(thread), read_index};
    request what = g.at(r);
    what.what = kind::write;
    what.operand = value;
    const ref w = g.append(thread, what);
    event& e = g.at(w);
    e.value = value;
    e.exclusive = true;
    e.back = static_cast<std::uint8_t>(w.index - read_index);
    time_write(g, w, model_);
    way().timed(w);
    way().written(w);
    const ref from = g.at(r).rf;
    if (g.exclusive_after(from) != nothing) return false;
    g.place_after(w, from);
    return true;
  }

  model model_;

 private:
  friend Way;
  graph_builder(model m, unsigned spurious_bound) : model_(m), spurious_bound_(spurious_bound) {}
  Way& way() { return static_cast<Way&>(*this); }

  unsigned spurious_bound_;
};

}  // namespace sluice::explore
