// SPDX-License-Identifier: BSL-1.0
#pragma once
// The modelled futex. The sleepers of a word are a set in a location of their own, and every futex operation is a
// read-modify-write of it: that is the lock of the kernel's bucket. A wait reads the word between the two, so its check
// and its going to sleep are one step with respect to wake-ups. To the program this creates no happens-before.
#include <chrono>
#include <cstdint>

#include <kit/explore/atomic.hpp>
#include <kit/stop_callback.hpp>
#include <sluice/platform.hpp>

namespace sluice::explore {

using time_point = std::chrono::steady_clock::time_point;

// How a stop_slot steps.
struct stop_steps {
  template <class T>
  using atomic = explore::atomic<T>;
  static unsigned self() {
    machine* const m = detail::inside();
    return m == nullptr ? 0U : m->self();
  }
  static void pause() {
    if (machine* const m = detail::inside()) m->pause();
  }
  static void refuse(const char* why) {
    if (machine* const m = detail::inside()) m->fail(violation::misuse, why);
  }
};

struct stop_state {
  atomic<std::uint32_t> flag{0};
  kit::stop_slot<stop_steps> slot;
};

class stop_token {
 public:
  stop_token() = default;
  bool stop_possible() const { return state_ != nullptr; }
  bool stop_requested(location_t at = location_t::current()) const {
    return state_ != nullptr && state_->flag.load(order::acquire, at) != 0;
  }
  kit::stop_slot<stop_steps>* slot() const { return state_ == nullptr ? nullptr : &state_->slot; }

 private:
  friend class stop_source;
  friend struct futex;
  explicit stop_token(stop_state* state) : state_(state) {}
  stop_state* state_ = nullptr;
};

// Its state goes with the execution: tokens may outlive their source.
class stop_source {
 public:
  stop_source() {
    machine* const m = detail::inside();
    if (m == nullptr) return;
    void* const room = m->memory().take(m->self(), sizeof(stop_state), alignof(stop_state));
    if (room == nullptr) m->fail(violation::misuse, "too many stop sources in one execution");
    state_ = new (room) stop_state;
  }
  stop_token get_token() const { return stop_token(state_); }
  bool stop_requested(location_t at = location_t::current()) const { return get_token().stop_requested(at); }
  bool request_stop(location_t at = location_t::current()) {
    if (state_->flag.exchange(1, order::acq_rel, at) != 0) return false;
    state_->slot.request();
    return true;
  }

 private:
  stop_state* state_ = nullptr;
};

template <class F>
using stop_callback = kit::stop_callback<kit::stop_slot<stop_steps>, F>;

struct futex {
  using word = atomic<std::uint32_t>;

  [[gnu::noinline]] static wait_result wait(word& w, std::uint32_t expected, time_point deadline,
                                            const stop_token& stop, location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = w.begin(at);
    if (m == nullptr || m->direct()) return alone(m, w, expected, deadline, at);
    const unsigned flag = stop.state_ == nullptr ? 0U : located(*m, stop.state_->flag, at) + 1U;
    request enter = ask(*m, w, op::futex_enter, at);
    enter.other_loc = m->record_of(w.object_).loc;
    enter.operand = 1ULL << m->self();
    enter.expected = expected;
    const bool blank = w.is_blank(*m);
    const ref e = m->perform_read(enter);
    const ref check{e.thread, static_cast<std::uint16_t>(e.index + 1)};
    if (blank && is_initial(m->events().at(check).rf)) detail::unwritten(*m, "an atomic", at);
    if (m->events().at(check).value != expected) return wait_result::woken;
    m->had_effect();
    if (m->by_steps()) return end_by_step(*m, enter, deadline, stop, flag);
    return end(*m, enter, deadline, stop, flag);
  }

  [[gnu::noinline]] static std::size_t wake(word& w, op how, location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = w.begin(at);
    if (m == nullptr || m->direct()) return 0;
    return wake(*m, ask(*m, w, how, at), how);
  }

  // The queue's location, which outlives the word.
  using key = std::uint16_t;
  [[gnu::noinline]] static key key_of(word& w, location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = w.begin(at);
    if (m == nullptr || m->direct()) return 0;
    return ask(*m, w, op::wake_one, at).loc;
  }
  [[gnu::noinline]] static std::size_t wake(key k, op how, location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = detail::inside();
    if (m == nullptr || m->direct()) return 0;
    request r;
    r.what = kind::read;
    r.how = how;
    r.success = r.failure = order::relaxed;
    r.loc = k;
    r.width = 8;
    r.where = at;
    return wake(*m, r, how);
  }

 private:
  static std::size_t wake(machine& m, const request& r, op how) {
    const ref e = m.perform_read(r);
    const auto asleep = static_cast<std::size_t>(std::popcount(m.events().at(e).value));
    if (asleep != 0) m.had_effect();
    m.let_woken_go_first();
    return how == op::wake_one && asleep > 1 ? 1 : asleep;
  }

  static unsigned located(machine& m, const word& w, const location_t& at) {
    detail::must_live(m, w.object_, "a stop token", at);
    w.touch(m, at);
    return m.record_of(w.object_).loc;
  }
  static request ask(machine& m, const word& w, op how, const location_t& at) {
    object_record& o = m.record_of(w.object_);
    if (!o.has_queue) {
      o.has_queue = true;
      o.queue = m.location_of(w.object_.creator, 2U * w.object_.serial + 1U);
    }
    request r = w.ask(m, kind::read, how, order::relaxed, at);
    r.loc = o.queue;
    r.width = 8;
    return r;
  }

  // How the wait ends is chosen here: woken, or by whatever else may end it.
  static wait_result end(machine& m, const request& enter, time_point deadline, const stop_token& stop, unsigned flag) {
    const bool may_end = deadline != time_point::max();
    const bool spurious = m.spurious_wakes_left();
    const unsigned ends = 1U + (may_end ? 1U : 0U) + (flag != 0 ? 1U : 0U) + (spurious ? 1U : 0U);
    const std::uint64_t chosen =
        meaning(m.choose(ends, op::futex_outcome, enter.where, spurious ? ends - 1 : 0), may_end, flag != 0);
    if (chosen == 0) {
      m.sleep(enter.loc, enter.operand, may_end, flag, enter.where);
      return wait_result::woken;
    }
    return leave(m, enter, chosen, deadline, stop);
  }

  // The same one step at a time: the choice is made when the sleep ends.
  static wait_result end_by_step(machine& m, const request& enter, time_point deadline, const stop_token& stop,
                                 unsigned flag) {
    const bool may_end = deadline != time_point::max();
    m.will_be_given(static_cast<std::uint64_t>(deadline.time_since_epoch().count()));
    const std::uint64_t chosen = m.sleep_by_step(enter, may_end, flag);
    if (chosen == 0) return wait_result::woken;
    const wait_result how = leave(m, enter, meaning(chosen, may_end, flag != 0), deadline, stop);
    m.step_is_over();
    return how;
  }

  // 0: woken, 1: timed out, 2: stopped, 3: for no reason. What is not possible was left out of the choice.
  static std::uint64_t meaning(std::uint64_t chosen, bool may_end, bool may_stop) {
    if (chosen == 0) return 0;
    if (!may_end) ++chosen;
    if (!may_stop && chosen > 1) ++chosen;
    return chosen;
  }

  static wait_result leave(machine& m, const request& enter, std::uint64_t chosen, time_point deadline,
                           const stop_token& stop) {
    // With a place of its own, so that it is not taken for a load of the waiter's.
    if (chosen == 2 && stop.state_->flag.load(order::acquire) == 0) m.prune();
    request leave = enter;
    leave.how = op::futex_leave;
    leave.expected = 0;
    const ref e = m.perform(leave);
    // Taken out already: that is the execution in which it was woken.
    if ((m.events().at(e).value & enter.operand) == 0) m.prune();
    if (chosen == 1) m.time() = std::max(m.time(), deadline.time_since_epoch().count());
    return chosen == 1 ? wait_result::timed_out : chosen == 2 ? wait_result::stopped : wait_result::woken;
  }

  // In set-up or finish() nobody is there to wake.
  static wait_result alone(machine* m, word& w, std::uint32_t expected, time_point deadline, const location_t& at) {
    if (w.plainly(m, true, at) != expected) return wait_result::woken;
    if (deadline != time_point::max()) return wait_result::timed_out;
    if (m != nullptr) m->fail(violation::deadlock, "sleeps where no other thread runs");
    return wait_result::woken;
  }
};

}  // namespace sluice::explore
