// SPDX-License-Identifier: BSL-1.0
#pragma once
// The course of one execution: set-up, threads, finish; who runs next; what to make of it when nobody can.
#include <algorithm>
#include <exception>

#include <kit/explore/machine.hpp>

namespace sluice::explore {

inline void machine::thread_body(void* self) {
  machine& m = *active();
  thread& t = *static_cast<thread*>(self);
  try {
    m.program_.thread(m.client_, t.number - 1);
  } catch (const std::exception& e) {
    m.fail(violation::exception, std::string("an exception left a thread: ") + e.what());
  } catch (...) {
    m.fail(violation::exception, "an exception left a thread");
  }
  t.is = state::finished;
  m.leave_for_good();
}

inline void machine::main_body(void*) {
  machine& m = *active();
  try {
    m.program_.construct(m.client_);
    m.leave_for_good();  // and comes back when all threads are done
    m.program_.finish(m.client_);
    m.program_.observe(m.program_.observer, m.client_);
    m.program_.destroy(m.client_);
  } catch (const std::exception& e) {
    m.fail(violation::exception, std::string("an exception left the client: ") + e.what());
  } catch (...) {
    m.fail(violation::exception, "an exception left the client");
  }
  if (m.heap_.live() != 0) m.fail(violation::leak, std::to_string(m.heap_.live()) + " allocations were never freed");
  m.threads_[main_lane].is = state::finished;
  m.leave_for_good();
}

inline void machine::start_run() {
  heap_.start(by_steps());
  client_ = heap_.take(main_lane, program_.size, program_.alignment);
  const auto reset = [this](thread& t, void (*body)(void*)) {
    t.stack.prepare(body, &t, t.number);
    static_cast<course&>(t) = {};
    t.loops.start();
    t.watched = end_of_effects(t.number);
  };
  reset(threads_[main_lane], &main_body);
  for (unsigned t = 1; t <= program_.threads; ++t) reset(threads_[t], &thread_body);
}

// What a thread read before its last effect in the graph cannot be part of a loop without effect any more.
inline unsigned machine::end_of_effects(unsigned lane) const {
  const graph& g = events();
  for (unsigned i = g.size(lane); i-- > 0;) {
    const ref name{static_cast<std::uint16_t>(lane), static_cast<std::uint16_t>(i)};
    const event& e = g.at(name);
    const bool changes = e.what == kind::write && !(e.exclusive && e.value == g.at(g.read_of(name)).value);
    if (changes || e.what == kind::choice) return i;
  }
  return 0;
}

// To where the threads start; or, by states, to the last state on the path that is kept.
inline void machine::begin() { checkpoints_.any() ? go_back() : begin_anew(); }
inline void machine::begin_anew() {
  if (by_steps()) forward_.start();
  if (priorities_.in_use()) priorities_.start_walk();
  moved_ = preempted_ = 0;
  events_ = by_steps() ? &forward_.current() : &search_.current();
  start_run();
  phase_ = phase::setup;
  still_.start();
  run_main();
}

inline outcome machine::run() {
  active() = this;
  at_call.clears = by_steps() ? depth_of_operations : 0;
  impossible_ = false;
  involved_ = {};
  outcome result = outcome::complete;
  do {
    once_more_ = false;
    begin();
    if (failure_ != violation::none) break;
    phase_ = phase::threads;
    if (by_steps())
      result = schedule_steps();
    else
      schedule();
  } while (once_more_);
  if (failure_ != violation::none)
    result = outcome::failed;
  else if (!by_steps())
    result = conclude();
  if (result == outcome::complete) {
    phase_ = phase::finish;
    still_.start();
    run_main();
    if (failure_ != violation::none) result = outcome::failed;
    if (threads_[main_lane].is == state::blocked) result = outcome::blocked;
  }
  if (result == outcome::complete && is_to_be_repeated()) result = repeat();
  active() = nullptr;
  return result;
}

inline void machine::schedule() {
  while (thread* t = next_thread()) {
    resume(*t);
    if (failure_ != violation::none || once_more_) return;
  }
}

inline machine::thread* machine::next_thread() {
  for (unsigned n = 1; n <= program_.threads; ++n) {
    thread& t = threads_[n];
    if (t.is == state::ready || (t.is == state::asleep && wake_for(t) != nothing)) return &t;
  }
  return nullptr;
}

inline void machine::resume(thread& t) {
  t.caller = nullptr;
  t.target = no_target;
  me_ = &t;
  fiber::switch_over(scheduler_, t.stack);
  me_ = nullptr;
}

inline void machine::leave() {
  thread* const from = me_;
  goes_away(*from);
  fiber& to = from->caller == nullptr ? scheduler_ : from->caller->stack;
  me_ = from->caller;
  fiber::switch_over(from->stack, to);
  me_ = from;
  comes_back(*from);
}
inline void machine::leave_for_good() {
  me_->caller = nullptr;
  leave();
}

inline void machine::fail_for_token(ref write) {
  fail(violation::not_a_token, guide::here(write) + "a write, but the client does not come to it");
}

inline void machine::demand(ref write) {
  thread& writer = threads_[write.thread];
  if (writer.done > write.index) return;
  const bool can_go_on = writer.is == state::ready || writer.is == state::asleep;
  if (search_.followed() != nullptr && !can_go_on) fail_for_token(write);
  thread* const from = me_;
  goes_away(*from);
  writer.caller = from;
  writer.target = write.index;
  me_ = &writer;
  fiber::switch_over(from->stack, writer.stack);
  me_ = from;
  comes_back(*from);
  if (writer.done <= write.index && search_.followed() != nullptr) fail_for_token(write);
  if (writer.done <= write.index)
    fail(violation::misuse,
         "the client is not deterministic: it did not repeat a write (time? randomness? addresses of ordinary heap "
         "memory? state that outlives an execution? shared memory that does not go through the Platform?)");
}

inline void machine::block(op how, std::uint64_t since) {
  graph& g = events();
  if (by_steps() && how == op::prune) {
    impossible_ = true;
    leave_for_good();
  }
  if (g.size(me_->number) == me_->done) {
    request r;
    r.how = how;
    r.operand = since;
    if (by_steps())
      static_cast<void>(forward_.extend(me_->number, r));
    else
      search_.extend(me_->number, r);
  }
  me_->is = state::blocked;
  leave_for_good();
  __builtin_unreachable();
}

// What else it did not read from cannot have made it so; what was freed may have been, by whoever did it.
inline void machine::involve(unsigned lane, unsigned index) {
  if (phase_ != phase::threads) return;
  if (index > 0)
    involved_.join(events().at({static_cast<std::uint16_t>(lane), static_cast<std::uint16_t>(index - 1)}).porf);
  involved_.seen[lane] = std::max(involved_.seen[lane], static_cast<clock::count>(index));
}

inline outcome machine::replay(const guide& g) {
  failure_ = violation::none;
  message_.clear();
  search_.reset();
  search_.follow(g);
  return run();
}

inline void machine::fail(violation kind, std::string what) {
  failure_ = kind;
  message_ = std::move(what);
  involve(me_->number, me_->done);
  if (phase_ != phase::threads || kind == violation::use_after_free) involved_ = clock::everything();
  leave_for_good();
  __builtin_unreachable();
}

// The write that took a sleeping thread out of its queue.
inline ref machine::wake_for(const thread& t) {
  const graph& g = events();
  for (ref w = g.co_next(t.enqueued); w != nothing; w = g.co_next(w))
    if ((g.at(w).value & t.bit) == 0) return w;
  return nothing;
}

inline outcome machine::conclude() {
  bool all_finished = true;
  bool bounded = false;
  bool stuck = true;
  for (unsigned n = 1; n <= program_.threads; ++n) {
    const thread& t = threads_[n];
    if (t.is == state::finished) continue;
    all_finished = false;
    if (t.is == state::blocked) bounded = bounded || events().at(events().last_of(n)).how == op::bound;
    stuck = stuck && is_stuck(t);
  }
  if (all_finished) return outcome::complete;
  if (bounded) return outcome::bounded;
  if (!stuck) return outcome::blocked;
  report_deadlock();
  return outcome::failed;
}

// Would it wait for ever even if time passed and every write became visible?
inline bool machine::is_stuck(const thread& t) {
  const graph& g = events();
  if (t.is == state::asleep) {
    const bool stopped = t.stop_flag != 0 && g.value_of(g.co_last(t.stop_flag - 1)) != 0;
    return !t.may_end && !stopped;
  }
  const event& last = g.at(g.last_of(t.number));
  return last.how == op::spin && reads_newest(t, static_cast<unsigned>(last.operand));
}
inline bool machine::reads_newest(const thread& t, unsigned since) {
  const graph& g = events();
  for (unsigned i = since; i < g.size(t.number); ++i) {
    const event& e = g.at({static_cast<std::uint16_t>(t.number), static_cast<std::uint16_t>(i)});
    if (e.what != kind::read) continue;
    if (e.spurious) return false;
    for (ref w = g.co_next(e.rf); w != nothing; w = g.co_next(w))
      if (g.at(w).value != e.value) return false;
  }
  return true;
}

inline void machine::report_deadlock() {
  failure_ = violation::deadlock;
  involved_ = clock::everything();
  message_.clear();
  for (unsigned n = 1; n <= program_.threads; ++n) {
    const thread& t = threads_[n];
    if (t.is == state::finished) continue;
    message_ +=
        (message_.empty() ? "" : "; ") + std::string("T") + std::to_string(n - 1) +
        (t.is == state::asleep ? " sleeps and nobody will wake it" : " goes round a loop and nobody will end it");
  }
}

}  // namespace sluice::explore
