// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_ring: the buffer of a channel: mpmc_ring's slots and positions, with a mark in each of the two index words that
// sends the other side to the channel's lock. Nobody pays for waiting that does not happen: the mark rides in the word
// that a push or a pop reads anyway and that its CAS checks.
//
//   tail_ marked: pushes are barred    because pops wait in line (and then the ring is empty), or it is closed
//   head_ marked: pops are barred      because pushes wait in line (and then the ring is full)
//
// A channel without a buffer is barred for good; there the words only tell whether somebody is in line: head_ whether
// pops are, tail_ whether pushes are, or it is closed.
//
// `push` and `pop` need no lock. What says "under the lock" is for the holder of the channel's lock alone.
//
// Invariants
//   1. mpmc_ring's 1 and 2: head <= tail <= head + capacity in positions (but between the two stores of exchange_front),
//      and a slot belongs to the claimant whose turn it is.
//   2. While a word is marked, nobody but the holder of the lock writes it: a claim's CAS expects no mark.
//   3. bar_pushes_if_empty marks the tail in the very step that shows it equal to the head, and bar_pops_if_full the
//      head a lap behind the tail: a bar is never set beside an element, or room, that somebody could have had.
//
// Edges (release -> acquire)
//   [full]    push -> pop    constructed before moved out
//   [empty]   pop -> push    destroyed before overwritten
//   [order]   claims, close, what shows a line, and the loads that answer full, empty or nobody are seq_cst: forbids that
//             of two threads each pushes into one ring and finds the other empty (store buffering)
//   [seen]    claim, let_* -> whoever answers full or empty   as in mpmc_ring
//   [unfinished]  announce -> settle   a claimed slot is finished by a release store only; announce's fence_light and
//             settle's fence_heavy stand between it and event_count's bit: forbids a sleeper beside a slot that was
//             finished after its look and announced before its bit (store buffering)
// Relaxed: other loads of tail_ and head_ and failed CASes guess a position that one of those then confirms. A bar tells
// nothing but to take the lock, and under it a marked word is the holder's own; exchange_front leaves the ring as full as
// it was, and the positions are shown by let_pops.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/detail/capacity.hpp>
#include <sluice/detail/event_count.hpp>
#include <sluice/detail/ring_hint.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/detail/ring_slots.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// How an attempt ended. none: full or empty. busy: a peer is in the middle of the slot that is needed: see settle.
enum class ring_answer : std::uint8_t { done, none, busy, barred };

template <class T, class Platform>
class chan_ring {
  using slots = ring_slots<T, typename Platform::template allocator<T>, Platform>;
  using slot = typename slots::slot;
  using view = typename slots::view;

 public:
  // Barred for good if `barred`: a channel without a buffer, whose every operation takes the lock.
  chan_ring(std::size_t capacity, first_lap first, bool barred)
      : slots_(capacity, first, {}),
        idle_(slots_.start(first) | mark),
        tail_(slots_.start(first) | (barred ? mark : 0)),
        head_(slots_.start(first) | (barred ? mark : 0)) {}
  chan_ring(chan_ring&&) = delete;
  // Destroys what is inside. No other operation may run or follow.
  ~chan_ring() {
    if ((head_.load(std::memory_order_relaxed) & mark) != 0) return;  // a closed channel bars no pops
    while (pop([](T&&) noexcept {}) == ring_answer::done) continue;
  }

  static constexpr std::size_t max_capacity() noexcept { return max_slots(sizeof(slot)); }
  std::size_t capacity() const noexcept { return slots_.capacity(); }
  // How many positions were claimed by pushes and not by pops a moment ago.
  std::size_t size() const noexcept {
    const ring_position& position = slots_.position();
    const std::uint64_t head = head_.load(std::memory_order_relaxed) & ~mark;
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed) & ~mark;
    const std::size_t laps = position.lap(tail) == position.lap(head) ? 0 : capacity();
    const std::size_t n = laps + position.index(tail) - position.index(head);
    return n > capacity() ? capacity() : n;  // head and tail were not read at one time
  }

  // Moves `v` in, or leaves it alone. Without the lock.
  [[gnu::always_inline]] ring_answer push(T& v) noexcept {
    const view s = slots_.look();
    std::uint64_t pos = tail_.load(std::memory_order_relaxed);
    for (;;) {
      if ((pos & mark) != 0) return ring_answer::barred;
      const std::int64_t ahead = turn_at(s, pos);
      if (ahead == 0) {
        std::uint64_t seen = pos;  // its own variable: pos then does not depend on the CAS
        if (tail_.compare_exchange_weak(seen, s.position.next(pos), std::memory_order_seq_cst,  // [order] [seen] -> all
                                        std::memory_order_relaxed)) {
          fill(s, pos, v);
          announce();
          return ring_answer::done;
        }
        pos = seen;
      } else if (ahead < 0) {  // the last lap's element is still there, or its pop has not finished
        const std::uint64_t now = tail_.load(std::memory_order_seq_cst);  // [order] <- bar_pushes, [seen] <- push
        const std::uint64_t head = head_.load(std::memory_order_seq_cst) & ~mark;  // [order] <- pop
        if (now == pos) return head == s.position.lap_before(pos) ? ring_answer::none : ring_answer::busy;
        pos = now;
      } else {
        pos = tail_.load(std::memory_order_relaxed);
      }
    }
  }

  // Hands the element at the head to `sink(T&&)`. Without the lock.
  template <class Sink>
  [[gnu::always_inline]] ring_answer pop(Sink&& sink) noexcept {
    const view s = slots_.look();
    std::uint64_t pos = head_.load(std::memory_order_relaxed);
    for (;;) {
      if ((pos & mark) != 0) return ring_answer::barred;
      const std::int64_t ahead = turn_at(s, pos);
      if (ahead == filled) {
        std::uint64_t seen = pos;  // as in push
        if (head_.compare_exchange_weak(seen, s.position.next(pos), std::memory_order_seq_cst,  // [order] [seen] -> all
                                        std::memory_order_relaxed)) {
          drain(s, pos, sink);
          announce();
          return ring_answer::done;
        }
        pos = seen;
      } else if (ahead <= 0) {  // not filled yet: nobody claimed it, or its push has not finished
        const std::uint64_t now = head_.load(std::memory_order_acquire);  // [seen] <- pop, let_pops
        const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);  // [order] <- push, bar_pushes
        if (now == pos && tail == pos) return ring_answer::none;
        if (now == pos && tail == (pos | mark)) return ring_answer::barred;
        const std::uint64_t last = head_.load(std::memory_order_relaxed);
        if (now == pos && last == pos) return ring_answer::busy;
        pos = last;
      } else {
        pos = head_.load(std::memory_order_relaxed);
      }
    }
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

  // Without a buffer. Under the lock: whether pushes, or pops, are in line now. Without it: whether a pop, or a push, finds
  // nobody, in a channel that is open.
  void show_senders(bool some) noexcept {
    tail_.store(shown(some), std::memory_order_seq_cst);  // [order] -> no_senders
  }
  void show_receivers(bool some) noexcept {
    head_.store(shown(some), std::memory_order_seq_cst);  // [order] -> no_receivers
  }
  bool no_senders() const noexcept {
    return tail_.load(std::memory_order_seq_cst) == shown(false);  // [order] <- show_senders
  }
  bool no_receivers() const noexcept {
    return head_.load(std::memory_order_seq_cst) == shown(false);  // [order] <- show_receivers
  }

  // For a select with several cases: what a look at two words tells of a case that is not worth an attempt.
  using hint = ring_hint<Platform>;
  hint pop_hint(bool buffered) noexcept { return {buffered ? &head_ : &idle_, &tail_, 0}; }
  hint push_hint(bool buffered) noexcept {
    if (!buffered) return {&idle_, &head_, 0};
    return {&head_, &tail_, slots_.position().lap_after(0)};
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

  // Under the lock. Bars pushes if the ring is empty and pushes are not barred yet; true if they are barred now, false
  // if they are not, or for no reason.
  bool bar_pushes_if_empty() noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    std::uint64_t seen = head;
    return tail_.compare_exchange_weak(seen, head | mark, std::memory_order_relaxed, std::memory_order_relaxed) ||
           seen == (head | mark);
  }
  // Under the lock. Bars pops if the ring is full and pops are not barred yet; true if they are barred now.
  bool bar_pops_if_full() noexcept {
    const std::uint64_t full = slots_.position().lap_before(tail_.load(std::memory_order_relaxed));
    std::uint64_t seen = full;
    return head_.compare_exchange_weak(seen, full | mark, std::memory_order_relaxed, std::memory_order_relaxed) ||
           seen == (full | mark);
  }
  // Under the lock, where it is barred.
  void let_pushes() noexcept {
    tail_.store(tail_.load(std::memory_order_relaxed) & ~mark, std::memory_order_release);  // [seen] -> push
  }
  void let_pops() noexcept {
    head_.store(head_.load(std::memory_order_relaxed) & ~mark, std::memory_order_release);  // [seen] -> pop
  }
  // Under the lock, for good: no push claims a position afterwards.
  void bar_pushes() noexcept { tail_.fetch_or(mark, std::memory_order_seq_cst); }  // [order] -> pop

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
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    head_.store(s.position.next(head) | mark, std::memory_order_relaxed);
    tail_.store(s.position.next(tail), std::memory_order_relaxed);
    slot& at = s.at(head);
    sink(std::move(at.cell.value()));
    std::destroy_at(std::addressof(at.cell.value()));
    fill(s, tail, v);
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
    tail_.store(s.position.next(tail) | mark, std::memory_order_seq_cst);  // [order] -> pop
    fill(s, tail, v);
    announce();
    return ring_answer::done;
  }

 private:
  static constexpr std::uint64_t mark = ring_position::mark;
  static constexpr std::uint64_t in_line = 2;  // beside the mark
  static constexpr std::uint64_t filled = 1;  // the state of a slot, in the low bits of its turn; 0 is writable

  // What a word of a channel without a buffer says.
  std::uint64_t shown(bool some) const noexcept { return idle_.load(std::memory_order_relaxed) + (some ? in_line : 0); }
  // How far the slot's turn is ahead of "writable in the lap of `pos`".
  static std::int64_t turn_at(const view& s, std::uint64_t pos) noexcept {
    return s.ahead(s.at(pos).turn.load(std::memory_order_acquire), pos);  // [full] <- fill, [empty] <- drain
  }
  // Of a claimed slot.
  [[gnu::always_inline]] void fill(const view& s, std::uint64_t pos, T& v) noexcept {
    slot& at = s.at(pos);
    std::construct_at(at.cell.storage(), std::move(v));
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
  slots slots_;
  typename Platform::template atomic<std::uint64_t> idle_;
  event_count<Platform> unfinished_;
  // Written by pushes; under the lock while barred.
  alignas(cache_line) typename Platform::template atomic<std::uint64_t> tail_;
  // Written by pops; under the lock while barred.
  alignas(cache_line) typename Platform::template atomic<std::uint64_t> head_;
};

}  // namespace sluice::detail
