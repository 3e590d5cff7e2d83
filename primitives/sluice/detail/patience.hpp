// SPDX-License-Identifier: BSL-1.0
#pragma once
// patience: how one side of a ring waits for the other one before it sleeps. Pauses first, then turns for other threads
// (yields), in all about as long as waking a thread up takes: of two threads that give up earlier, one runs out of patience
// whenever the other one is being woken, and from then on they wait for nothing but wake-ups.
//
// Two things are learnt from earlier waits.
//   How long to pause between two looks. A look takes from the peer the cache lines that it is writing: who looks all
//   the time finds one element at a time and slows the peer down to its own pace, while who lets a burst build up finds
//   many, and both then work on lines of their own. Where elements come one by one, a longer pause is latency and
//   nothing else. So a wait that found plenty doubles the next one's pause, and one that found little halves it.
//   Whether to yield. Where a turn takes as long as a scheduler's slice, others want the CPU, and every further turn
//   would cost such a slice; a sleeper is put back at once when it is woken. So the next waits go from pausing to sleep.
//
// Relaxed: guesses, which any thread may spoil; nothing depends on them but time.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class patience {
 public:
  static constexpr std::uint32_t least_pauses = 16;
  static constexpr std::uint32_t most_pauses = 256;
  static constexpr std::uint32_t pauses_before_turns = 128;
  static constexpr int turns = 32;
  static constexpr std::chrono::microseconds long_turn{1000};
  static constexpr std::uint32_t waits_without_turns = 256;

  // Until `look()` is true, or patience ends: then false, and the caller had better sleep. `at_hand()` is asked after a
  // success: how many elements, or places, more there are, of `capacity`.
  template <class Look, class AtHand>
  bool wait(Look look, AtHand at_hand, std::size_t capacity) {
    const std::uint32_t pauses = pauses_.load(std::memory_order_relaxed);
    if (!wait_pausing(pauses, look) && !wait_yielding(look)) return false;
    learn(pauses, at_hand(), capacity);
    return true;
  }

 private:
  template <class Look>
  static bool wait_pausing(std::uint32_t pauses, Look& look) {
    for (std::uint32_t spent = 0; spent < pauses_before_turns; spent += pauses) {
      for (std::uint32_t i = 0; i != pauses; ++i) Platform::pause();
      if (look()) return true;
    }
    return false;
  }

  template <class Look>
  bool wait_yielding(Look& look) {
    if (const std::uint32_t left = without_turns_.load(std::memory_order_relaxed); left != 0) {
      without_turns_.store(left - 1, std::memory_order_relaxed);
      return false;
    }
    auto before = Platform::now();
    for (int i = 0; i != turns; ++i) {
      Platform::yield();
      const bool found = look();
      const auto after = Platform::now();
      const bool was_long = after - before >= long_turn;
      if (was_long) without_turns_.store(waits_without_turns, std::memory_order_relaxed);
      if (found || was_long) return found;
      before = after;
    }
    return false;
  }

  void learn(std::uint32_t pauses, std::size_t more, std::size_t capacity) noexcept {
    const bool plenty = more >= pauses / 4;
    const auto most = static_cast<std::uint32_t>(std::clamp<std::size_t>(capacity, least_pauses, most_pauses));
    const std::uint32_t next = plenty ? std::min(pauses * 2, most) : std::max(pauses / 2, least_pauses);
    if (next != pauses) pauses_.store(next, std::memory_order_relaxed);
  }

  template <class T>
  using atomic = typename Platform::template atomic<T>;
  atomic<std::uint32_t> pauses_{least_pauses};
  atomic<std::uint32_t> without_turns_{0};
};

}  // namespace sluice::detail
