// SPDX-License-Identifier: BSL-1.0
#pragma once
// mpmc_ring: a bounded FIFO ring for any number of producers and consumers, any capacity >= 1, any movable T.
//
// After Vyukov's bounded MPMC queue (1024cores.net, 2010): a producer claims the tail by CAS, a consumer the head, and
// each slot's own word tells whose turn it is. Differences: the slot's word counts laps, not positions (Vyukov's
// sequence is ambiguous at capacity 1); no division and no power-of-two rule; close; and try_* never lies:
//
// Guarantee. No operation waits for another, but one that loses a claim lets some microseconds go by. "empty", "full" and
// "closed" are exact: each is linearizable, at the load named below. Where the slot that an operation needs is claimed by
// a peer that has not finished, the answer is `busy`, never a wrong "empty" or "full". A stalled peer therefore stops the
// others at its slot (they go on saying busy): this ring is not lock-free. scq_ring is, and costs more.
//
// Invariants
//   1. head <= tail <= head + capacity, in positions; both only grow, but for the closed mark, which is set once.
//   2. A slot whose turn is lap L belongs to the push that claims the position (L, slot); with `filled` or `hollow` to
//      the pop that claims it; the claimant alone touches the cell and moves the turn on.
//   3. Once tail bears the mark no push claims: a CAS that expects no mark fails.
// Linearization points: the successful CAS (push: of tail_, pop: of head_); full: the seq_cst load of tail_ (the load of
// head_ behind it shows that nothing was popped before); empty and closed: the seq_cst load of tail_; close: its fetch_or.
//
// Edges (release -> acquire)
//   [full]    push -> pop    constructed before moved out
//   [empty]   pop -> push    destroyed before overwritten
//   [closed]  close -> whoever is told "closed"    what the closer did before is visible
//   [order]   claims, close and the loads that answer full, empty, closed are seq_cst: forbids that of two threads each
//             pushes into (or closes) one ring and finds the other empty (store buffering): P0260's total order Q
//   [seen]    claim -> whoever answers full or empty    who compares head and tail knows of either what its claimant knew
// Relaxed: other loads of tail_ and head_, failed CASes: a guess that one of those then confirms (or a hint).
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/back_off.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/ring_slots.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class T, class Allocator = std::allocator<T>, class Platform = std_platform>
class mpmc_ring {
 public:
  using value_type = T;
  using allocator_type = Allocator;

  // Room for `capacity` elements; nothing allocates afterwards. O(capacity). Throws std::invalid_argument for 0,
  // std::length_error for more than max_capacity(), what the allocator throws.
  explicit mpmc_ring(std::size_t capacity, const Allocator& alloc = Allocator())
      : mpmc_ring(capacity, detail::first_lap{}, alloc) {}
  mpmc_ring(std::size_t capacity, detail::first_lap first, const Allocator& alloc = Allocator())
      : slots_(detail::checked_capacity("sluice::mpmc_ring", capacity, max_capacity()), first, alloc),
        tail_(slots_.start(first)),
        head_(slots_.start(first)) {}
  mpmc_ring(mpmc_ring&&) = delete;
  // Destroys what is inside. No other operation may run or follow.
  ~mpmc_ring() {
    const view v = slots_.look();
    for (claim c = claim_pop(v, 1); c.status == conqueue_status::success; c = claim_pop(v, 1))
      consumption(*this, v, c.first, c.hole);
  }

  static constexpr std::size_t max_capacity() noexcept { return detail::max_slots(sizeof(slot)); }
  std::size_t capacity() const noexcept { return slots_.capacity(); }
  Allocator get_allocator() const { return slots_.get_allocator(); }

  // Deposits an element at the tail without waiting: success, full, busy or closed. Unless it succeeds the arguments
  // are untouched. If T's constructor throws nothing is deposited; the claimed slot becomes a hole, which counts as an
  // element for "full" until a pop, or the next push that throws, passes over it.
  template <class... Args>
  [[gnu::always_inline]] conqueue_status try_emplace(Args&&... args) noexcept(nothrow<Args...>) {
    const view v = slots_.look();
    const claim c = claim_push(v, 1);
    if (c.status == conqueue_status::success) fill(v, c.first, std::forward<Args>(args)...);
    return c.status;
  }
  [[gnu::always_inline]] conqueue_status try_push(const T& v) noexcept(nothrow<const T&>) { return try_emplace(v); }
  [[gnu::always_inline]] conqueue_status try_push(T&& v) noexcept(nothrow<T&&>) { return try_emplace(std::move(v)); }

  // Takes the element at the head without waiting: a value, or empty, busy or closed (closed only once drained).
  // If T's move constructor throws the element is gone all the same (P0260).
  [[gnu::always_inline]] expected<T, conqueue_status> try_pop() noexcept(std::is_nothrow_move_constructible_v<T>) {
    expected<T, conqueue_status> answer{unexpected(conqueue_status::empty)};
    const conqueue_status s = try_consume(
        [&answer](T&& v) noexcept(std::is_nothrow_move_constructible_v<T>) { answer.emplace(std::move(v)); });
    if (s != conqueue_status::success) answer = unexpected(s);
    return answer;
  }

  // As try_pop, but hands the element to `sink(T&&)` where it lies; it is gone when `sink` returns or throws. `freed()` is
  // told before a slot becomes free: the element's, or a hole's on the way to it, whatever the answer will be.
  template <class Sink, class Freed = detail::ignored>
  [[gnu::always_inline]] conqueue_status try_consume(Sink&& sink,
                                                     Freed&& freed = {}) noexcept(noexcept(sink(std::declval<T&&>()))) {
    const view v = slots_.look();
    for (;;) {
      const claim c = claim_pop(v, 1);
      if (c.status != conqueue_status::success) return c.status;
      v.expect_behind(v.at(c.first));
      freed();
      const consumption done(*this, v, c.first, c.hole);
      if (done.hole()) continue;
      sink(std::move(done.element()));
      return c.status;
    }
  }

  // Deposits up to `n` elements from `first` on, as many as fit with one claim, adjacent; leaves the others untouched.
  // Only for elements whose construction cannot throw. O(n).
  template <class It>
    requires(detail::constructs_nothrow<Allocator, T, std::iter_reference_t<It>>())
  bulk_result try_push_n(It first, std::size_t n) noexcept {
    const view v = slots_.look();
    bulk_result done;
    while (done.count != n && done.status == conqueue_status::success) {
      const claim c = claim_push(v, n - done.count);
      done.status = c.status;
      done.count += c.count;
      std::uint64_t pos = c.first;
      for (std::size_t i = 0; i != c.count; ++i, pos = v.position.next(pos)) fill(v, pos, *first), ++first;
    }
    return done;
  }

  // Moves up to `n` elements to `out`, as many as are there with one claim. Only where assigning cannot throw. O(n).
  bulk_result try_pop_n(T* out, std::size_t n) noexcept
    requires std::is_nothrow_move_assignable_v<T>
  {
    const view v = slots_.look();
    bulk_result done;
    while (done.count != n && done.status == conqueue_status::success) {
      const claim c = claim_pop(v, n - done.count);
      done.status = c.status;
      std::uint64_t pos = c.first;
      for (std::size_t i = 0; i != c.count; ++i, pos = v.position.next(pos)) {
        const consumption taken(*this, v, pos, c.hole && i + 1 == c.count);
        if (!taken.hole()) out[done.count++] = std::move(taken.element());
      }
    }
    return done;
  }

  // Ends pushing; what is inside can still be popped. Idempotent.
  void close() noexcept { tail_.fetch_or(closed_mark, std::memory_order_seq_cst); }  // [closed] [order] -> is_closed
  bool is_closed() const noexcept {
    return (tail_.load(std::memory_order_seq_cst) & closed_mark) != 0;  // [closed] [order] <- close
  }

  // Hints: whether all positions were claimed a moment ago, or none; a claim earlier in the seq_cst order is seen.
  bool looks_full() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_seq_cst);  // [order] <- claim_pop
    return head == slots_.position().lap_before(tail_.load(std::memory_order_relaxed) & ~closed_mark);
  }
  bool looks_empty() const noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);  // [order] <- claim_push
    return head_.load(std::memory_order_relaxed) == (tail & ~closed_mark);
  }
  // A guess at how many positions pushes have claimed and pops have not, at most capacity(). Orders nothing.
  std::size_t size_hint() const noexcept {
    return slots_.position().count(head_.load(std::memory_order_relaxed), tail_.load(std::memory_order_relaxed));
  }

 private:
  static constexpr std::uint64_t closed_mark = detail::ring_position::mark;
  // States of a slot, in the low bits of its turn; 0 is writable.
  static constexpr std::uint64_t filled = 1, hollow = 2;
  template <class... Args>
  static constexpr bool nothrow = detail::constructs_nothrow<Allocator, T, Args...>();
  using slots = detail::ring_slots<T, Allocator, Platform>;
  using slot = typename slots::slot;
  using view = typename slots::view;
  using claim = detail::ring_claim;

  // The end of a pop: whatever happens to the element, it is destroyed and its slot passes to the next lap's push.
  class consumption {
   public:
    consumption(mpmc_ring& ring, const view& v, std::uint64_t pos, bool hole) noexcept
        : ring_(ring), slot_(v.at(pos)), next_turn_(v.position.lap_after(v.position.lap(pos))), hole_(hole) {}
    consumption(consumption&&) = delete;
    ~consumption() {
      if (!hole_) ring_.slots_.destroy(slot_.cell.value());
      slot_.turn.store(next_turn_, std::memory_order_release);  // [empty] -> claim_push
    }
    bool hole() const noexcept { return hole_; }
    T& element() const noexcept { return slot_.cell.value(); }

   private:
    mpmc_ring& ring_;
    slot& slot_;
    std::uint64_t next_turn_;
    bool hole_;
  };

  // Claims the tail and up to want - 1 positions behind it. All on the way to a claim is inlined: out of line it goes
  // through memory, and what is stored has to reach the cache before the next locked instruction.
  [[gnu::always_inline]] claim claim_push(const view& v, std::size_t want) noexcept {
    std::uint64_t pos = tail_.load(std::memory_order_relaxed);
    for (detail::back_off<Platform> others;;) {
      if ((pos & closed_mark) != 0 && is_closed()) return {pos, 0, conqueue_status::closed};
      std::size_t count = 0;
      std::uint64_t end = pos;
      std::int64_t ahead = 0;  // of the first slot that is not ours to write
      while (count != want && (ahead = push_turn(v, end)) == 0) ++count, end = v.position.next(end);
      if (count != 0) {
        std::uint64_t seen = pos;  // its own variable: pos then does not depend on the CAS, nor does the slot's address
        if (tail_.compare_exchange_weak(seen, end, std::memory_order_seq_cst,  // [order] [seen] -> claims
                                        std::memory_order_relaxed))
          return {pos, count, conqueue_status::success};
        pos = others.after_a_while(seen);
      } else if (ahead < 0) {  // the last lap's element is still there, or its pop has not finished
        const std::uint64_t now = tail_.load(std::memory_order_seq_cst);  // [order] <- close, [seen] <- claim_push
        const bool full = head_.load(std::memory_order_seq_cst) == v.position.lap_before(pos);  // [order] <- claim_pop
        if (now == pos) return {pos, 0, full ? conqueue_status::full : conqueue_status::busy};
        pos = now;
      } else {
        pos = tail_.load(std::memory_order_relaxed);
      }
    }
  }

  // Claims the head and up to want - 1 positions behind it; stops behind a hole.
  [[gnu::always_inline]] claim claim_pop(const view& v, std::size_t want) noexcept {
    std::uint64_t pos = head_.load(std::memory_order_relaxed);
    for (detail::back_off<Platform> others;;) {
      std::size_t count = 0;
      std::uint64_t end = pos;
      std::int64_t ahead = filled;  // of the last slot that was looked at
      while (count != want && ahead == filled && is_readable(ahead = pop_turn(v, end)))
        ++count, end = v.position.next(end);
      if (count != 0) {
        std::uint64_t seen = pos;  // as in claim_push
        if (head_.compare_exchange_weak(seen, end, std::memory_order_seq_cst,  // [order] [seen] -> claims
                                        std::memory_order_relaxed))
          return {pos, count, conqueue_status::success, ahead == hollow};
        pos = others.after_a_while(seen);
      } else if (ahead <= 0) {  // not filled yet: nobody claimed it, or its push has not finished
        const std::uint64_t now = head_.load(std::memory_order_acquire);  // [seen] <- claim_pop
        const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);  // [order] [closed] <- claim_push, close
        if (now == pos && tail == pos) return {pos, 0, conqueue_status::empty};
        if (now == pos && tail == (pos | closed_mark)) return {pos, 0, conqueue_status::closed};
        const std::uint64_t last = head_.load(std::memory_order_relaxed);
        if (now == pos && last == pos) return {pos, 0, conqueue_status::busy};
        pos = last;
      } else {
        pos = head_.load(std::memory_order_relaxed);
      }
    }
  }

  // How far the slot's turn is ahead of "writable in this lap": for the push, and for the pop, that would claim `pos`.
  static std::int64_t push_turn(const view& v, std::uint64_t pos) noexcept {
    return v.ahead(v.at(pos).turn.load(std::memory_order_acquire), pos);  // [empty] <- ~consumption
  }
  static std::int64_t pop_turn(const view& v, std::uint64_t pos) noexcept {
    return v.ahead(v.at(pos).turn.load(std::memory_order_acquire), pos);  // [full] <- fill
  }
  static constexpr bool is_readable(std::int64_t ahead) noexcept { return ahead == filled || ahead == hollow; }

  // Constructs in the claimed slot and publishes.
  template <class... Args>
  [[gnu::always_inline]] void fill(const view& v, std::uint64_t pos, Args&&... args) noexcept(nothrow<Args...>) {
    slot& s = v.at(pos);
    const std::uint64_t lap = v.position.lap(pos);
    if constexpr (nothrow<Args...>) {
      slots_.construct(s.cell.storage(), std::forward<Args>(args)...);
    } else {
      try {
        slots_.construct(s.cell.storage(), std::forward<Args>(args)...);
      } catch (...) {
        s.turn.store(lap + hollow, std::memory_order_release);  // [full] -> claim_pop
        skip_holes(v);
        throw;
      }
    }
    s.turn.store(lap + filled, std::memory_order_release);  // [full] -> claim_pop
  }

  // Frees the holes at the head: a throwing push alone does not fill the ring.
  void skip_holes(const view& v) noexcept {
    std::uint64_t pos = head_.load(std::memory_order_relaxed);
    while (pop_turn(v, pos) == hollow)
      if (head_.compare_exchange_weak(pos, v.position.next(pos), std::memory_order_seq_cst,  // [order] -> claim_push
                                      std::memory_order_relaxed))
        consumption(*this, v, pos, true), pos = v.position.next(pos);
  }

  slots slots_;  // written by nobody after construction; the others by producers, and once by close, and by consumers
  alignas(detail::cache_line) typename Platform::template atomic<std::uint64_t> tail_;
  alignas(detail::cache_line) typename Platform::template atomic<std::uint64_t> head_;
};

static_assert(sizeof(mpmc_ring<std::uint64_t>) == 3 * detail::cache_line &&
                  alignof(mpmc_ring<std::uint64_t>) == detail::cache_line,
              "a cache line each for constants, producers' word and consumers' word");

}  // namespace sluice
