// SPDX-License-Identifier: BSL-1.0
#pragma once
// spsc_ring: a bounded FIFO ring for one producer and one consumer at a time, any capacity >= 1, any movable T.
//
// Lamport's two-index ring (1983) with each side's copy of the other's index (as in FastForward's successors and
// Rigtorp's SPSCQueue): an index is read across cores only when the copy says full or empty. No read-modify-writes.
//
// Guarantee. Every operation is wait-free. Answers are linearizable with respect to happens-before: a side never
// misses what happened before its call. (Across two rings no total order is promised; mpmc_ring gives it.)
// Thread rules: at most one thread in a push operation and at most one in a pop operation at a time; handing a side
// to another thread needs a happens-before edge of the caller's.
//
// Invariants
//   1. popped_ <= pushed_ <= popped_ + capacity, modulo 2^64; the producer alone moves pushed_, the consumer popped_.
//   2. Slots [popped_, pushed_) hold elements and are the consumer's, the others are the producer's.
// Linearization points: the store of pushed_ (popped_); full and empty: the load of the other side's index.
//
// Edges (release -> acquire)
//   [full]   push -> pop   constructed before moved out
//   [empty]  pop -> push   destroyed before overwritten
// Relaxed: each side's loads of its own index, which nobody else writes.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/detail/slot_array.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class T, class Allocator = std::allocator<T>, class Platform = std_platform>
class spsc_ring {
 public:
  using value_type = T;
  using allocator_type = Allocator;

  // Room for `capacity` elements; nothing allocates afterwards. O(capacity).
  // Throws std::invalid_argument for 0, std::length_error for more than max_capacity(), what the allocator throws.
  explicit spsc_ring(std::size_t capacity, const Allocator& alloc = Allocator())
      : spsc_ring(capacity, detail::first_lap{}, alloc) {}
  spsc_ring(std::size_t capacity, detail::first_lap first, const Allocator& alloc = Allocator())
      : position_(detail::checked_capacity("sluice::spsc_ring", capacity, max_capacity())),
        slots_(capacity, alloc),
        pushed_(first.value * position_.lap_after(0)),
        popped_seen_(first.value * position_.lap_after(0)),
        popped_(first.value * position_.lap_after(0)),
        pushed_seen_(first.value * position_.lap_after(0)) {}
  spsc_ring(const spsc_ring&) = delete;
  spsc_ring& operator=(const spsc_ring&) = delete;
  // Destroys what is inside. No other operation may run or follow.
  ~spsc_ring() {
    for (std::uint64_t at = popped_.load(std::memory_order_relaxed); at != pushed_.load(std::memory_order_relaxed);
         at = position_.next(at))
      slots_.destroy(cell_at(at).value());
  }

  static constexpr std::size_t max_capacity() noexcept { return detail::max_slots(sizeof(cell)); }
  std::size_t capacity() const noexcept { return position_.capacity(); }
  Allocator get_allocator() const { return slots_.get_allocator(); }

  // Producer. Deposits an element: success or full. Unless it succeeds the arguments are untouched; if T's constructor
  // throws nothing happened.
  template <class... Args>
  conqueue_status try_emplace(Args&&... args) noexcept(nothrow_from<Args...>) {
    const std::uint64_t at = pushed_.load(std::memory_order_relaxed);
    if (is_full(at)) return conqueue_status::full;
    slots_.construct(cell_at(at).storage(), std::forward<Args>(args)...);
    pushed_.store(position_.next(at), std::memory_order_release);  // [full] -> is_empty
    return conqueue_status::success;
  }
  conqueue_status try_push(const T& v) noexcept(nothrow_from<const T&>) { return try_emplace(v); }
  conqueue_status try_push(T&& v) noexcept(nothrow_from<T&&>) { return try_emplace(std::move(v)); }

  // Consumer. Takes the element at the head: a value or empty. If T's move constructor throws the element is gone all
  // the same, as from mpmc_ring.
  expected<T, conqueue_status> try_pop() noexcept(std::is_nothrow_move_constructible_v<T>) {
    const std::uint64_t at = popped_.load(std::memory_order_relaxed);
    if (is_empty(at)) return unexpected(conqueue_status::empty);
    const consumption done(*this, at);
    return expected<T, conqueue_status>(std::in_place, std::move(cell_at(at).value()));
  }

  // Producer. Deposits up to `n` elements from `first` on and publishes them together. Elements that were not
  // deposited are untouched. Only for elements whose construction cannot throw. O(n).
  template <class It>
    requires(detail::constructs_nothrow<Allocator, T, std::iter_reference_t<It>>())
  bulk_result try_push_n(It first, std::size_t n) noexcept {
    std::uint64_t at = pushed_.load(std::memory_order_relaxed);
    bulk_result done;
    for (; done.count != n && !is_full(at); ++done.count, at = position_.next(at))
      slots_.construct(cell_at(at).storage(), *first), ++first;
    if (done.count != 0) pushed_.store(at, std::memory_order_release);  // [full] -> is_empty
    if (done.count != n) done.status = conqueue_status::full;
    return done;
  }

  // Consumer. Moves up to `n` elements to `out` and frees their slots together. Only where assigning cannot throw. O(n).
  bulk_result try_pop_n(T* out, std::size_t n) noexcept
    requires std::is_nothrow_move_assignable_v<T>
  {
    std::uint64_t at = popped_.load(std::memory_order_relaxed);
    bulk_result done;
    for (; done.count != n && !is_empty(at); ++done.count, at = position_.next(at)) {
      out[done.count] = std::move(cell_at(at).value());
      slots_.destroy(cell_at(at).value());
    }
    if (done.count != 0) popped_.store(at, std::memory_order_release);  // [empty] -> is_full
    if (done.count != n) done.status = conqueue_status::empty;
    return done;
  }

 private:
  using cell = typename Platform::template cell<T>;

  template <class... Args>
  static constexpr bool nothrow_from = detail::constructs_nothrow<Allocator, T, Args...>();

  // The end of a pop: whatever happens to the element, it is destroyed and its slot is the producer's.
  class consumption {
   public:
    consumption(spsc_ring& ring, std::uint64_t at) noexcept : ring_(ring), at_(at) {}
    consumption(const consumption&) = delete;
    consumption& operator=(const consumption&) = delete;
    ~consumption() {
      ring_.slots_.destroy(ring_.cell_at(at_).value());
      ring_.popped_.store(ring_.position_.next(at_), std::memory_order_release);  // [empty] -> is_full
    }

   private:
    spsc_ring& ring_;
    std::uint64_t at_;
  };

  cell& cell_at(std::uint64_t at) noexcept { return slots_[position_.index(at)]; }

  // Whether the slot for the push at `at` still holds the last lap's element.
  bool is_full(std::uint64_t at) noexcept {
    if (popped_seen_.load() != position_.lap_before(at)) return false;
    const std::uint64_t now = popped_.load(std::memory_order_acquire);  // [empty] <- consumption, try_pop_n
    if (now == position_.lap_before(at)) return true;
    popped_seen_.store(now);
    return false;
  }
  bool is_empty(std::uint64_t at) noexcept {
    if (pushed_seen_.load() != at) return false;
    const std::uint64_t now = pushed_.load(std::memory_order_acquire);  // [full] <- try_emplace, try_push_n
    if (now == at) return true;
    pushed_seen_.store(now);
    return false;
  }

  // Written by nobody after construction.
  const detail::ring_position position_;
  detail::slot_array<cell, T, Allocator> slots_;
  // Written by the producer.
  alignas(detail::cache_line) typename Platform::template atomic<std::uint64_t> pushed_;
  typename Platform::template var<std::uint64_t> popped_seen_;  // a lower bound of popped_
  // Written by the consumer.
  alignas(detail::cache_line) typename Platform::template atomic<std::uint64_t> popped_;
  typename Platform::template var<std::uint64_t> pushed_seen_;  // a lower bound of pushed_
};

static_assert(sizeof(spsc_ring<std::uint64_t>) == 3 * detail::cache_line &&
                  alignof(spsc_ring<std::uint64_t>) == detail::cache_line,
              "constants, the producer's words and the consumer's lie in a cache line each");

}  // namespace sluice
