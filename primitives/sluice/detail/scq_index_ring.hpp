// SPDX-License-Identifier: BSL-1.0
#pragma once
// scq_index_ring: a lock-free MPMC FIFO of small integers, the building block of scq_ring.
//
// Nikolaev's Scalable Circular Queue (DISC 2019). It holds indices below n (a power of two) in 2n entries, so an
// enqueue always finds a free entry. Tickets come from fetch_add. A dequeuer whose entry is not there yet marks it
// passed, and the enqueuer that holds the same ticket goes on to the next one: nobody waits.
//
// A ticket counts in steps of two; its lap bits are the entry's cycle:
//   ticket  | cycle ....... | position (log2 2n bits) | 0 |
//   entry   | cycle ....... | safe | index (log2 2n bits) |      index 2n - 1 means "none"
//
// Guarantee. Lock-free. Linearizable with respect to happens-before, provided at most n indices are ever inside and at
// most `max_threads` threads dequeue at a time: the threshold counts on it (tests/kit/wrong has what happens beyond).
//
// Invariants
//   1. An entry's cycle only grows; an index is put into it once per cycle, by the enqueuer that holds that ticket.
//   2. While an index is inside, at most 2n + k - 1 dequeue tickets can miss before one finds it: 2n positions from the
//      last dequeuer to it, and k - 1 other dequeuers under way (the paper bounds k by n, hence its 3n - 1).
//      threshold_ counts them down.
// Linearization points: enqueue: the CAS of the entry that succeeds; dequeue: the fetch_or; empty: the load or
// the RMW of threshold_ that finds it used up.
//
// Edges (release -> acquire)
//   [index]   enqueue -> dequeue   what the index stands for is written before it is read
//   [passed]  pass, dequeue -> enqueue   who puts an index into an entry has seen what its last dequeuer did before:
//             the tickets that it took (an unsafe entry is judged by head_) and the misses that it counted
// Relaxed: everything else, and threshold_ above all. By [passed] an enqueuer with ticket t can fail to see only the
// misses of the 2n tickets before t and of the k - 1 dequeuers under way: those that invariant 2 pays for anyway. So a
// stale "the threshold is full" hides no index, and the check needs no seq_cst although it has the shape of store
// buffering (write the entry, read the threshold || write the threshold, read the entry).
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <sluice/detail/slot_array.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Allocator, class Platform>
class scq_index_ring {
 public:
  // Empty, for up to n indices and at most `max_threads` threads in dequeue at a time; n is a power of two.
  scq_index_ring(std::size_t n, std::size_t max_threads, std::uint64_t first_cycle, const Allocator& alloc)
      : bits_(static_cast<unsigned>(std::countr_zero(n)) + 1),
        full_threshold_(static_cast<std::int64_t>(2 * n + max_threads - 1)),
        entries_(2 * n, alloc),
        tail_(start(first_cycle)),
        head_(start(first_cycle)),
        threshold_(-1) {
    // One cycle behind the first ticket: every entry is free to take.
    for (std::size_t i = 0; i != 2 * n; ++i)
      entries_[i].store((start(first_cycle) - cycle_step()) | safe() | none(), std::memory_order_relaxed);
  }

  // Puts `index` in. Never fails while the caller keeps the bound on indices.
  void enqueue(std::uint64_t index) noexcept {
    for (;;) {
      const std::uint64_t ticket = tail_.fetch_add(2, std::memory_order_relaxed);
      auto& entry = entry_of(ticket);
      for (;;) {
        std::uint64_t e = entry.load(std::memory_order_acquire);  // [passed] <- pass, dequeue
        if (!can_take(e, ticket)) break;
        if (!entry.compare_exchange_weak(e, cycle(ticket) | safe() | index,
                                         std::memory_order_release,  // [index] -> dequeue
                                         std::memory_order_relaxed))
          continue;
        if (threshold_.load(std::memory_order_relaxed) != full_threshold_)
          threshold_.store(full_threshold_, std::memory_order_relaxed);
        return;
      }
    }
  }

  // Takes the oldest index out, or none if there is none.
  std::optional<std::uint64_t> dequeue() noexcept {
    if (threshold_.load(std::memory_order_relaxed) < 0) return std::nullopt;
    for (;;) {
      const std::uint64_t ticket = head_.fetch_add(2, std::memory_order_relaxed);
      auto& entry = entry_of(ticket);
      std::uint64_t e = entry.load(std::memory_order_relaxed);
      if (pass(entry, e, ticket)) {
        entry.fetch_or(none(), std::memory_order_acq_rel);  // [index] <- enqueue, [passed] -> enqueue
        return e & none();
      }
      const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
      if (behind(tail, ticket + 2) <= 0) {
        catch_up(tail, ticket + 2);
        threshold_.fetch_sub(1, std::memory_order_relaxed);
        return std::nullopt;
      }
      if (threshold_.fetch_sub(1, std::memory_order_relaxed) <= 0) return std::nullopt;
    }
  }

 private:
  using atomic_word = typename Platform::template atomic<std::uint64_t>;

  std::uint64_t none() const noexcept { return (std::uint64_t{1} << bits_) - 1; }
  std::uint64_t safe() const noexcept { return std::uint64_t{1} << bits_; }
  std::uint64_t cycle_step() const noexcept { return std::uint64_t{1} << (bits_ + 1); }
  std::uint64_t cycle(std::uint64_t word) const noexcept { return word & ~(cycle_step() - 1); }
  std::uint64_t start(std::uint64_t first_cycle) const noexcept { return first_cycle * cycle_step(); }
  static std::int64_t behind(std::uint64_t a, std::uint64_t b) noexcept { return static_cast<std::int64_t>(a - b); }

  // Neighbouring tickets go to different cache lines: the position's bits rotated by those of a line.
  atomic_word& entry_of(std::uint64_t ticket) noexcept {
    constexpr unsigned line_bits = 3;
    const std::uint64_t i = (ticket >> 1) & none();
    if (bits_ <= line_bits) return entries_[i];
    return entries_[((i << line_bits) | (i >> (bits_ - line_bits))) & none()];
  }

  // Whether the enqueuer with `ticket` may put its index here: an older cycle, nothing inside, and no dequeuer of
  // this ticket gone by (unsafe entries need the look at head_).
  bool can_take(std::uint64_t e, std::uint64_t ticket) noexcept {
    return behind(cycle(e), cycle(ticket)) < 0 && (e & none()) == none() &&
           ((e & safe()) != 0 || behind(head_.load(std::memory_order_relaxed), ticket) <= 0);
  }

  // True if the entry holds the index of `ticket`. Otherwise marks that its dequeuer has gone by.
  bool pass(atomic_word& entry, std::uint64_t& e, std::uint64_t ticket) noexcept {
    while (behind(cycle(e), cycle(ticket)) < 0) {
      const bool vacant = (e & none()) == none();
      const std::uint64_t passed = vacant ? cycle(ticket) | (e & safe()) | none() : e & ~safe();
      if (entry.compare_exchange_weak(e, passed, std::memory_order_release,  // [passed] -> enqueue
                                      std::memory_order_relaxed))
        return false;
    }
    return cycle(e) == cycle(ticket) && (e & none()) != none();
  }

  // After dequeuers overtook the tail: moves it up to `head`, so that enqueuers do not walk through passed tickets.
  void catch_up(std::uint64_t tail, std::uint64_t head) noexcept {
    while (!tail_.compare_exchange_weak(tail, head, std::memory_order_relaxed, std::memory_order_relaxed)) {
      head = head_.load(std::memory_order_relaxed);
      tail = tail_.load(std::memory_order_relaxed);
      if (behind(tail, head) >= 0) return;
    }
  }

  // Written by nobody after construction.
  unsigned bits_;  // of a position: log2 of the number of entries
  std::int64_t full_threshold_;  // misses that are possible while an index is inside (invariant 2)
  slot_array<atomic_word, std::byte, typename std::allocator_traits<Allocator>::template rebind_alloc<std::byte>>
      entries_;
  // Written by enqueuers (and catch_up).
  alignas(cache_line) atomic_word tail_;
  // Written by dequeuers.
  alignas(cache_line) atomic_word head_;
  // Written by both.
  alignas(cache_line) typename Platform::template atomic<std::int64_t> threshold_;
};

}  // namespace sluice::detail
