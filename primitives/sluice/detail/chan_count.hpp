// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_count: the buffer of a channel whose elements are all alike, as signals are: chan_words, and nothing else. What is
// inside is as many as lie between the head and the tail; there is no slot to fill, so nobody is ever in the middle of one.
//
// `push` and `pop` need no lock, and are lock-free; but `barred` is an answer too, and sends who gets it to the lock. What says "under the
// lock" is for the holder of the lock alone.
//
// Invariants
//   1. head <= tail <= head + capacity, in positions.
//   2. Once it is shared, both words are written by read-modify-writes only, unless it is barred for good: so who reads a position has
//      acquired what all those did that moved the word there (release sequence).
//   3. A note is a position that the other side's word has had: so what lies before it is there. It may be an old one.
//
// Edges (release -> acquire)
//   [full]    push -> pop    what was done before the push is visible to who pops that element
//   [empty]   pop -> push    and before the pop, to who pushes into the room that it made
//   [noted]   push -> push, pop -> pop    and to who relies on another one's note of it
//   [order]   seq_cst forbids that of two threads each pushes into one channel and finds the other empty
//   [seen]    push, pop -> whoever answers full or empty   as in mpmc_ring
// Relaxed: other loads of tail_ and head_ and failed CASes guess a position that a CAS or one of those then confirms; under the lock a
// marked word is the holder's own.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <sluice/detail/back_off.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/chan_words.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// Whether one T is as good as another.
template <class T>
inline constexpr bool holds_nothing =
    std::is_empty_v<T> && std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>;

template <class T, class Platform>
class chan_count : public chan_words<Platform> {
  using words = chan_words<Platform>;
  using words::head_;
  using words::mark;
  using words::next_pop_;
  using words::next_push_;
  using words::position_;
  using words::tail_;

 public:
  // Barred for good if `barred`.
  chan_count(std::size_t capacity, first_lap first, bool barred)
      : words(ring_position(capacity), first.value * ring_position(capacity).lap_after(0), barred) {}

  static constexpr std::size_t max_capacity() noexcept { return max_slots(1); }
  std::size_t capacity() const noexcept { return position_.capacity(); }

  // As chan_ring's: here the words are all that there is to look at.
  bool looks_empty() noexcept { return this->pop_hint(true).hopeless(); }
  bool looks_full() noexcept { return this->push_hint(true).hopeless(); }

  // As chan_ring's, but never `busy`.
  ring_answer push(T&) noexcept {
    std::size_t one = 1;
    return claim_push(one);
  }
  template <class Sink>
  ring_answer pop(Sink&& sink) noexcept {
    std::size_t one = 1;
    const ring_answer a = claim_pop(one);
    if (a == ring_answer::done) sink(T());
    return a;
  }
  template <class It>
  std::size_t push_n(It& first, std::size_t n) noexcept {
    if (claim_push(n) != ring_answer::done) return 0;
    for (std::size_t i = 0; i != n; ++i) ++first;
    return n;
  }
  template <class Sink>
  std::size_t pop_n(std::size_t n, Sink&& sink) noexcept {
    if (claim_pop(n) != ring_answer::done) return 0;
    for (std::size_t i = 0; i != n; ++i) sink(T());
    return n;
  }

  // There is no peer to wait for.
  template <class Attempt>
  ring_answer settle(Attempt attempt) {
    return attempt();
  }
  static constexpr bool push_is_busy() noexcept { return false; }
  static constexpr bool pop_is_busy() noexcept { return false; }
  static constexpr bool front_is_filled() noexcept { return true; }

  // Under the lock, pops barred, the ring full: as chan_ring's. It is as full afterwards, and one element is as good as another: so
  // the words stay as they are. (To move one after the other would show room in between, to pushes that need no lock.)
  template <class Sink>
  void exchange_front(Sink&& sink, T&) noexcept {
    static_cast<void>(tail_.load(std::memory_order_acquire));  // [full] <- push
    sink(T());
  }
  template <class Sink>
  void pop_barred(Sink&& sink) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed) & ~mark;
    static_cast<void>(tail_.load(std::memory_order_acquire));  // [full] <- push
    head_.exchange(position_.next(head) | mark, std::memory_order_seq_cst);  // [order] [empty] -> push
    sink(T());
  }
  // Under the lock, pushes barred, the ring empty.
  ring_answer push_barred(T&) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed) & ~mark;
    static_cast<void>(head_.load(std::memory_order_acquire));  // [empty] <- pop
    tail_.exchange(position_.next(tail) | mark, std::memory_order_seq_cst);  // [order] [full] -> pop
    return ring_answer::done;
  }

 private:
  using word = typename Platform::template atomic<std::uint64_t>;

  // Adjacent positions, of which the last one ends at `end`.
  struct stretch {
    std::uint64_t end;
    std::size_t count;
  };
  // From `pos` on, `n` at most, as far as they come before `limit`.
  stretch before(std::uint64_t limit, std::uint64_t pos, std::size_t n) const noexcept {
    stretch s{pos, 0};
    while (s.count != n && ring_position::distance(limit, s.end) > 0) ++s.count, s.end = position_.next(s.end);
    return s;
  }
  // As far as `other`, the other side's word, lets go, which is a lap further for pushes. That word's line is with those who
  // write it; so where the note that lies beside this side's word is enough nobody looks there.
  template <class Limit>
  stretch reach(const word& other, word& note, std::uint64_t pos, std::size_t n, Limit limit) noexcept {
    const std::uint64_t noted = note.load(std::memory_order_acquire);  // [noted] <- reach
    const stretch s = before(limit(noted), pos, n);
    if (s.count == n) return s;
    const std::uint64_t now = other.load(std::memory_order_acquire) & ~mark;  // [empty] <- pop, [full] <- push
    if (now == noted) return s;
    note.store(now, std::memory_order_release);  // [noted] -> reach
    return before(limit(now), pos, n);
  }
  stretch room(std::uint64_t pos, std::size_t n) noexcept {
    return reach(head_, next_push_, pos, n, [this](std::uint64_t head) { return position_.lap_after(head); });
  }
  stretch elements(std::uint64_t pos, std::size_t n) noexcept {
    return reach(tail_, next_pop_, pos, n, [](std::uint64_t tail) { return tail; });
  }

  // Claims the tail and up to n - 1 positions behind it; `n` becomes how many.
  ring_answer claim_push(std::size_t& n) noexcept {
    std::uint64_t pos = tail_.load(std::memory_order_relaxed);
    for (back_off<Platform> others;;) {
      if ((pos & mark) != 0) return ring_answer::barred;
      if (const stretch s = room(pos, n); s.count != 0) {
        if (tail_.compare_exchange_weak(pos, s.end, std::memory_order_seq_cst,  // [order] [seen] [full] -> pop
                                        std::memory_order_relaxed))
          return n = s.count, ring_answer::done;
        pos = others.after_a_while(pos);
      } else {
        const std::uint64_t now = tail_.load(std::memory_order_seq_cst);  // [order] <- bar_pushes, [seen] <- push
        const std::uint64_t last = head_.load(std::memory_order_seq_cst) & ~mark;  // [order] <- pop
        if (now == pos && last == position_.lap_before(pos)) return ring_answer::none;
        pos = now;
      }
    }
  }
  // Claims the head and up to n - 1 positions behind it; `n` becomes how many.
  ring_answer claim_pop(std::size_t& n) noexcept {
    std::uint64_t pos = head_.load(std::memory_order_relaxed);
    for (back_off<Platform> others;;) {
      if ((pos & mark) != 0) return ring_answer::barred;
      if (const stretch s = elements(pos, n); s.count != 0) {
        if (head_.compare_exchange_weak(pos, s.end, std::memory_order_seq_cst,  // [order] [seen] [empty] -> push
                                        std::memory_order_relaxed))
          return n = s.count, ring_answer::done;
        pos = others.after_a_while(pos);
      } else {
        const std::uint64_t now = head_.load(std::memory_order_acquire);  // [seen] <- pop, let_pops
        const std::uint64_t last = tail_.load(std::memory_order_seq_cst);  // [order] <- push, bar_pushes
        if (now == pos && last == pos) return ring_answer::none;
        if (now == pos && last == (pos | mark)) return ring_answer::barred;
        pos = now;
      }
    }
  }
};

}  // namespace sluice::detail
