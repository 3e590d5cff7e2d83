// SPDX-License-Identifier: BSL-1.0
#pragma once
// event_count: lets threads sleep until "something may have changed" without a lock around that something.
//
// After Vyukov's eventcount and Drepper's futex mutex (a sticky "somebody may sleep" bit). One 32-bit word: bit 0 says
// that somebody may be asleep, the rest counts the wake-ups. A sleeper: prepare(), look again, then wait(). A notifier:
// change something, then notify. While the bit is clear a notification is one load.
//
// Invariant: whenever a thread sleeps in wait(), the bit is set, or a notification has cleared it and the thread that
// it wakes will set it again. So whoever was woken must call prepare() before looking again, whatever it does next,
// and if it then leaves although more work is at hand, it must notify in its turn (pass the baton).
//
// Edges (release -> acquire)
//   [park]   prepare -> notify   both are seq_cst, and so is what the caller changes and looks at: forbids that the
//            sleeper's look misses the change while the notifier's load misses the bit (store buffering)
// What a caller changes by less than a seq_cst operation it must separate from notify by fence_light, and prepare from
// its look by fence_heavy. A notification carries no data: what a look finds, it must acquire itself.
// Relaxed: notify's CAS, which only moves the bit; the model checks of bounded_queue find no use for more.
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class event_count {
 public:
  using key = std::uint32_t;

  // Announces a sleeper. The key is spent once the caller looks again and finds that it need not sleep.
  key prepare() noexcept {
    return word_.fetch_or(may_sleep, std::memory_order_seq_cst) | may_sleep;  // [park] -> take_bit
  }

  // Sleeps unless notified since `prepare` gave `k`. Returns on a notification, `deadline`, a stop, or for no reason.
  wait_result wait(key k, typename Platform::time_point deadline, const typename Platform::stop_token& stop) {
    return Platform::wait(word_, k, deadline, stop);
  }

  // Wakes one sleeper, or all of them. Waits as little as Platform's wake-up does.
  void notify_one() noexcept {
    if (take_bit()) Platform::wake_one(word_);
  }
  void notify_all() noexcept {
    if (take_bit()) Platform::wake_all(word_);
  }

 private:
  static constexpr std::uint32_t may_sleep = 1;

  // Clears the bit and counts the wake-up. False if nobody sleeps or another notifier was faster.
  bool take_bit() noexcept {
    std::uint32_t w = word_.load(std::memory_order_seq_cst);  // [park] <- prepare
    while ((w & may_sleep) != 0)
      if (word_.compare_exchange_weak(w, w + may_sleep, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    return false;
  }

  typename Platform::template atomic<std::uint32_t> word_{0};
};

}  // namespace sluice::detail
