// SPDX-License-Identifier: BSL-1.0
#pragma once
// An execution one step at a time (see forward.hpp). Between two steps each thread has come to a read, sleeps, or has
// ended; that is a state. One that is known already is not gone on from.
#include <algorithm>
#include <bit>

#include <kit/explore/machine.hpp>

namespace sluice::explore {

// The scheduler performs what a thread asks for, on its own stack: little is left on the thread's that way.
inline void machine::take_step(const request& r) {
  thread& me = *me_;
  if (repeats_) check_repeated(r);
  if (me.done == options_.max_events) block(op::bound, 0);
  if (options_.on_site) options_.on_site(r);
  if (r.what == kind::read && !me.in_step) me.at = at_call;
  rest(r);
}
inline void machine::rest(const request& r) {
  me_->asks = r;
  me_->argument = argument_;
  argument_ = 0;
  me_->pending = true;
  leave_for_good();
}

// Performs what `t` asks for and lets it run to its next read, to a sleep or to its end; where priorities decide, no
// further than to its next operation. False: it leads nowhere.
inline bool machine::serve(thread& t) {
  do {
    if (t.pending && t.is != state::asleep && !forward_.extend(t.number, t.asks)) return false;
    t.pending = false;
    resume(t);
    if (failure_ != violation::none || impossible_)
      return false;  // it may have been left from within a signal's handler
    t.stack.clear_unused();
  } while (t.pending && t.is == state::ready && (t.in_step || (t.asks.what != kind::read && !priorities_.in_use())));
  return true;
}

inline bool machine::has_written(unsigned n) const {
  const graph& g = forward_.current();
  for (unsigned i = 0; i != g.size(n); ++i)
    if (g.at({static_cast<std::uint16_t>(n), static_cast<std::uint16_t>(i)}).what == kind::write) return true;
  return false;
}
inline bool machine::has_written_of_twins(unsigned n) const {
  const auto& earlier = program_.twins;
  return (earlier[n] != 0 || std::find(earlier.begin(), earlier.end(), n) != earlier.end()) && has_written(n);
}

// Of threads that do the same, the one before `t` writes first: whatever can happen, in whichever order, can happen with the two exchanged
// as well. Who has written counts as part of a state (state_key.hpp), so that what follows depends on nothing else. Where `t` would
// write first the path ends, but as one that leads on, for the exchanged one does.
inline bool machine::serve_in_turn(thread& t) {
  const unsigned twin = program_.twins[t.number];
  const bool may_write = twin == 0 || has_written(twin);
  if (!serve(t)) return false;
  if (may_write || !has_written(t.number)) return true;
  states_.came_to_an_end();
  return false;
}

inline void machine::run_main() {
  thread& main = threads_[main_lane];
  if (by_steps())
    static_cast<void>(serve(main));
  else
    resume(main);
}

inline outcome machine::schedule_steps() {
  for (;;) {
    if (limit_.is_over_at_times()) return outcome::late;
    if (!let_all_come_to_rest()) return outcome::merged;
    const bool all_ended = !find_enabled();
    if (failure_ != violation::none) return outcome::failed;
    const bool is_new = !walks() && forward_.on_new_ground();
    if (is_new && repeats_) return outcome::complete;
    if (is_new && !enters_new_state()) return failure_ == violation::none ? outcome::merged : outcome::failed;
    if (all_ended) break;
    if (enabled_.empty()) return outcome::bounded;
    if (is_learning() && learns_no_more()) return outcome::merged;
    if (is_new) keep_checkpoint();
    if (reduces_ && is_new) leave_out_independent();
    const std::uint32_t next = next_to_move();
    if (failure_ != violation::none) return outcome::failed;
    if (!serve_and_note(threads_[next])) return outcome::merged;
  }
  if (!walks()) states_.came_to_an_end();
  return outcome::complete;
}

// With a bound on preemptions, a thread that could go on does, once they are used up. One that has paused gives way freely.
inline std::uint32_t machine::next_within_bound() {
  const bool goes_on = moved_ != 0 && std::find(enabled_.begin(), enabled_.end(), moved_) != enabled_.end() &&
                       threads_[moved_].is == state::ready && !threads_[moved_].gives_way;
  if (goes_on && preempted_ == options_.preemptions) enabled_.assign(1, moved_);
  const std::uint32_t next = decide(enabled_);
  if (goes_on && next != moved_) ++preempted_;
  moved_ = next;
  threads_[next].gives_way = false;
  return next;
}

inline std::uint32_t machine::next_to_move() {
  if (bounds_preemptions()) return next_within_bound();
  if (is_learning()) go_on_for_a_while();
  if (!priorities_.in_use()) return moved_ = decide(enabled_);
  const std::uint32_t next = priorities_.next(enabled_);
  forward_.be_orderly(!priorities_.anything_goes());
  return next;
}

// False: a failure, or nothing that can be.
inline bool machine::let_all_come_to_rest() {
  for (unsigned n = 1; n <= program_.threads; ++n) {
    thread& t = threads_[n];
    if (t.is != state::ready || t.pending) continue;
    const futures::place from = place_of(t);
    const unsigned already_done = t.done;
    if (!serve(t)) return false;
    if (already_done != 0) note_way(t, from, already_done);  // it had let others go first, within a step
  }
  return true;
}

// False: all threads have ended.
inline bool machine::find_enabled() {
  enabled_.clear();
  bool ended = true;
  bool bounded = false;
  for (unsigned n = 1; n <= program_.threads; ++n) {
    const thread& t = threads_[n];
    ended = ended && t.is == state::finished;
    bounded = bounded || t.is == state::blocked;
    std::uint32_t possible = 0;
    if (t.is == state::asleep) ends_of(t, ends_, possible);
    if (t.is == state::ready || (t.is == state::asleep && !ends_.empty())) enabled_.push_back(n);
  }
  if (!ended && enabled_.empty() && !bounded) report_deadlock();
  return !ended;
}

// How a sleep may end now, as numbers of the choice that futex.hpp makes of it; `possible` counts what could ever end it.
inline void machine::ends_of(const thread& t, std::vector<std::uint32_t>& ends, std::uint32_t& possible) {
  const graph& g = events();
  ends.clear();
  possible = 1;
  const bool woken = (g.value_of(g.co_last(t.asks.loc)) & t.bit) == 0;
  if (woken) ends.push_back(0);
  const auto add = [&](bool may_ever, bool may_now) {
    if (may_now && !woken) ends.push_back(possible);
    if (may_ever) ++possible;
  };
  add(t.may_end, t.may_end);
  add(t.stop_flag != 0, t.stop_flag != 0 && g.value_of(g.co_last(t.stop_flag - 1)) != 0);
  add(spurious_wakes_left(t), t.will_wake);
}

// Sleeps in the queue of `enter`. Answers how the sleep ended. That it may end for no reason is decided before: where it will
// not, and nothing else ends it, that is a deadlock.
inline std::uint64_t machine::sleep_by_step(const request& enter, bool may_end, unsigned stop_flag) {
  thread& me = *me_;
  me.enqueued = events().last_of(me.number);
  me.bit = enter.operand;
  me.may_end = may_end;
  me.stop_flag = stop_flag;
  me.will_wake = spurious_wakes_left(me) && forward_.decide({0, 1}) != 0;
  me.is = state::asleep;
  rest(enter);  // its registers are still those with which it entered
  me.is = state::ready;
  std::vector<std::uint32_t> ends;
  std::uint32_t possible = 0;
  ends_of(me, ends, possible);
  request r = enter;
  r.operand = possible;
  r.expected = spurious_wakes_left(me) ? possible - 1 : 0;
  me.will_wake = false;
  r.what = kind::choice;
  r.how = op::futex_outcome;
  const std::uint32_t chosen = decide(ends);
  if (possible > 1) forward_.extend_chosen(me.number, r, chosen), ++me.done;
  r.what = kind::read;
  r.how = op::futex_woken;
  r.operand = 0;
  if (chosen == 0) forward_.extend_forced(me.number, r, wake_for(me)), ++me.done;
  me.in_step = chosen != 0;
  return chosen;
}

inline bool machine::backtrack_steps() {
  if (goes_on_learning()) return true;
  if (walks()) {
    forward_.walk_on();
    return ++walked_ < options_.walks;
  }
  if (!forward_.backtrack()) return false;
  states_.cut(forward_.path_length());
  checkpoints_.cut(forward_.path_length());
  return true;
}

// Starts over, with states that are told apart more finely, or with what threads were seen to do. False: there is no need.
inline bool machine::must_start_over(bool was_cut_off) {
  if (!options_.states) return false;
  if (!strict_ && destroys_shared_)
    strict_ = true;
  else if (futures_.surprised())
    futures_.take_up();
  else if (reduces_ && !was_cut_off && states_.hopeless() != state_space::end)
    reduces_ = false;
  else
    return false;
  start_over();
  return true;
}
inline void machine::start_over() {
  forward_.start_over();
  states_.clear();
  kept_apart_ = 0;
  checkpoints_.clear();
}

// Once all states are known: one from which no end can be reached is a failure, and its execution is brought back.
inline bool machine::finds_hopeless_state() {
  if (reduces_) return false;  // must_start_over() has asked already
  const state_space::id lost = states_.hopeless();
  if (lost == state_space::end) return false;
  start_over();
  limit_.lift();  // it is found, and has to be shown
  states_.seek(lost);
  do static_cast<void>(run());
  while (!states_.found() && backtrack_steps());
  active() = this;
  go_round();
  active() = nullptr;
  report_deadlock();
  return true;
}

// Where threads go round loops, a token says so only if each has come to its loop, and read there what it waits with, the
// newest there is. How many steps that takes is not known here: a token after each, and once there were many, at twice as
// many again and again. What is shown if none will do is not that long.
inline void machine::go_round() {
  forward_.be_orderly(true);
  std::size_t enough = 0;
  for (unsigned round = 1; round < options_.max_events; ++round) {
    if (!find_enabled() || enabled_.empty() || failure_ != violation::none) break;
    const std::vector<std::uint32_t> all = enabled_;
    for (const std::uint32_t n : all)
      if (!serve(threads_[n])) return;
    const bool is_early = round <= options_.loop_bound;
    if (is_early || std::has_single_bit(round)) rounds_.push_back(guide::token_of(events()));
    if (is_early) enough = events().added().size();
  }
  if (enough != 0) events().truncate(enough);
}

}  // namespace sluice::explore
