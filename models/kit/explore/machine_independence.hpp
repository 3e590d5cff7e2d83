// SPDX-License-Identifier: BSL-1.0
#pragma once
// In which states a search by states need not let every thread move: persistent sets (P. Godefroid, Partial-Order Methods
// for the Verification of Concurrent Systems, 1996) over what threads may still do (futures.hpp).
//
// What others do to a thread's next read is to give it new writes to read from or, by a read-modify-write, to take from it
// the place behind one. All else it can read before or after, with the same graph. So a set of threads none of whose next
// reads is of a location that a thread outside may still write to is enough: whatever the others do first can as well be
// done afterwards. Whoever was woken reads what is decided already.
//
// Two things are seen to. Of threads that do the same, the later ones may write only once the earlier one has: who is held
// up by that does not stand for others (serve_in_turn). And the others may be put off for ever where a set goes round in
// circles; then no end is reached from there, and the search begins anew without all this (must_start_over). Where from
// every state an end is reached, everybody's next step lies on the way there.
#include <algorithm>
#include <bit>

#include <kit/explore/machine.hpp>

namespace sluice::explore {

// Where in the code it stands, what it asks for there, and how much it has allocated, which tells one round of a loop from
// another.
inline futures::place machine::place_of(const thread& t) const {
  digest d;
  d.add(static_cast<std::uint64_t>(t.is) | static_cast<std::uint64_t>(t.asks.how) << 8 |
        static_cast<std::uint64_t>(t.asks.loc) << 32);
  d.add(t.at.place);
  d.add(t.at.stack);
  d.add(heap_.used_by(t.number));
  return d.finished().low;
}
inline futures::acts machine::expected_of(const thread& t) {
  return foresees_ ? futures_.of(t.number, place_of(t)) : futures::acts::any();
}
// Notes that it went from there to where it is now, and what it has done since it had done so many events.
inline void machine::note_way(const thread& t, futures::place from, unsigned already_done) {
  if (!foresees_) return;
  futures::acts done;
  for (unsigned i = already_done; i < t.done; ++i)
    done.add(events().at({static_cast<std::uint16_t>(t.number), static_cast<std::uint16_t>(i)}));
  futures_.went(t.number, from, place_of(t), done);
}
inline bool machine::serve_and_note(thread& t) {
  const futures::place from = place_of(t);
  const unsigned already_done = t.done;
  if (!serve_in_turn(t)) return false;
  note_way(t, from, already_done);
  return true;
}

// The locations whose new writes the next step of `t` depends on.
inline futures::locations machine::awaited_by(const thread& t) {
  if (t.is != state::asleep)
    return futures::bit(t.asks.loc) | (t.asks.how == op::futex_enter ? futures::bit(t.asks.other_loc) : 0);
  if ((events().value_of(events().co_last(t.asks.loc)) & t.bit) == 0) return 0;
  return futures::bit(t.asks.loc) | (t.stop_flag != 0 ? futures::bit(t.stop_flag - 1) : 0);
}
// Whoever sleeps may leave the queue by itself, which nobody has seen yet where others always woke it before.
inline futures::locations machine::left_by(const thread& t) {
  if (t.is != state::asleep || (!t.may_end && !t.will_wake && t.stop_flag == 0)) return 0;
  return (events().value_of(events().co_last(t.asks.loc)) & t.bit) == 0 ? 0 : futures::bit(t.asks.loc);
}
inline bool machine::is_held_up(const thread& t) const {
  const unsigned twin = program_.twins[t.number];
  return twin != 0 && !has_written(twin);
}

// Leaves in `enabled_` a smallest set of the kind.
inline void machine::leave_out_independent() {
  std::array<futures::locations, lanes> writes{}, awaits{};
  for (unsigned n = 1; n <= program_.threads; ++n) {
    const thread& t = threads_[n];
    if (t.is != state::ready && t.is != state::asleep) continue;
    writes[n] = expected_of(t).writes | left_by(t);
    awaits[n] = awaited_by(t);
  }
  std::uint32_t enabled = 0;
  for (const std::uint32_t n : enabled_) enabled |= 1U << n;
  std::uint32_t best = enabled;
  for (const std::uint32_t n : enabled_) {
    const std::uint32_t set = closure_of(n, writes, awaits) & enabled;
    if (std::popcount(set) >= std::popcount(best)) continue;
    if (std::none_of(enabled_.begin(), enabled_.end(),
                     [&](std::uint32_t k) { return (set >> k & 1) != 0 && is_held_up(threads_[k]); }))
      best = set;
  }
  std::erase_if(enabled_, [best](std::uint32_t n) { return (best >> n & 1) == 0; });
}
inline std::uint32_t machine::closure_of(std::uint32_t first, const std::array<futures::locations, lanes>& writes,
                                         const std::array<futures::locations, lanes>& awaits) const {
  std::uint32_t set = 1U << first;
  for (std::uint32_t before = 0; before != set;) {
    before = set;
    futures::locations awaited = 0;
    for (unsigned n = 1; n <= program_.threads; ++n)
      if ((set >> n & 1) != 0) awaited |= awaits[n];
    for (unsigned n = 1; n <= program_.threads; ++n)
      if ((writes[n] & awaited) != 0) set |= 1U << n;
  }
  return set;
}

// Every other execution is one of long turns, after which the others have done much.
inline void machine::go_on_for_a_while() {
  const bool goes_on = learning_ % 2 == 0 && turns_() % 8 != 0;
  if (goes_on && std::find(enabled_.begin(), enabled_.end(), moved_) != enabled_.end()) enabled_.assign(1, moved_);
}

// Has an execution that is to learn from taken far more steps than there are places known? Then it will hardly come to others,
// and where threads wait for what nobody does any more it would never end.
inline bool machine::learns_no_more() const { return forward_.path_length() > 64 + 16 * futures_.size(); }

// Executions at random, until many in a row have shown nothing new: so that little is left for the search to be surprised by.
inline bool machine::goes_on_learning() {
  if (learning_ == 0) return false;
  forward_.walk_on();
  if (futures_.surprised()) futures_.take_up(), unsurprised_ = 0;
  ++unsurprised_;
  if (--learning_ != 0 && unsurprised_ <= least_unsurprised + 4 * futures_.size()) return true;
  learning_ = 0;
  forward_.be_random(false);
  start_over();
  return true;
}

}  // namespace sluice::explore
