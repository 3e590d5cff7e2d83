// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/detail/slot_array.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// What an operation has claimed: `count` adjacent positions from `first` on; none if status is not success.
struct ring_claim {
  std::uint64_t first = 0;
  std::size_t count = 0;
  conqueue_status status = conqueue_status::success;
  bool hole = false;  // pops: the last of them holds no element
};

// What nobody wants to be told.
struct ignored {
  void operator()() const noexcept {}
};

// The constants of a ring whose slots take turns: where its slots lie, and how positions map to them.
template <class T, class Allocator, class Platform>
class ring_slots {
 public:
  struct slot {
    typename Platform::template atomic<std::uint64_t> turn;
    typename Platform::template cell<T> cell;
  };

  // What an operation needs of them, read once: it stays in registers across a claim, after which the compiler has to
  // read again whatever lies in memory.
  struct view {
    ring_position position;
    slot* first;
    slot& at(std::uint64_t pos) const noexcept { return first[position.index(pos)]; }
    // How far a turn is ahead of "writable" in the lap of `pos`.
    std::int64_t ahead(std::uint64_t turn, std::uint64_t pos) const noexcept {
      return ring_position::distance(turn, position.lap(pos));
    }
    // For who has claimed `s` to pop it, and will pop those behind it: asks for the next line's already. One that a producer on
    // another CPU has written takes as long to come as a line's worth of pops. Half a line ahead: further, and the line is
    // taken from a producer that is still at it.
    [[gnu::always_inline]] static void expect_behind(const slot& s) noexcept {
      constexpr std::size_t ahead = std::max(sizeof(slot), cache_line / 2);
      // NOLINTNEXTLINE(performance-no-int-to-ptr): behind the last slot it is no pointer, but a guess that is wrong
      __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(&s) + ahead));
    }
  };

  ring_slots(std::size_t capacity, first_lap first, const Allocator& alloc)
      : position_(capacity), slots_(capacity, alloc) {
    for (std::size_t i = 0; i != capacity; ++i)
      slots_[i].turn.store(start(first), std::memory_order_relaxed);  // nobody knows of it yet
  }

  view look() noexcept { return {position_, slots_.data()}; }
  const ring_position& position() const noexcept { return position_; }
  std::uint64_t start(first_lap first) const noexcept { return first.value * position_.lap_after(0); }
  std::size_t capacity() const noexcept { return position_.capacity(); }
  Allocator get_allocator() const { return slots_.get_allocator(); }

  template <class... Args>
  void construct(T* at, Args&&... args) noexcept(constructs_nothrow<Allocator, T, Args...>()) {
    slots_.construct(at, std::forward<Args>(args)...);
  }
  void destroy(T& element) noexcept { slots_.destroy(element); }

 private:
  const ring_position position_;
  slot_array<slot, T, Allocator> slots_;
};

}  // namespace sluice::detail
