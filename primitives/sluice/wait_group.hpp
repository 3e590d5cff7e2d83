// SPDX-License-Identifier: BSL-1.0
#pragma once
// wait_group: waits until a number of tasks, not known beforehand, are done. Go's sync.WaitGroup.
//
// add says that tasks are to come, done that one is finished, wait sleeps until none is left. Count and waiters share one
// 64-bit word, so done is one read-modify-write, and the last one knows from it whether anybody has to be woken; all are
// woken by one call, on a word of their own (a futex is 32 bits wide, and access to a part of a word is not portable).
//
// Guarantee. add and done never wait; but the last done, if somebody waits for it, makes a system call, or takes a short lock where
// tasks do. wait blocks until the count is zero and then has seen what every task did before its done. A time-out or a stop that races
// with the last done loses to it, and may be late by the time that done takes from its count to its wake-up. Once the count is zero nothing is touched
// that a returned wait could not destroy: the group may go as soon as every wait has returned.
// Linearization points: the read-modify-write of add and done; wait's read of a zero, or the last done that released it.
//
// Reuse, as Go defines it: an add to a count of zero happens before any wait, or after every wait has returned. Misuse
// throws std::logic_error and leaves the count as it was: done below zero, add while earlier waits are still returning,
// more than 2^31 - 1 tasks. What other threads see of a misused group is not defined, but a wait that returns still returns, and once.
//
// A latch is a group that begins with its count: to count down is done, to arrive and wait is done, then wait. There is no barrier
// beside it, for nothing in this library goes in step. (std::latch and std::barrier hold up the thread of a task that waits.)
//
// Invariants
//   1. A registered waiter leaves when the phase has moved on, or while the count is not zero.
//   2. The done that takes the count to zero moves the phase on if and only if a waiter is registered; until it has, none
//      of them leaves, so the group lives.
//   3. Who registers as the first, and is a task without a limit, is alone with first_ until it leaves.
//
// Edges (release -> acquire)
//   [done]   done -> wait   what a task did happens before the return of a wait that saw the count reach zero, or what a wait that
//            returned alone left of it
//   [phase]  done -> wait   the last done is through with the group before a waiter may destroy it
// Relaxed: add, registration, giving up and taking back, which only count. Registration continues the release sequences of earlier dones.
#include <chrono>
#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

#include <sluice/detail/counted_task.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/detail/lone_task.hpp>
#include <sluice/detail/spin.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Platform = std_platform>
class basic_wait_group {
 public:
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  basic_wait_group() = default;
  // Begins with `n` tasks.
  explicit basic_wait_group(std::uint32_t n) : state_(n * one_task) {
    if (n > most) refuse_most(n, 0);
  }
  basic_wait_group(const basic_wait_group&) = delete;
  basic_wait_group& operator=(const basic_wait_group&) = delete;
  ~basic_wait_group() = default;

  // `n` more tasks.
  [[gnu::always_inline]] void add(std::uint32_t n = 1) {
    const std::uint64_t before = state_.fetch_add(n * one_task, std::memory_order_relaxed);
    if (tasks(before) > most - n || n > most || before - 1 < most_waiters) [[unlikely]]
      refuse_add(before, n);
  }
  // `n` tasks are finished. The last one wakes whoever waits.
  [[gnu::always_inline]] void done(std::uint32_t n = 1) {
    const auto waiting = Platform::key_of(phase_);  // taken while the group is sure to live
    const std::uint64_t before = state_.fetch_sub(n * one_task, std::memory_order_release);  // [done] -> wait
    if (tasks(before) < n) [[unlikely]]
      refuse_done(before, n);
    if (tasks(before) == n && before != n * one_task) release(waiting, before - n * one_task);
  }
  // How many tasks are not done. By the time that it is known it may have changed.
  [[nodiscard]] std::uint32_t count() const noexcept { return tasks(state_.load(std::memory_order_relaxed)); }

  // Blocks until the count is zero.
  void wait() {
    if (!none_left()) static_cast<void>(wait_registered(Platform::no_deadline, {}));
  }
  // The same, but gives up at `deadline`, after `d`, or on a stop request; false if it gave up.
  template <class Clock, class Duration>
  [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& deadline, const stop_token& stop = {}) {
    if (none_left()) return true;
    return detail::until<Platform>(deadline, stop, [&](time_point t) { return wait_registered(t, stop); });
  }
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& d, const stop_token& stop = {}) {
    return none_left() || wait_registered(detail::deadline_after<Platform>(d), stop);
  }
  [[nodiscard]] bool wait_or_stop(const stop_token& stop) {
    return none_left() || wait_registered(Platform::no_deadline, stop);
  }
  [[nodiscard]] bool try_wait() const noexcept { return none_left(); }

  // Runs `task` as one task of the group, on a thread of its own, in a task as a task of its own, or wherever `start` (given a
  // callable) runs it. If starting fails the count is as before. What `task` throws is for whoever runs it; it is done either way,
  // and what it held is gone by then.
  template <class Task>
  void go(Task task, std::source_location at = std::source_location::current()) {
    go([at](auto run) { Platform::start(std::move(run), at); }, std::move(task));
  }
  template <class Start, class Task>
  void go(Start&& start, Task task) {
    detail::start_counted(*this, std::forward<Start>(start), std::move(task));
  }

 private:
  // The word: tasks in the upper half, registered waiters in the lower.
  static constexpr std::uint64_t one_task = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t most_waiters = one_task - 1;
  static constexpr std::uint32_t most = (std::uint32_t{1} << 31U) - 1;
  static constexpr std::uint32_t tasks(std::uint64_t state) noexcept {
    return static_cast<std::uint32_t>(state >> 32U);
  }

  // The phase, which wraps around, and whether first_ is parked.
  static constexpr std::uint32_t parked = 1;
  static constexpr std::uint32_t one_phase = 2;
  static constexpr bool has_parked(std::uint32_t phase) noexcept { return phase % one_phase != 0; }

  bool none_left() const noexcept {
    return tasks(state_.load(std::memory_order_acquire)) == 0;  // [done] <- done
  }

  // Lets all go on that wait; so many are registered.
  void release(const typename Platform::wake_key& waiting, std::uint64_t waiters) {
    const bool one_parked =
        has_parked(phase_.fetch_add(one_phase, std::memory_order_release));  // [phase] -> wait_registered
    if (!one_parked || waiters != 1) Platform::wake_all_by_key(waiting);
    if (one_parked) first_.wake(phase_);
  }
  // A task without a limit that was the first to wait: the last done finds it by name. True once the phase has moved on.
  bool wait_parked(std::uint32_t phase) {
    if (!first_.park(phase_, phase, phase | parked)) return false;
    static_cast<void>(phase_.load(std::memory_order_acquire));  // [phase] <- release
    phase_.store(phase + one_phase, std::memory_order_relaxed);  // without the mark; nobody writes while waits return
    return true;
  }

  [[gnu::noinline]] bool wait_registered(time_point deadline, const stop_token& stop) {
    if (detail::spin<Platform>([this] { return none_left(); })) return true;
    std::uint32_t phase = 0;
    std::uint64_t s = 0;
    do {
      phase = phase_.load(std::memory_order_relaxed);  // before the registration: the last done may come right after it
      s = state_.load(std::memory_order_acquire);  // [done] <- done
      if (tasks(s) == 0) return true;
      if (tasks(s) > most)
        throw std::logic_error("sluice::wait_group: wait while the count is below zero: done() came too often");
    } while (!state_.compare_exchange_weak(s, s + 1, std::memory_order_relaxed, std::memory_order_relaxed));
    const bool lone = s % one_task == 0 && deadline == Platform::no_deadline && !stop.stop_possible();
    if (lone && wait_parked(phase)) {
      if (return_alone()) return true;
    } else {
      std::uint32_t now = phase;
      while (((now = phase_.load(std::memory_order_acquire)) | parked) == (phase | parked)) {  // [phase] <- release
        if (Platform::wait(phase_, now, deadline, stop) == wait_result::woken) continue;
        if (leave()) return false;
        wait_for_phase_after(phase);
      }
    }
    state_.fetch_sub(1, std::memory_order_acquire);  // [done] <- done
    return true;
  }

  // Whoever of those that waited is the last to return is alone with the group, until it has: nobody adds before that. It leaves the
  // count to who looks later, who has to see through it what the tasks did.
  bool return_alone() noexcept {
    if (state_.load(std::memory_order_acquire) != 1) return false;  // [done] <- done
    state_.store(0, std::memory_order_release);  // [done] -> none_left
    return true;
  }

  // Gives up, which it may while tasks are left; false if none is.
  bool leave() noexcept {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    while (tasks(s) != 0)
      if (state_.compare_exchange_weak(s, s - 1, std::memory_order_relaxed, std::memory_order_relaxed)) return true;
    return false;
  }
  // Too late to give up: the last done is on its way to move the phase on. Relaxed, for the caller looks again.
  void wait_for_phase_after(std::uint32_t phase) {
    std::uint32_t now = phase;
    while (((now = phase_.load(std::memory_order_relaxed)) | parked) == (phase | parked)) Platform::wait(phase_, now);
  }

  // Takes back what a refused call has added to the word. While earlier waits return, one that returns alone may have wiped it out,
  // and nobody is woken: they have been, or will be by the last done, which they must not overtake.
  void take_back(std::uint64_t before, std::uint64_t added) {
    const bool returning = before - 1 < most_waiters;
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    do {
      if (returning && tasks(s) == 0) return;
    } while (!state_.compare_exchange_weak(s, s - added, std::memory_order_relaxed, std::memory_order_relaxed));
    const std::uint64_t left = s - added;
    if (!returning && tasks(left) == 0 && left != 0) release(Platform::key_of(phase_), left);
  }
  [[noreturn, gnu::noinline]] void refuse_add(std::uint64_t before, std::uint32_t n) {
    take_back(before, n * one_task);
    if (before - 1 < most_waiters)
      throw std::logic_error(
          "sluice::wait_group: add(" + std::to_string(n) +
          ") while earlier waits are still returning; add before wait, or after every wait returned");
    if (tasks(before) > most)
      throw std::logic_error("sluice::wait_group: add while the count is below zero: done() came too often");
    refuse_most(n, tasks(before));
  }
  [[noreturn, gnu::noinline]] static void refuse_most(std::uint32_t n, std::uint32_t count) {
    throw std::logic_error("sluice::wait_group: add(" + std::to_string(n) + ") to a count of " + std::to_string(count) +
                           "; at most 2147483647 tasks fit");
  }
  [[noreturn, gnu::noinline]] void refuse_done(std::uint64_t before, std::uint32_t n) {
    take_back(before, 0 - n * one_task);
    throw std::logic_error("sluice::wait_group: done(" + std::to_string(n) + ") at a count of " +
                           std::to_string(static_cast<std::int32_t>(tasks(before))) +
                           "; each done() needs an add() before it");
  }

  typename Platform::template atomic<std::uint64_t> state_{0};
  // Waiters sleep here. Moved on by the done that takes the count to zero while somebody waits; marked for, and by, first_.
  typename Platform::template atomic<std::uint32_t> phase_{0};
  [[no_unique_address]] detail::lone_task<Platform> first_;
};

using wait_group = basic_wait_group<>;

}  // namespace sluice
