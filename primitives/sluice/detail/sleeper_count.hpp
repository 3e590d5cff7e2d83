// SPDX-License-Identifier: BSL-1.0
#pragma once
// sleeper_count: how many threads sleep, or are about to, on one of the words that share it, so that who wakes makes no system call
// where nobody sleeps. What Linux's futex does inside the kernel, before the call.
//
// A sleeper is counted before Platform::wait looks at its word, until that has returned. A waker changes the word before it asks.
//
// Edges (release -> acquire)
//   [count]  sleeper -> anybody   seq_cst fences: forbids that the word's old value is seen by who goes to sleep after its
//            waker saw nobody (store buffering)
// Relaxed: the count, which that fence orders.
#include <atomic>
#include <cstdint>

namespace sluice::detail {

template <class Platform>
class sleeper_count {
 public:
  // Counted while it lives.
  class sleeper {
   public:
    explicit sleeper(sleeper_count& among) noexcept : among_(among) {
      among_.sleepers_.fetch_add(1, std::memory_order_relaxed);
      Platform::fence(std::memory_order_seq_cst);  // [count] -> anybody
    }
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;
    ~sleeper() { among_.sleepers_.fetch_sub(1, std::memory_order_relaxed); }

   private:
    sleeper_count& among_;
  };

  // Whether there may be one who has not seen what the caller changed before.
  bool anybody() const noexcept {
    Platform::fence(std::memory_order_seq_cst);  // [count] <- sleeper
    return sleepers_.load(std::memory_order_relaxed) != 0;
  }

 private:
  typename Platform::template atomic<std::uint32_t> sleepers_{0};
};

}  // namespace sluice::detail
