// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_ring: the buffer of a channel: mpmc_ring's slots and positions, with chan_words' marks in the two index words.
//
// `push` and `pop` need no lock. What says "under the lock" is for the holder of the channel's lock alone.
//
// Invariants
//   1. mpmc_ring's 1 and 2: head <= tail <= head + capacity in positions (but between the two stores of exchange_front),
//      and a slot belongs to the claimant whose turn it is.
//   2. While a word is marked, nobody but the holder of the lock writes it: a claim's CAS expects no mark.
//
// Edges (release -> acquire)
//   [full]    push -> pop    constructed before moved out
//   [empty]   pop -> push    destroyed before overwritten
//   [order]   claims, close, what shows a line, and the loads that answer full, empty or nobody are seq_cst: forbids that
//             of two threads each pushes into one ring and finds the other empty (store buffering)
//   [seen]    claim, push_barred, let_pops -> whoever answers full or empty   as in mpmc_ring
//   [unfinished]  announce -> settle   a claimed slot is finished by a release store only; announce's fence_light and
//             settle's fence_heavy stand between it and event_count's bit: forbids a sleeper beside a slot that was
//             finished after its look and announced before its bit (store buffering)
// Relaxed: next_push_, next_pop_, other loads of tail_ and head_ and failed CASes guess a position that one of those then
// confirms;
// exchange_front leaves the ring as full as it was, and the positions are shown by let_pops.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/detail/back_off.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/chan_words.hpp>
#include <sluice/detail/event_count.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/detail/ring_slots.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class chan_ring : public chan_words<Platform> {
  using words = chan_words<Platform>;
  using words::head_;
  using words::mark;
  using words::next_pop_;
  using words::next_push_;
  using words::tail_;
  using slots = ring_slots<T, typename Platform::template allocator<T>, Platform>;
  using slot = typename slots::slot;
  using view = typename slots::view;

 public:
  // Barred for good if `barred`.
  chan_ring(std::size_t capacity, first_lap first, bool barred)
      : words(ring_position(capacity), first.value * ring_position(capacity).lap_after(0), barred),
        slots_(capacity, first, {}) {}
  chan_ring(chan_ring&&) = delete;
  // Destroys what is inside. No other operation may run or follow.
  ~chan_ring() {
    if ((head_.load(std::memory_order_relaxed) & mark) != 0) return;  // barred for good
    while (pop([](T&&) noexcept {}) == ring_answer::done) continue;
  }

  static constexpr std::size_t max_capacity() noexcept { return max_slots(sizeof(slot)); }
  std::size_t capacity() const noexcept { return slots_.capacity(); }
  // Moves `v` in, or leaves it alone. Without the lock.
  [[gnu::always_inline]] ring_answer push(T& v) noexcept {
    const view s = slots_.look();
    const claim c = claim_push(s, 1);
    if (c.answer != ring_answer::done) return c.answer;
    fill(s, c.first, std::move(v));
    announce();
    return c.answer;
  }
  // Hands the element at the head to `sink(T&&)`. Without the lock.
  template <class Sink>
  [[gnu::always_inline]] ring_answer pop(Sink&& sink) noexcept {
    const view s = slots_.look();
    const claim c = claim_pop(s, 1);
    if (c.answer != ring_answer::done) return c.answer;
    s.expect_behind(s.at(c.first));
    drain(s, c.first, sink);
    announce();
    return c.answer;
  }

  // The same for up to `n` adjacent elements, from `first` on, with one claim; how many is 0 where push would not be done.
  template <class It>
  std::size_t push_n(It& first, std::size_t n) noexcept {
    const view s = slots_.look();
    const claim c = claim_push(s, n);
    std::uint64_t pos = c.first;
    for (std::size_t i = 0; i != c.count; ++i, pos = s.position.next(pos)) fill(s, pos, *first), ++first;
    if (c.count != 0) announce();
    return c.count;
  }
  template <class Sink>
  std::size_t pop_n(std::size_t n, Sink&& sink) noexcept {
    const view s = slots_.look();
    const claim c = claim_pop(s, n);
    std::uint64_t pos = c.first;
    for (std::size_t i = 0; i != c.count; ++i, pos = s.position.next(pos)) drain(s, pos, sink);
    if (c.count != 0) announce();
    return c.count;
  }

  // After `busy`: attempts until the answer is another one, asleep while the peer needs long. Without the lock.
  template <class Attempt>
  ring_answer settle(Attempt attempt) {
    for (;;) {
      const auto key = unfinished_.prepare();
      ring_answer a = attempt();
      if (a == ring_answer::busy) {
        Platform::fence_heavy();  // [unfinished] <- announce
        a = attempt();
      }
      if (a != ring_answer::busy) return a;
      unfinished_.wait(key, Platform::no_deadline, {});
    }
  }

  // Whether push, or pop, would answer `busy`, or would have a moment ago.
  bool push_is_busy() noexcept {
    const view s = slots_.look();
    const std::uint64_t pos = tail_.load(std::memory_order_relaxed) & ~mark;
    return turn_at(s, pos) < 0 && (head_.load(std::memory_order_relaxed) & ~mark) != s.position.lap_before(pos);
  }
  bool pop_is_busy() noexcept {
    const std::uint64_t pos = head_.load(std::memory_order_relaxed) & ~mark;
    return turn_at(slots_.look(), pos) <= 0 && (tail_.load(std::memory_order_relaxed) & ~mark) != pos;
  }

  // Guesses: whether a pop, or a push, would find no element, or no room. Of a look that is not in vain every line is one
  // that the operation needs anyway; a look at the other side's word would take it from whoever is writing it.
  bool looks_empty() noexcept {
    const std::uint64_t pos = head_.load(std::memory_order_relaxed) & ~mark;
    return turn_at(slots_.look(), pos) != filled;
  }
  bool looks_full() noexcept {
    const std::uint64_t pos = tail_.load(std::memory_order_relaxed) & ~mark;
    return turn_at(slots_.look(), pos) != 0;
  }

  // Under the lock, pops barred: whether the element at the head is there, and not only promised.
  bool front_is_filled() noexcept {
    const std::uint64_t pos = head_.load(std::memory_order_relaxed) & ~mark;
    return turn_at(slots_.look(), pos) == filled;
  }
  // Under the lock, pops barred, the front filled: takes the element at the head; without letting anybody in between
  // puts `v` at the tail.
  template <class Sink>
  void exchange_front(Sink&& sink, T& v) noexcept {
    const view s = slots_.look();
    const std::uint64_t head = head_.load(std::memory_order_relaxed) & ~mark;
    const std::uint64_t word = tail_.load(std::memory_order_relaxed);
    const std::uint64_t tail = word & ~mark;  // marked if it is closed, and without a bound
    head_.store(s.position.next(head) | mark, std::memory_order_relaxed);
    tail_.store(s.position.next(tail) | (word & mark), std::memory_order_relaxed);
    slot& at = s.at(head);
    sink(std::move(at.cell.value()));
    std::destroy_at(std::addressof(at.cell.value()));
    fill(s, tail, std::move(v));
    announce();
  }
  // Under the lock, pops barred, the front filled: takes the element at the head.
  template <class Sink>
  void pop_barred(Sink&& sink) noexcept {
    const view s = slots_.look();
    const std::uint64_t head = head_.load(std::memory_order_relaxed) & ~mark;
    head_.store(s.position.next(head) | mark, std::memory_order_seq_cst);  // [order] -> push
    drain(s, head, sink);
    announce();
  }
  // Under the lock, pushes barred: puts `v` at the tail of the empty ring; busy while the slot is not left yet.
  ring_answer push_barred(T& v) noexcept {
    const view s = slots_.look();
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed) & ~mark;
    if (turn_at(s, tail) != 0) return ring_answer::busy;
    tail_.store(s.position.next(tail) | mark, std::memory_order_seq_cst);  // [order] -> pop, [seen] -> push
    fill(s, tail, std::move(v));
    announce();
    return ring_answer::done;
  }

 private:
  static constexpr std::uint64_t filled = 1;  // the state of a slot, in the low bits of its turn; 0 is writable

  // Adjacent positions from `first` on; none unless done.
  struct claim {
    std::uint64_t first;
    std::size_t count;
    ring_answer answer;
  };
  // Claims the tail, and up to want - 1 positions behind it.
  [[gnu::always_inline]] claim claim_push(const view& s, std::size_t want) noexcept {
    std::uint64_t pos = next_push_.load(std::memory_order_relaxed);
    for (back_off<Platform> others;;) {
      if ((pos & mark) != 0) return {pos, 0, ring_answer::barred};
      std::size_t count = 0;
      std::uint64_t end = pos;
      std::int64_t ahead = 0;  // of the first slot that is not ours to write
      while (count != want && (ahead = turn_at(s, end)) == 0) ++count, end = s.position.next(end);
      if (count != 0) {
        next_push_.store(end, std::memory_order_relaxed);  // before the CAS, which then brings the line for both
        std::uint64_t seen = pos;  // its own variable: pos then does not depend on the CAS
        if (tail_.compare_exchange_weak(seen, end, std::memory_order_seq_cst,  // [order] [seen] -> all
                                        std::memory_order_relaxed))
          return {pos, count, ring_answer::done};
        if ((seen & mark) != 0) [[unlikely]] {  // barred: nobody took it, so nobody is to be left alone
          next_push_.store(seen & ~mark, std::memory_order_relaxed);  // who pushes once the bar is lifted begins here
          return {seen, 0, ring_answer::barred};
        }
        pos = others.after_a_while(seen);
      } else if (ahead < 0) {  // the last lap's element is still there, or its pop has not finished
        const std::uint64_t now = tail_.load(std::memory_order_seq_cst);  // [order] <- bar_pushes, [seen] <- push
        const std::uint64_t head = head_.load(std::memory_order_seq_cst) & ~mark;  // [order] <- pop
        if (now == pos) return {pos, 0, head == s.position.lap_before(pos) ? ring_answer::none : ring_answer::busy};
        pos = now;
      } else {
        pos = tail_.load(std::memory_order_relaxed);
      }
    }
  }
  // Claims the head, and up to want - 1 positions behind it.
  [[gnu::always_inline]] claim claim_pop(const view& s, std::size_t want) noexcept {
    std::uint64_t pos = next_pop_.load(std::memory_order_relaxed);
    for (back_off<Platform> others;;) {
      if ((pos & mark) != 0) return {pos, 0, ring_answer::barred};
      std::size_t count = 0;
      std::uint64_t end = pos;
      std::int64_t ahead = filled;  // of the last slot that was looked at
      while (count != want && (ahead = turn_at(s, end)) == filled) ++count, end = s.position.next(end);
      if (count != 0) {
        next_pop_.store(end, std::memory_order_relaxed);
        std::uint64_t seen = pos;  // as in claim_push
        if (head_.compare_exchange_weak(seen, end, std::memory_order_seq_cst,  // [order] [seen] -> all
                                        std::memory_order_relaxed))
          return {pos, count, ring_answer::done};
        if ((seen & mark) != 0) [[unlikely]] {
          next_pop_.store(seen & ~mark, std::memory_order_relaxed);
          return {seen, 0, ring_answer::barred};
        }
        pos = others.after_a_while(seen);
      } else if (ahead <= 0) {  // not filled yet: nobody claimed it, or its push has not finished
        const std::uint64_t now = head_.load(std::memory_order_acquire);  // [seen] <- pop, let_pops
        const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);  // [order] <- push, bar_pushes
        if (now == pos && tail == pos) return {pos, 0, ring_answer::none};
        if (now == pos && tail == (pos | mark)) return {pos, 0, ring_answer::barred};
        const std::uint64_t last = head_.load(std::memory_order_relaxed);
        if (now == pos && last == pos) return {pos, 0, ring_answer::busy};
        pos = last;
      } else {
        pos = head_.load(std::memory_order_relaxed);
      }
    }
  }

  // How far the slot's turn is ahead of "writable in the lap of `pos`".
  static std::int64_t turn_at(const view& s, std::uint64_t pos) noexcept {
    return s.ahead(s.at(pos).turn.load(std::memory_order_acquire), pos);  // [full] <- fill, [empty] <- drain
  }
  // Of a claimed slot.
  template <class From>
  [[gnu::always_inline]] void fill(const view& s, std::uint64_t pos, From&& from) noexcept {
    slot& at = s.at(pos);
    std::construct_at(at.cell.storage(), std::forward<From>(from));
    at.turn.store(s.position.lap(pos) + filled, std::memory_order_release);  // [full] -> pop
  }
  template <class Sink>
  [[gnu::always_inline]] void drain(const view& s, std::uint64_t pos, Sink& sink) noexcept {
    slot& at = s.at(pos);
    T& element = at.cell.value();
    sink(std::move(element));
    std::destroy_at(std::addressof(element));
    at.turn.store(s.position.lap_after(s.position.lap(pos)), std::memory_order_release);  // [empty] -> push
  }
  // A slot was finished: whoever saw it unfinished may sleep.
  [[gnu::always_inline]] void announce() noexcept {
    Platform::fence_light();  // [unfinished] -> settle
    unfinished_.notify_all();
  }

  // Written by nobody after construction, but for the rare sleeper.
  alignas(cache_line) slots slots_;
  event_count<Platform> unfinished_;
};

}  // namespace sluice::detail
