// SPDX-License-Identifier: BSL-1.0
#pragma once
// semaphore: a number of units that callers take and give back, several at a time; golang.org/x/sync/semaphore.
//
// Fair: who asks for many units is not overtaken by those who ask for few, so units stay idle until the first in the queue
// has enough. One that gives up lets those behind it have what is there.
//
// Guarantee. Blocks by nature; try_acquire never waits for units. acquire's linearization point is under the internal
// mutex, its own if units are free, else the release (or the giving up) that grants them. A time-out or a stop that races
// with a grant loses to it. What was done before a release is seen after an acquire that comes later.
//
// Invariants, whenever the mutex is free
//   1. taken <= size.
//   2. The first in the queue wants more than size - taken; nobody is granted units before it.
//
// Edges: those of mutex and detail/sleeper_list.
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <sluice/detail/deadline.hpp>
#include <sluice/detail/sleeper_list.hpp>
#include <sluice/mutex.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Platform = std_platform>
class basic_semaphore {
 public:
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  // `size` units, all free.
  explicit basic_semaphore(std::uint64_t size) : size_(size) {}
  basic_semaphore(const basic_semaphore&) = delete;
  basic_semaphore& operator=(const basic_semaphore&) = delete;
  // Nobody may wait.
  ~basic_semaphore() = default;

  std::uint64_t size() const noexcept { return size_; }

  // Takes `n` units, waiting for its turn and until they are free. Throws std::invalid_argument if there are not so many
  // at all. O(1).
  void acquire(std::uint64_t n = 1) { static_cast<void>(acquire_limited(n, Platform::no_deadline, {})); }
  // Takes `n` units if they are free and nobody waits.
  [[nodiscard]] bool try_acquire(std::uint64_t n = 1) {
    guard_.lock();
    const bool mine = sleepers_.empty() && n <= size_ - taken_.load();
    if (mine) taken_.store(taken_.load() + n);
    guard_.unlock();
    return mine;
  }
  // Like acquire, but gives up at `deadline`, after `d`, or on a stop request; false if it gave up. Throws what the
  // clock throws, and has no units then.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_acquire_until(std::uint64_t n, const std::chrono::time_point<Clock, Duration>& deadline,
                                       const stop_token& stop = {}) {
    return acquire_limited(n, deadline, stop);
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(std::uint64_t n, const std::chrono::duration<Rep, Period>& d,
                                     const stop_token& stop = {}) {
    return acquire_limited(n, detail::deadline_after<Platform>(d), stop);
  }
  [[nodiscard]] bool acquire_or_stop(std::uint64_t n, const stop_token& stop) {
    return acquire_limited(n, Platform::no_deadline, stop);
  }

  // Gives `n` units back and hands them on. Throws std::logic_error if fewer are taken. O(number that it wakes).
  void release(std::uint64_t n = 1) {
    guard_.lock();
    const std::uint64_t taken = taken_.load();
    if (n > taken) {
      guard_.unlock();
      throw std::logic_error("sluice::semaphore: release(" + std::to_string(n) + ") while " + std::to_string(taken) +
                             " are taken; release what was acquired, once");
    }
    taken_.store(taken - n);
    grant_and_unlock();
  }

 private:
  using list = detail::sleeper_list<Platform>;
  struct request : list::node {
    explicit request(std::uint64_t n) : units(n) {}
    const std::uint64_t units;
  };

  // It keeps its turn while a clock that may be set is asked again.
  template <class Deadline>
  bool acquire_limited(std::uint64_t n, const Deadline& deadline, const stop_token& stop) {
    if (n > size_)
      throw std::invalid_argument("sluice::semaphore: acquire(" + std::to_string(n) + ") of " + std::to_string(size_) +
                                  " units would wait for ever; ask for no more than size()");
    guard_.lock();
    if (sleepers_.empty() && n <= size_ - taken_.load()) {
      taken_.store(taken_.load() + n);
      guard_.unlock();
      return true;
    }
    request self(n);
    sleepers_.append(self);
    guard_.unlock();
    const auto sleeps = [&](time_point t) { return self.sleep(t, stop); };
    try {
      return detail::until<Platform>(deadline, stop, sleeps) || !left(self);
    } catch (...) {  // of the caller's clock: it has no units
      if (!left(self)) release(n);
      throw;
    }
  }

  // A waiter gives up. False if it is too late for that: its units are granted, and the signal is awaited.
  bool left(request& self) {
    guard_.lock();
    const bool mine = sleepers_.remove(self);
    grant_and_unlock();  // it may have stood before those who want less
    if (!mine) self.sleep();
    return mine;
  }

  // Grants units from the front of the queue as far as they go; then the mutex is given back and the lucky are woken.
  void grant_and_unlock() {
    typename list::batch lucky;
    while (!sleepers_.empty()) {
      auto& first = static_cast<request&>(*sleepers_.first());
      if (first.units > size_ - taken_.load()) break;
      taken_.store(taken_.load() + first.units);
      sleepers_.remove(first);
      lucky.add(first);
    }
    guard_.unlock();
    lucky.signal();
  }

  basic_mutex<Platform> guard_;
  const std::uint64_t size_;
  // Under guard_.
  typename Platform::template var<std::uint64_t> taken_{0};
  list sleepers_;
};

using semaphore = basic_semaphore<>;

}  // namespace sluice
