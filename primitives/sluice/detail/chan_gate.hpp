// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_gate: the part of a channel that does not depend on the type of its elements: the lock, the two lines of waiters, the word of
// the seat, and whether it is closed. The protocol is chan_core's.
//
// What waiting takes lies on one cache line, which is tight: each member that could begins in the tail padding of the one before.
//
// Edges (release -> acquire)
//   [closed]  close -> whoever is told "closed"   what the closer did before is visible; seq_cst forbids that of two
//             threads each closes one channel and finds the other open (store buffering)
#include <cstdint>

#include <sluice/detail/chan_seat.hpp>
#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// What does not depend on the type of the elements.
template <class Platform>
class chan_gate {
 public:
  using node = wait_node<Platform>;
  explicit chan_gate(bool buffered) : nature_(buffered ? nature{0} : unbuffered) {}
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
    nature_.store(static_cast<nature>(nature_.load(std::memory_order_relaxed) | closed),
                  std::memory_order_seq_cst);  // [closed] -> is_closed
  }
  // The lock will be taken soon, and what lies beside it.
  void expect_lock() const noexcept { __builtin_prefetch(&lock_, 1); }
  // Whether a buffer that looks empty says all: the channel has one, and is open. A guess.
  bool buffer_decides() const noexcept { return nature_.load(std::memory_order_relaxed) == 0; }

  // All on one line, with the element of who sits (chan_lines).
  // Under the lock.
  alignas(cache_line) [[no_unique_address]] wait_list<Platform> senders_;

 private:
  using nature = std::uint8_t;
  static constexpr nature closed = 1;
  static constexpr nature unbuffered = 2;
  // Written once, by close. Relaxed: its writer's own load, and a guess.
  typename Platform::template atomic<nature> nature_;

 protected:
  [[no_unique_address]] futex_lock<Platform> lock_;
  // Under the lock.
  [[no_unique_address]] wait_list<Platform> receivers_;
  // Without a buffer: whether the pop that waits next is likely to sit, as the last one did. Written under the lock. Relaxed: a guess.
  typename Platform::template atomic<bool> sitter_expected_{true};
  [[no_unique_address]] chan_seat<Platform> seat_;
};

}  // namespace sluice::detail
