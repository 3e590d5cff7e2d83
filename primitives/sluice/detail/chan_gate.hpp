// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_gate: the part of a channel that does not depend on the type of its elements: the lock, the two lines of waiters,
// and whether it is closed. The protocol is chan_core's.
//
// Edges (release -> acquire)
//   [closed]  close -> whoever is told "closed"   what the closer did before is visible; seq_cst forbids that of two
//             threads each closes one channel and finds the other open (store buffering)
#include <cstdint>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// What does not depend on the type of the elements.
template <class Platform>
class chan_gate {
 public:
  using node = wait_node<Platform>;
  explicit chan_gate(bool buffered) : nature_(buffered ? 0 : unbuffered) {}
  chan_gate(const chan_gate&) = delete;
  chan_gate& operator=(const chan_gate&) = delete;

  bool is_closed() const noexcept {
    return (nature_.load(std::memory_order_seq_cst) & closed) != 0;  // [closed] <- mark_closed
  }
  // For select, which holds the locks of several channels.
  void lock() { lock_.lock(); }
  void unlock() { lock_.unlock(); }

 protected:
  ~chan_gate() = default;
  using locked = lock_held<futex_lock<Platform>>;
  // Under the lock, once.
  void mark_closed() noexcept {
    nature_.store(nature_.load(std::memory_order_relaxed) | closed,
                  std::memory_order_seq_cst);  // [closed] -> is_closed
  }
  // The lock will be taken soon, and what lies beside it.
  void expect_lock() const noexcept { __builtin_prefetch(&lock_, 1); }
  // Whether a buffer that looks empty says all: the channel has one, and is open. A guess.
  bool buffer_decides() const noexcept { return nature_.load(std::memory_order_relaxed) == 0; }

  alignas(cache_line) futex_lock<Platform> lock_;
  // Under the lock.
  wait_list<Platform> senders_;
  wait_list<Platform> receivers_;

 private:
  static constexpr std::uint32_t closed = 1;
  static constexpr std::uint32_t unbuffered = 2;
  // Written once, by close. Relaxed: its writer's own load, and a guess.
  typename Platform::template atomic<std::uint32_t> nature_;
};

}  // namespace sluice::detail
