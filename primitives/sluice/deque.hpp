// SPDX-License-Identifier: BSL-1.0
#pragma once
// deque: a work-stealing deque. Its owner pushes and pops at one end, last in, first out; any number of thieves take
// from the other end, first in, first out. It grows. Elements are small and trivially copyable: pointers, mostly.
//
// Chase and Lev, Dynamic Circular Work-Stealing Deque (SPAA 2005), with C11 orders after Lê, Pop, Cohen and Zappa
// Nardelli, Correct and Efficient Work-Stealing for Weak Memory Models (PPoPP 2013). As published the latter has three
// errors: the array that has grown is stored relaxed, so that a thief may read it before it is filled (found by Norris
// and Demsky's CDSChecker, OOPSLA 2013); a push that made it grow stores its element into the old array all the same;
// and a pop at position 0 takes an unsigned number below zero. Here that store releases ([array]), a push asks for the
// array after it grew, and positions are signed. The first two are kept as wrong programs (tests/kit/wrong). The
// paper's fences are orders on operations here, which ThreadSanitizer follows.
//
// Guarantee. push and try_pop are wait-free (but for the allocator, where a push makes it grow). try_steal is
// wait-free and says `busy` where it lost a race, which another one has then won. All are linearizable: "empty" is
// exact. A push that throws (what the allocator throws) has pushed nothing.
// Thread rules: one owner at a time, who pushes and pops; to hand that over needs a happens-before edge of the
// caller's.
//
// Memory. No array is freed while the deque lives, for a thief may still look at it: each has twice the size of the
// one before, so all old ones together are smaller than the newest. It never shrinks.
//
// Invariants
//   1. top_ <= bottom_ + 1; only the owner writes bottom_, and top_ only grows. Positions [top_, bottom_) hold elements.
//   2. An element stays in its slot, in every array that was the newest while it was inside, until top_ is past it.
//   3. Who moves top_ from p to p + 1 owns element p. The owner takes p = bottom_ - 1 without that step only if top_ < p.
// Linearization points: push: its store of bottom_. try_steal: its compare-exchange; empty: its load of bottom_.
// try_pop: its first store of bottom_ if it gets an element; empty: its last access of top_.
//
// Edges (release -> acquire)
//   [item]   push, try_pop -> try_steal   what was done before a push is seen by who steals its element
//   [array]  grow -> try_steal            filled before read
//   [taken]  try_steal -> push            read before overwritten
//   [past]   try_pop -> try_steal         who sees that the owner took the last element sees what it took before that
//   [last]   seq_cst, in try_pop and try_steal: forbids that the owner sees top_ before p while a thief, who sees it at
//            p, sees bottom_ past p, for both would take p. Both loads: another thief may have moved top_ to p.
// Relaxed: the owner's reads of what it alone writes; sizes and numbers that are out of date once they are known; slots, which [item], [array] and [taken] order; what a failed
// step read, which nobody uses; and the store by which a pop that met the end puts bottom_ back, for nobody can take
// what is below it.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/deque_array.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class T, class Allocator = std::allocator<T>, class Platform = std_platform>
class deque {
  struct element {
    T value;
  };
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T> &&
                    sizeof(element) <= sizeof(void*) && std::has_single_bit(sizeof(element)),
                "a thief reads an element before it knows that it owns it, so it has to fit an atomic without a lock, "
                "of 1, 2, 4 or 8 bytes: store a pointer");
  using array = detail::deque_array<T, Allocator, Platform>;

 public:
  using value_type = T;
  using allocator_type = Allocator;

  // Empty, with room for `capacity` elements (rounded up to a power of two) before it grows.
  // Throws std::invalid_argument for 0, std::length_error for more than max_capacity(), what the allocator throws.
  explicit deque(std::size_t capacity = 64, const Allocator& alloc = Allocator())
      : alloc_(alloc),
        array_(array::make(std::bit_ceil(detail::checked_capacity("sluice::deque", capacity, max_capacity())), nullptr,
                           alloc)),
        mine_(array_.load(std::memory_order_relaxed)) {}
  deque(const deque&) = delete;
  deque& operator=(const deque&) = delete;
  // No other operation may run or follow. What is inside is forgotten.
  ~deque() { array::destroy(mine_.load(), alloc_); }

  static constexpr std::size_t max_capacity() noexcept { return std::bit_floor(detail::max_slots(sizeof(element))); }

  // Owner. O(1), amortised.
  void push(T v) {
    const std::int64_t b = bottom_.load(std::memory_order_relaxed);
    if (is_full(b)) [[unlikely]]
      grow(b);
    at(b).store(v, std::memory_order_relaxed);
    bottom_.store(b + 1, std::memory_order_release);  // [item] -> try_steal
  }

  // Owner. Takes the youngest element, or says empty. O(1).
  expected<T, conqueue_status> try_pop() noexcept {
    const std::int64_t b = bottom_.load(std::memory_order_relaxed) - 1;
    bottom_.store(b, std::memory_order_seq_cst);  // [last] [item] -> try_steal
    std::int64_t t = top_.load(std::memory_order_seq_cst);  // [last]
    if (t < b) return at(b).load(std::memory_order_relaxed);
    // The last one, for which thieves may run as well, or none.
    const bool took =
        t == b && top_.compare_exchange_strong(t, t + 1, std::memory_order_release,  // [past] -> try_steal
                                               std::memory_order_relaxed);
    bottom_.store(b + 1, std::memory_order_relaxed);
    if (!took) return unexpected(conqueue_status::empty);
    return at(b).load(std::memory_order_relaxed);
  }

  // Anybody. Takes the eldest element, or says empty, or busy: another one took it first. O(1).
  expected<T, conqueue_status> try_steal() noexcept {
    std::size_t others = 0;
    return try_steal(others);
  }
  // The same; and if it took one, how many others there were when it looked: to ask for size() would take the owner's line once more.
  expected<T, conqueue_status> try_steal(std::size_t& others) noexcept {
    std::int64_t t = top_.load(std::memory_order_seq_cst);  // [last] [past] <- try_pop
    const std::int64_t b = bottom_.load(std::memory_order_seq_cst);  // [last] [item] <- push, try_pop
    if (t >= b) return unexpected(conqueue_status::empty);
    const array& slots = *array_.load(std::memory_order_acquire);  // [array] <- grow
    const T v = slots[t].load(std::memory_order_relaxed);
    others = static_cast<std::size_t>(b - t - 1);
    if (!top_.compare_exchange_strong(t, t + 1, std::memory_order_seq_cst,
                                      std::memory_order_relaxed))  // [last] [taken] -> push
      return unexpected(conqueue_status::busy);
    return v;
  }

  // How many elements there are; anybody may ask, and by the time that it is known it may have changed.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::int64_t t = top_.load(std::memory_order_relaxed);
    const std::int64_t n = bottom_.load(std::memory_order_relaxed) - t;
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  // How many were taken from the thieves' end; the same number twice, and none empty: the eldest is still the same one.
  [[nodiscard]] std::int64_t taken() const noexcept { return top_.load(std::memory_order_relaxed); }
  // Owner. For how many elements there is room before it grows.
  [[nodiscard]] std::size_t capacity() const noexcept { return mine_.load()->size(); }

 private:
  typename Platform::template atomic<T>& at(std::int64_t position) const noexcept { return (*mine_.load())[position]; }

  bool is_full(std::int64_t b) noexcept {
    const auto size = static_cast<std::int64_t>(capacity());
    if (b - top_seen_.load() < size) return false;
    top_seen_.store(top_.load(std::memory_order_acquire));  // [taken] <- try_steal
    return b - top_seen_.load() >= size;
  }

  [[gnu::noinline]] void grow(std::int64_t b) {
    const std::size_t size = detail::checked_capacity("sluice::deque", 2 * capacity(), max_capacity());
    array* const larger = array::make(size, mine_.load(), alloc_);
    for (std::int64_t p = top_seen_.load(); p != b; ++p)
      (*larger)[p].store(at(p).load(std::memory_order_relaxed), std::memory_order_relaxed);
    array_.store(larger, std::memory_order_release);  // [array] -> try_steal
    mine_.store(larger);
  }

  [[no_unique_address]] const Allocator alloc_;
  // Written by the owner.
  alignas(detail::cache_line) typename Platform::template atomic<std::int64_t> bottom_{0};
  typename Platform::template atomic<array*> array_;
  typename Platform::template var<array*> mine_;  // what array_ holds
  typename Platform::template var<std::int64_t> top_seen_{0};  // a lower bound of top_
  // Written by thieves, and by the owner for the last element.
  alignas(detail::cache_line) typename Platform::template atomic<std::int64_t> top_{0};
};

}  // namespace sluice
