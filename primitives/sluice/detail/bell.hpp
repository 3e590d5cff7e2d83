// SPDX-License-Identifier: BSL-1.0
#pragma once
// bell: how an operation on a channel waits until a counterparty has served it. Rung once, by one thread; waited for by the thread, or
// the task, that owns it, or by a coroutine (async_waiter).
//
//   silent --wait--> asleep, parked (a task without a limit), suspended (a coroutine)
//      \------------- ring -------------> rung; whoever rings lets go on who waits
//
// Edges (release -> acquire)
//   [bell]   ring -> wait   what was done before the ring is seen by who goes on
// Relaxed: the CAS that says that the owner sleeps carries nothing.
#include <cstdint>

#include <sluice/detail/listen.hpp>
#include <sluice/detail/lone_task.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// What an operation on a channel may be told instead of waiting for ever.
template <class Platform>
struct wait_limit {
  typename Platform::time_point deadline = Platform::no_deadline;
  typename Platform::stop_token stop = {};
  bool none() const noexcept { return deadline == Platform::no_deadline && !stop.stop_possible(); }
};

template <class Platform>
class async_waiter;

template <class Platform>
class bell {
 public:
  // `woken` once rung; otherwise why not.
  wait_result wait(const wait_limit<Platform>& until) {
    // Not yet rung where an earlier wait, which gave up, has left `asleep`.
    if (until.none() && task_.park(word_, silent, parked) && has_rung()) return wait_result::woken;
    if (Platform::cpus() > 1 && listen<Platform>([this] { return has_rung(); })) return wait_result::woken;
    for (;;) {
      std::uint32_t w = silent;  // where this fails for no reason the wait returns at once
      word_.compare_exchange_weak(w, asleep, std::memory_order_relaxed, std::memory_order_relaxed);
      if (has_rung()) return wait_result::woken;
      const wait_result why = Platform::wait(word_, asleep, until.deadline, until.stop);
      if (has_rung()) return wait_result::woken;
      if (why != wait_result::woken) return why;
    }
  }

  // False: the owner is told, and the word may be gone now. True: it is suspended, so the caller has to let it go on.
  [[nodiscard]] bool ring() {
    const auto key = Platform::key_of(word_);
    const std::uint32_t was = word_.exchange(rung, std::memory_order_release);  // [bell] -> wait
    if (was == parked)
      task_.wake(word_);
    else if (was == asleep)
      Platform::wake_by_key(key);
    return was == suspended;
  }

 private:
  friend class async_waiter<Platform>;
  static constexpr std::uint32_t silent = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t rung = 2;
  static constexpr std::uint32_t suspended = 3;
  static constexpr std::uint32_t parked = 4;

  bool has_rung() { return word_.load(std::memory_order_acquire) == rung; }  // [bell] <- ring

  typename Platform::template atomic<std::uint32_t> word_{silent};
  [[no_unique_address]] lone_task<Platform> task_;
};

}  // namespace sluice::detail
