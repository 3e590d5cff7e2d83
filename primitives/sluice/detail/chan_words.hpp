// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_words: the two index words of a channel's buffer, each with a mark that sends the other side to the channel's
// lock. Nobody pays for waiting that does not happen: the mark rides in the word that a push or a pop reads anyway and
// that its CAS checks.
//
//   tail_ marked: pushes are barred    because pops wait in line (and then the ring is empty), or it is closed
//   head_ marked: pops are barred      because pushes wait in line (and then the ring is full)
//
// A channel without a buffer is barred for good; there the words only tell whether somebody may be in line: head_ whether
// pops may, or one may sit, tail_ whether pushes may, or it is closed. They are left as they are when the last one is served, or gives its
// seat up, until somebody looks in vain.
//
// With a buffer every write of the two words that is made here is a read-modify-write, for chan_count's sake.
//
// Invariant: bar_pushes_if_empty marks the tail in the very step that shows it equal to the head, and bar_pops_if_full
// the head a lap behind the tail: a bar is never set beside an element, or room, that somebody could have had.
//
// Edges: chan_ring's.
// Relaxed: a bar tells nothing but to take the lock, and under it a marked word is the holder's own; where the next push or
// pop is likely to find its word is a guess, which its CAS confirms.
#include <cstddef>
#include <cstdint>

#include <sluice/detail/patience.hpp>
#include <sluice/detail/ring_hint.hpp>
#include <sluice/detail/ring_position.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// How an attempt ended. none: full or empty. busy: a peer is in the middle of the slot that is needed: see settle.
enum class ring_answer : std::uint8_t { done, none, busy, barred };

template <class Platform>
class chan_words {
 public:
  // Barred for good if `barred`: a channel without a buffer, whose slots nobody uses.
  chan_words(const ring_position& position, std::uint64_t start, bool barred)
      : tail_(start | (barred ? mark : 0)),
        next_push_(start | (barred ? mark : 0)),
        head_(start | (barred ? mark : 0)),
        next_pop_(start | (barred ? mark : 0)),
        position_(position),
        idle_(start | mark) {}
  chan_words(chan_words&&) = delete;

  // How many positions were claimed by pushes and not by pops a moment ago.
  std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed) & ~mark;
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed) & ~mark;
    const std::size_t laps = position_.lap(tail) == position_.lap(head) ? 0 : position_.capacity();
    const std::size_t n = laps + position_.index(tail) - position_.index(head);
    return n > position_.capacity() ? position_.capacity() : n;  // head and tail were not read at one time
  }

  // With a buffer: pushes again, or pops, before the caller stands in line: a peer on another CPU usually needs less time
  // than a sleep costs. True once done.
  template <class Attempt>
  bool push_again(Attempt attempt) {
    return again(push_patience_, attempt, [this] { return position_.capacity() - size(); });
  }
  template <class Attempt>
  bool pop_again(Attempt attempt) {
    return again(pop_patience_, attempt, [this] { return size(); });
  }

  // Without a buffer. Under the lock: whether pushes, or pops, may be in line now. Without it: whether a pop, or a push, finds
  // nobody in line (there may be somebody at the seat), in a channel that is open.
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
    return {&head_, &tail_, position_.lap_after(0)};
  }

  // None: always worth it.
  hint no_hint() noexcept { return {&idle_, &idle_, 1}; }

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
    const std::uint64_t full = position_.lap_before(tail_.load(std::memory_order_relaxed));
    std::uint64_t seen = full;
    return head_.compare_exchange_weak(seen, full | mark, std::memory_order_relaxed, std::memory_order_relaxed) ||
           seen == (full | mark);
  }
  // Under the lock, where it is barred.
  void let_pushes() noexcept {
    tail_.fetch_and(~mark, std::memory_order_relaxed);  // what push_barred showed goes on in its release sequence
  }
  void let_pops() noexcept {
    head_.fetch_and(~mark, std::memory_order_release);  // [seen] -> pop
  }
  // Under the lock, for good: no push claims a position afterwards.
  void bar_pushes() noexcept { tail_.fetch_or(mark, std::memory_order_seq_cst); }  // [order] -> pop

 protected:
  static constexpr std::uint64_t mark = ring_position::mark;
  ~chan_words() = default;

  // Written by pushes; tail_ under the lock while barred. next_push_ is where a claim that is under way leaves the tail, if
  // it succeeds: the next push of the same thread begins there, and need not wait until the processor is done with the CAS,
  // which a load of the same word would have to. A claim that meets a bar puts it back. It bears the mark only where pushes
  // are barred for good. (Of chan_count: where the head was when a push looked there last.)
  alignas(cache_line) typename Platform::template atomic<std::uint64_t> tail_;
  typename Platform::template atomic<std::uint64_t> next_push_;
  patience<Platform> push_patience_;
  // Written by pops; head_ under the lock while barred. next_pop_ is as next_push_.
  alignas(cache_line) typename Platform::template atomic<std::uint64_t> head_;
  typename Platform::template atomic<std::uint64_t> next_pop_;
  patience<Platform> pop_patience_;

  // Written by nobody after construction.
  alignas(cache_line) const ring_position position_;

 private:
  template <class Attempt, class AtHand>
  bool again(patience<Platform>& mood, Attempt& attempt, AtHand at_hand) {
    if (Platform::cpus() == 1) return false;
    ring_answer a = ring_answer::none;
    const auto decided = [&] {
      a = attempt();
      return a == ring_answer::done || a == ring_answer::barred;  // barred: somebody is in line, or it is closed
    };
    // Half of it: who lets more build up finds that the peer waits in its turn.
    mood.wait(decided, at_hand, position_.capacity() / 2);
    return a == ring_answer::done;
  }

  // What a word of a channel without a buffer says: a lap further where somebody is in line, which is still the position of
  // a slot, for who looks there.
  std::uint64_t shown(bool some) const noexcept {
    return idle_.load(std::memory_order_relaxed) + (some ? position_.lap_after(0) : 0);
  }

  typename Platform::template atomic<std::uint64_t> idle_;
};

}  // namespace sluice::detail
