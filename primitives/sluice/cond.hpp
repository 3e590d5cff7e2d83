// SPDX-License-Identifier: BSL-1.0
#pragma once
// cond: a condition variable for any lock, as std::condition_variable_any; Go's sync.Cond.
//
// Each waiter sleeps on a word of its own, in a list by arrival. notify_one wakes the one that waits longest, so no signal
// is lost to a late-comer; in four bytes, a number that notifications count up, that cannot be had: a waiter that came
// after the signal can be woken in the place of one that came before (tests/kit/wrong has the execution). There are no wake-ups
// without a reason.
//
// Guarantee. A notification reaches a waiter that began to wait before it: one that held the lock when the waiter gave it
// up, or took it since, comes later. A time-out or a stop that races with a notification loses to it. A waiter may destroy
// the cond once every waiter was notified and the notifier's call, other than its signals, happened before.
// Without waiters a notification is one load; with some it takes the internal mutex for a few instructions.
//
// Invariant: `waiting_` is the length of the list whenever the mutex is free.
//
// Edges: those of detail/sleeper_list and mutex. A notification is seen by the waiter that it wakes.
// Relaxed: `waiting_`. What was changed under the lock before a notification carries the order: see the guarantee.
#include <chrono>
#include <concepts>
#include <cstdint>
#include <utility>

#include <sluice/detail/deadline.hpp>
#include <sluice/detail/sleeper_list.hpp>
#include <sluice/mutex.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Platform = std_platform>
class basic_cond {
 public:
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  basic_cond() = default;
  basic_cond(const basic_cond&) = delete;
  basic_cond& operator=(const basic_cond&) = delete;
  // Nobody may wait.
  ~basic_cond() = default;

  // Gives `lock` up, sleeps until notified, takes it again. `lock` is anything with lock() and unlock(), and is held; throws
  // what its unlock throws if it is not.
  template <class Lock>
  void wait(Lock& lock) {
    static_cast<void>(wait_limited(lock, Platform::no_deadline, {}));
  }
  // Until `holds()`, which is called under the lock.
  template <class Lock, std::predicate Predicate>
  void wait(Lock& lock, Predicate holds) {
    while (!holds()) wait(lock);
  }

  // The same, but gives up at `deadline`, after `d`, or on a stop request. Without a predicate: false if it gave up; with
  // one: what the predicate says in the end. What the clock throws comes out of it too, with the lock held; a notification
  // that came meanwhile is then for who waits longest, be it one that came later.
  template <class Lock, class Clock, class Duration>
  [[nodiscard]] bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& deadline,
                                const stop_token& stop = {}) {
    return wait_limited(lock, deadline, stop);
  }
  template <class Lock, class Clock, class Duration, std::predicate Predicate>
  [[nodiscard]] bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& deadline, Predicate holds,
                                const stop_token& stop = {}) {
    while (!holds())
      if (!wait_until(lock, deadline, stop)) return holds();
    return true;
  }
  template <class Lock, class Rep, class Period>
  [[nodiscard]] bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& d, const stop_token& stop = {}) {
    return wait_limited(lock, detail::deadline_after<Platform>(d), stop);
  }
  template <class Lock, class Rep, class Period, std::predicate Predicate>
  [[nodiscard]] bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& d, Predicate holds,
                              const stop_token& stop = {}) {
    return wait_until(lock, detail::deadline_after<Platform>(d), std::move(holds), stop);
  }
  template <class Lock>
  [[nodiscard]] bool wait_or_stop(Lock& lock, const stop_token& stop) {
    return wait_limited(lock, Platform::no_deadline, stop);
  }
  template <class Lock, std::predicate Predicate>
  [[nodiscard]] bool wait_or_stop(Lock& lock, Predicate holds, const stop_token& stop) {
    while (!holds())
      if (!wait_or_stop(lock, stop)) return holds();
    return true;
  }

  // Wakes the waiter that has waited longest, or all; nobody if nobody waits.
  void notify_one() {
    if (waiting_.load(std::memory_order_relaxed) != 0) notify(1);
  }
  void notify_all() {
    if (waiting_.load(std::memory_order_relaxed) != 0) notify(UINT32_MAX);
  }

 private:
  using list = detail::sleeper_list<Platform>;

  // It stays in line while a clock that may be set is asked again.
  template <class Lock, class Deadline>
  bool wait_limited(Lock& lock, const Deadline& deadline, const stop_token& stop) {
    typename list::node self;
    guard_.lock();
    sleepers_.append(self);
    count(1);
    guard_.unlock();
    try {
      lock.unlock();
    } catch (...) {  // it was not held: nobody waits, and a notification is for the next
      if (!left(self)) notify_one();
      throw;
    }
    const auto sleeps = [&](time_point t) { return self.sleep(t, stop); };
    bool notified = false;
    try {
      notified = detail::until<Platform>(deadline, stop, sleeps) || !left(self);
    } catch (...) {  // of the caller's clock: a notification is for the next
      if (!left(self)) notify_one();
      lock.lock();
      throw;
    }
    lock.lock();
    return notified;
  }

  // A waiter gives up. False if it is too late for that: a notification is on its way, and is awaited.
  bool left(typename list::node& self) {
    guard_.lock();
    const bool mine = sleepers_.remove(self);
    if (mine) count(UINT32_MAX);
    guard_.unlock();
    if (!mine) self.sleep();
    return mine;
  }

  [[gnu::noinline]] void notify(std::uint32_t most) {
    typename list::batch woken;
    guard_.lock();
    for (std::uint32_t n = 0; n != most && !sleepers_.empty(); ++n) {
      typename list::node& first = *sleepers_.first();
      sleepers_.remove(first);
      count(UINT32_MAX);
      woken.add(first);
    }
    guard_.unlock();
    woken.signal();
  }

  void count(std::uint32_t change) {
    waiting_.store(waiting_.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }

  basic_mutex<Platform> guard_;
  // Written under guard_.
  typename Platform::template atomic<std::uint32_t> waiting_{0};
  list sleepers_;
};

using cond = basic_cond<>;

}  // namespace sluice
