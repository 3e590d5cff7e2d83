// SPDX-License-Identifier: BSL-1.0
#pragma once
// futex_lock: a small lock for the slow paths of other primitives. It blocks, and whoever waits sleeps on the futex.
//
// After Drepper's mutex ("Futexes Are Tricky", 2011): the word says free, held, or held while somebody may sleep.
//
// Invariant: while a thread sleeps the word says `contended`, or the thread that freed the lock is about to wake one,
// who writes `contended` again before it holds the lock.
//
// A task waits for it as a thread does: else one that holds another lock meanwhile, or that the only wake-up went to, would wait for a
// worker, and who has to stay on its thread (on_this_thread) keeps that, and waits for the lock.
//
// Edges (release -> acquire)
//   [lock]   unlock -> lock            what a holder did is visible to the next
//   [taken]  lock -> lock_contended    what it did before it took the lock is, to who sleeps for it
#include <cstdint>

#include <sluice/detail/on_this_thread.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class futex_lock {
 public:
  // Waits until the lock is free. Not recursive, not fair.
  void lock() {
    if (!try_once()) lock_contended();
  }
  // By the thread that holds it.
  void unlock() {
    if (word_.exchange(vacant, std::memory_order_release) == contended) Platform::wake_one(word_);  // [lock] -> lock
  }

 private:
  static constexpr std::uint32_t vacant = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t contended = 2;

  // May fail for no reason.
  bool try_once() {
    std::uint32_t w = vacant;
    return word_.compare_exchange_weak(w, held,  // [lock] <- unlock, [taken] -> lock_contended
                                       std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  [[gnu::noinline]] void lock_contended() {
    [[maybe_unused]] const on_this_thread<Platform> stays;
    constexpr int pauses = 64;  // a holder moves one element or links one node
    for (int i = 0; i != pauses && Platform::cpus() > 1; ++i) {
      Platform::pause();
      if (word_.load(std::memory_order_relaxed) == vacant && try_once()) return;
    }
    while (word_.exchange(contended, std::memory_order_acq_rel) != vacant)  // [lock] <- unlock, [taken] <- lock, and on
      Platform::wait(word_, contended);
  }

  // Relaxed: a failed attempt and the look before one only tell whether another attempt makes sense.
  typename Platform::template atomic<std::uint32_t> word_{vacant};
};

// Holds the lock of its scope.
template <class Lock>
class lock_held {
 public:
  explicit lock_held(Lock& l) : lock_(l) { lock_.lock(); }
  lock_held(const lock_held&) = delete;
  lock_held& operator=(const lock_held&) = delete;
  ~lock_held() { lock_.unlock(); }

 private:
  Lock& lock_;
};

}  // namespace sluice::detail
