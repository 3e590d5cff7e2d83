// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_gate: the part of a channel that does not depend on the type of its elements: the lock, the two lines of waiters, the word of
// the seat, and whether it is closed. The protocol is chan_core's.
//
// What waiting takes lies on one cache line, with the element of who sits (chan_place), and that is tight: each member that could begins
// in the tail padding of the one before.
//
// Edges (release -> acquire)
//   [closed]  close -> whoever is told "closed"   what the closer did before is visible; seq_cst forbids that of two
//             threads each closes one channel and finds the other open (store buffering)
#include <cstdint>
#include <optional>

#include <sluice/detail/chan_seat.hpp>
#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// Whom an operation under the lock has served, and tells so once it holds no lock.
template <class Platform>
struct served_one {
  wait_node<Platform>* in_line = nullptr;
  std::optional<typename Platform::wake_key> asleep;  // at the seat
  void ring() {
    if (in_line != nullptr) in_line->owner->ring();
    if (asleep) Platform::wake_by_key(*asleep);
  }
};

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
  // For a select too, without the lock: see chan_seat; and a guess, whether the next push is likely to wait there.
  bool offers() const noexcept { return seat_.offers(); }
  bool expects_offer() const noexcept { return expected_.load(std::memory_order_relaxed) == arrival::offer; }

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

  // All on one line.
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
  // Without a buffer: who is likely to come to the seat next. Written under the lock. Relaxed: a guess.
  enum class arrival : std::uint8_t { nobody, pop, offer };
  typename Platform::template atomic<arrival> expected_{arrival::pop};
  [[no_unique_address]] chan_seat<Platform> seat_;
};

}  // namespace sluice::detail
