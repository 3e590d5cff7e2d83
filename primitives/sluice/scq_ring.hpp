// SPDX-License-Identifier: BSL-1.0
#pragma once
// scq_ring: a bounded lock-free FIFO ring for any number of producers and consumers, any capacity >= 1, any movable T.
//
// Nikolaev's SCQ (DISC 2019): the elements lie still in an array; two index rings pass their places around, one the
// free places, one the filled ones in FIFO order. No stalled thread stops the others. It costs four to six RMWs for
// a push or a pop where mpmc_ring needs one.
//
// Guarantee. Every operation is lock-free. Elements come out in FIFO order and "empty" is exact: both linearizable
// with respect to happens-before. "full" is conservative: it says that every place was held, by an element or by an
// operation in flight, so a push may be refused while a concurrent pop has taken its element and not yet given back
// the place. With no operation in flight it is exact. (Two rings cannot be changed at once: a push that loses to a pop
// in flight is the price; tests/kit/wrong has the execution.)
// Thread rules: at most `max_threads` threads inside at a time; the threshold of the index rings counts on it.
//
// Invariants
//   1. Every place's index is in free_, in filled_, or held by exactly one operation in flight.
//   2. The element of a place is constructed if and only if its index is in filled_ or held by a pop.
// Linearization points: those of filled_; full: free_'s answer "empty".
// Edges: the index rings' [index], both ways: constructed before moved out, destroyed before overwritten.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/detail/scq_index_ring.hpp>
#include <sluice/detail/slot_array.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class T, class Allocator = std::allocator<T>, class Platform = std_platform>
class scq_ring {
 public:
  using value_type = T;
  using allocator_type = Allocator;
  static constexpr std::size_t default_max_threads = 1024;
  static constexpr std::size_t most_threads = std::size_t{1} << 31;

  // Room for `capacity` elements, used by at most `max_threads` threads at a time; nothing allocates afterwards.
  // O(capacity) time and space; a pop of an empty ring may take max_threads steps more, once. Throws
  // std::invalid_argument for 0 of either, std::length_error for more than max_capacity() (most_threads), what the
  // allocator throws.
  explicit scq_ring(std::size_t capacity, std::size_t max_threads = default_max_threads,
                    const Allocator& alloc = Allocator())
      : scq_ring(capacity, max_threads, detail::first_lap{}, alloc) {}
  scq_ring(std::size_t capacity, std::size_t max_threads, detail::first_lap first, const Allocator& alloc = Allocator())
      : capacity_(detail::checked_capacity("sluice::scq_ring", capacity, max_capacity())),
        places_(capacity, alloc),
        free_(std::bit_ceil(capacity), checked_threads(max_threads), first.value, alloc),
        filled_(std::bit_ceil(capacity), max_threads, first.value, alloc) {
    for (std::size_t i = 0; i != capacity; ++i) free_.enqueue(i);
  }
  scq_ring(const scq_ring&) = delete;
  scq_ring& operator=(const scq_ring&) = delete;
  // Destroys what is inside. No other operation may run or follow.
  ~scq_ring() {
    while (const auto place = filled_.dequeue()) places_.destroy(places_[*place].value());
  }

  static constexpr std::size_t max_capacity() noexcept {
    return detail::max_slots(sizeof(cell) + 4 * sizeof(std::uint64_t)) / 2;
  }
  std::size_t capacity() const noexcept { return capacity_; }
  Allocator get_allocator() const { return places_.get_allocator(); }

  // Deposits an element at the tail: success or full. Unless it succeeds the arguments are untouched; if T's
  // constructor throws the ring is as before.
  template <class... Args>
  conqueue_status try_emplace(Args&&... args) noexcept(nothrow_from<Args...>) {
    const auto place = free_.dequeue();
    if (!place) return conqueue_status::full;
    returning give_back(free_, *place);
    places_.construct(places_[*place].storage(), std::forward<Args>(args)...);
    give_back.to(filled_);
    return conqueue_status::success;
  }
  conqueue_status try_push(const T& v) noexcept(nothrow_from<const T&>) { return try_emplace(v); }
  conqueue_status try_push(T&& v) noexcept(nothrow_from<T&&>) { return try_emplace(std::move(v)); }

  // Takes the element at the head: a value or empty. If T's move constructor throws the element is gone all the same.
  expected<T, conqueue_status> try_pop() noexcept(std::is_nothrow_move_constructible_v<T>) {
    const auto place = filled_.dequeue();
    if (!place) return unexpected(conqueue_status::empty);
    const returning give_back(free_, *place);
    const ending end(*this, *place);
    return expected<T, conqueue_status>(std::in_place, std::move(places_[*place].value()));
  }

 private:
  using cell = typename Platform::template cell<T>;
  using index_ring = detail::scq_index_ring<Allocator, Platform>;

  template <class... Args>
  static constexpr bool nothrow_from = detail::constructs_nothrow<Allocator, T, Args...>();

  // Hands a place that an operation holds to an index ring, on every path.
  class returning {
   public:
    returning(index_ring& ring, std::uint64_t place) noexcept : ring_(&ring), place_(place) {}
    returning(const returning&) = delete;
    returning& operator=(const returning&) = delete;
    ~returning() { ring_->enqueue(place_); }
    void to(index_ring& other) noexcept { ring_ = &other; }

   private:
    index_ring* ring_;
    std::uint64_t place_;
  };
  class ending {
   public:
    ending(scq_ring& ring, std::uint64_t place) noexcept : ring_(ring), place_(place) {}
    ending(const ending&) = delete;
    ending& operator=(const ending&) = delete;
    ~ending() { ring_.places_.destroy(ring_.places_[place_].value()); }

   private:
    scq_ring& ring_;
    std::uint64_t place_;
  };

  static std::size_t checked_threads(std::size_t n) {
    if (n == 0) throw std::invalid_argument("sluice::scq_ring: max_threads must be at least 1, but 0 was given");
    if (n > most_threads)
      throw std::length_error("sluice::scq_ring: max_threads of " + std::to_string(n) + " was given, but at most " +
                              std::to_string(most_threads) + " are supported");
    return n;
  }

  // Written by nobody after construction; the cells by whoever holds their index.
  std::size_t capacity_;
  detail::slot_array<cell, T, Allocator> places_;
  index_ring free_;
  index_ring filled_;
};

}  // namespace sluice
