// SPDX-License-Identifier: BSL-1.0
#pragma once
// Loops that go round without effect, which may wait where they are (see fingerprint.hpp). Beside its stack and registers, a
// thread's private state is the memory of the client and of the checked heap, as far as the thread itself changes it: what
// others do there, in its absence, stands there or does not as this run went, and says nothing about it. To look at all of
// that memory takes time, and few reads stand in such loops: where one is found first, the execution runs once more, and
// from then on that place is known to be worth the look.
#include <kit/explore/machine.hpp>

namespace sluice::explore {

// The stack of `t` from `top` on, as far as `t` knows. What others wrote to plain data there, and `t` may not look at yet,
// stands there or does not as this run went, and says nothing about the thread.
inline void machine::add_stack(fingerprint& f, const thread& t, const std::byte* top) {
  const auto bytes = static_cast<std::size_t>(t.stack.base() - top);
  if (!t.is_written_to) return f.add(top, bytes);
  stack_.assign(top, top + bytes);
  for (unsigned n = 0; n < t.serials; ++n) {
    object_record& r = records_[t.number][n];
    const auto* const o = reinterpret_cast<const std::byte*>(r.at);
    if (!r.is_kept || o < top || o >= top + bytes || r.at->execution != execution()) continue;
    r.is_kept = !r.last_write_known_to(past(), t.number);
    if (r.is_kept) std::memcpy(stack_.data() + (o - top) - r.extent, &r.kept, r.extent);
  }
  f.add(stack_.data(), bytes);
}

inline std::uint64_t machine::memory_now() {
  fingerprint f(0);
  heap_.each_arena([&f](const std::byte* from, std::size_t bytes) { f.add(from, bytes); });
  return f.value();
}

// What happens in memory from here on, until it comes back, is not this thread's doing.
inline void machine::goes_away(thread& t) {
  if (t.loops.watches_memory()) t.loops.memory_is(memory_now());
}
inline void machine::comes_back(thread& t) {
  if (t.loops.watches_memory()) t.loops.watch_memory(memory_now());
}

// The read that is about to be: has the thread read in this very state before, with no effect since?
inline loop_detector::verdict machine::look_for_loop(const request& r, bool reads_on) {
  thread& me = *me_;
  fingerprint f(r.loc ^ r.operand << 16);
  f.add(&r.expected, sizeof r.expected);
  f.add(&at_call, sizeof(registers));
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a stack pointer that was read from a register is a number
  add_stack(f, me, reinterpret_cast<const std::byte*>(at_call.stack));
  if (loop_places_.count(at_call.place) != 0) {
    const std::uint64_t memory = memory_now();
    me.loops.memory_is(memory);
    me.loops.watch_memory(memory);
  }
  return me.loops.look(f.value(), me.done, reads_on);
}

inline ref machine::perform_read(const request& r) {
  thread& me = *me_;
  if (!options_.await || !can_fingerprint || by_steps() || me.done < me.watched) return perform(r);
  // A token may go round more often: a walk reads the same again and again.
  const guide* const way = search_.followed();
  const ref next{static_cast<std::uint16_t>(me.number), static_cast<std::uint16_t>(me.done)};
  const bool reads_on = way != nullptr && way->covers(next) && way->of(next).what == 'r';
  const loop_detector::verdict v = look_for_loop(r, reads_on);
  // Does it look at the clock as it goes round? Then time will have passed when it does so next.
  if (v.seen && me.watch != clock_watch::idle && me.looked_at > v.since && !is_late(me)) {
    me.watch = clock_watch::waits;
    return perform(r);
  }
  if (!v.seen || me.done != events().size(me.number) || reads_on) return perform(r);
  if (!loop_places_.insert(at_call.place).second) block(op::spin, v.since);
  once_more_ = true;
  leave_for_good();
  __builtin_unreachable();
}

[[gnu::noinline]] inline void machine::pause(std::source_location at) {
  if (!inside()) return;
  if (direct()) return pause_alone(at);
  me_->gives_way = true;
  if (me_->watch == clock_watch::looked && !is_late(*me_)) me_->watch = clock_watch::waits;
  const bool ends_anyway = by_steps() || search_.followed() != nullptr;  // a state is known, or the token is at its end
  if (ends_anyway && me_->pauses_at != me_->done) me_->pauses_at = me_->done, me_->pauses = 0;
  if (++me_->pauses > options_.loop_bound) block(op::bound, 0);
}

// What it goes on with is in the registers that calls preserve, on its stack from here on, and in the memory.
[[gnu::noinline]] inline void machine::pause_alone(const std::source_location& at) {
  if (!can_fingerprint) return;
  capture();
  const bool is_endless = still_.is_met([this] {
    digest d;
    d.add(at_call.preserved, sizeof at_call.preserved);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a stack pointer that was read from a register is a number
    const auto* const top = reinterpret_cast<const std::byte*>(at_call.stack);
    d.add(top, static_cast<std::size_t>(me_->stack.base() - top));
    heap_.each_arena([&d](const std::byte* from, std::size_t bytes) { d.add(from, bytes); });
    return d.finished();
  });
  if (is_endless)
    fail(violation::deadlock, part() + " waits at " + detail::place_name(at) + ", where no other thread runs" +
                                  (phase_ == phase::finish ? " any more" : " yet"));
}

// Time stands still but for who waits: where a thread looks at the clock, pauses or goes round a loop, and looks again, with no
// effect in between, ten years may have passed, or by steps nothing; to a loop that time will end, only the former adds
// something. After some centuries it stands still for good: who is going round then does not wait for that.
inline std::int64_t machine::look_at_clock(std::source_location where) {
  thread& me = *me_;
  if (direct()) return me.time;
  const ref next{static_cast<std::uint16_t>(me.number), static_cast<std::uint16_t>(me.done)};
  const bool known = !by_steps() && next.index < events().size(me.number) && events().at(next).how == op::clock;
  if (me.watch == clock_watch::idle) me.watch = clock_watch::looked;
  me.looked_at = me.done;
  if (!known && me.watch != clock_watch::waits) return me.time;
  request r;
  r.what = kind::choice;
  r.how = op::clock;
  r.operand = by_steps() || search_.followed() != nullptr ? 2 : 1;
  r.where = where;
  had_effect();
  if (events().at(perform(r)).value == 0) me.time += time_passed;
  me.watch = clock_watch::looked;
  return me.time;
}

}  // namespace sluice::explore
