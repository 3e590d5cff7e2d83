// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_lines: a channel under its lock: the buffer, the two lines of waiters, and the protocol between them.
//
// Who finds a waiter in line serves it: a push hands its element to the first pop, straight into that one's frame, which
// takes no lock once that is claimed; a pop takes the element at the head and lets the first push put its own at the
// tail, or takes it straight from that one's frame. So waiters are served first come, first served, and nobody passes
// them: with the line not empty, the bar of chan_words sends everybody here.
//
// In a channel without a bound nobody waits to push: an element for which the buffer has no room takes its place in the
// line alone, in a node of its own (chan_store), and its push is over.
//
// Invariants (under the lock)
//   1. receivers_ is not empty => the ring is empty and pushes are barred; senders_ is not empty => the ring is full and
//      pops are barred; without a buffer they are not both occupied, but by nodes whose waiter was served elsewhere or
//      is the same select. A line that becomes empty lifts its bar.
//   2. Closed => no waiter is in line, pushes are barred and nobody lines up any more.
//
// Edges: those of chan_ring, chan_gate and waiter.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/chan_count.hpp>
#include <sluice/detail/chan_gate.hpp>
#include <sluice/detail/chan_ring.hpp>
#include <sluice/detail/chan_store.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// How many elements a channel has room for; without a bound, how many in its buffer.
struct chan_room {
  std::size_t capacity = 0;
  bool unbounded = false;
  // Of the buffer. Without a bound there always is one: beside none a push would wait, as at a rendezvous.
  std::size_t near() const noexcept { return unbounded && capacity == 0 ? 1 : capacity; }
};

// How many elements the buffer of a channel without a bound has room for: a few cache lines' worth, or one.
template <class T>
inline constexpr std::size_t near_by = sizeof(T) >= 4096 ? 1
                                       : sizeof(T) <= 64 ? 64
                                                         : 4096 / sizeof(T);

template <class T, class Platform>
class chan_lines : public chan_gate<Platform> {
 public:
  using gate = chan_gate<Platform>;
  using node = wait_node<Platform>;
  using party = waiter<Platform>;
  using cell = typename Platform::template cell<T>;
  using locked = typename gate::locked;
  using ring = std::conditional_t<holds_nothing<T>, chan_count<T, Platform>, chan_ring<T, Platform>>;

  // Without a buffer if there is no room.
  chan_lines(chan_room room, first_lap first)
      : gate(room.near() != 0),
        buffered_(room.near() != 0),
        unbounded_(room.unbounded),
        ring_(buffered_ ? checked_capacity("sluice::make_chan", room.near(), ring::max_capacity()) : 1, first,
              !buffered_) {}
  ~chan_lines() {
    if (!unbounded_ || this->senders_.empty()) return;
    while (node* const n = this->senders_.take(nullptr)) store_.drop(*n);
    ring_.let_pops();
  }

  std::size_t capacity() const noexcept {
    return unbounded_ ? std::numeric_limits<std::size_t>::max() : buffered_ ? ring_.capacity() : 0;
  }
  std::size_t size() const noexcept { return buffered_ ? ring_.size() + store_.size() : 0; }

  // False if it was closed before.
  bool close() {
    claimed_nodes<Platform> refused;
    const bool was_open = close(refused);
    refused.ring();
    return was_open;
  }
  // The same for a caller that holds other locks, and rings those who are refused once it holds none.
  bool close(claimed_nodes<Platform>& refused) {
    const locked held(this->lock_);
    if (this->is_closed()) return false;
    if (buffered_)
      ring_.bar_pushes();
    else
      show_senders(true), show_receivers(true);  // so that everybody comes here
    this->mark_closed();
    while (node* const n = this->receivers_.take(nullptr)) refused.add(*n);
    if (!unbounded_ && !this->senders_.empty()) {
      if (buffered_) ring_.let_pops();
      while (node* const n = this->senders_.take(nullptr)) refused.add(*n);
    }
    return true;
  }

  // What was handed over moves on to its reader.
  template <class Out>
  static void take_from(cell& element, Out& out) {
    T& v = element.value();
    out.emplace(std::move(v));
    std::destroy_at(std::addressof(v));
  }

  // The rest is under the lock, for select too, whose waiter is `self`. Each may name, in `served`, a node whose owner
  // the caller has to ring once it holds no lock.

  // success, full, closed, or busy (then settle, without the lock).
  conqueue_status push_locked(T& v, node*& served, const party* self) {
    bool alone = false;
    const conqueue_status s = push_or_claim(v, served, alone, self);
    if (served != nullptr) hand_over(v, *served, alone);
    return s;
  }
  // The same, but that who is `served` gets the element from the caller, by hand_over, which needs no lock; `alone`: as
  // has_one_alone said of it.
  conqueue_status push_or_claim(T& v, node*& served, bool& alone, const party* self) {
    if (this->is_closed()) return conqueue_status::closed;
    if (!this->receivers_.empty()) {
      alone = this->receivers_.has_one_alone();
      served = this->receivers_.take(self);
      if (this->receivers_.empty() && !stays_shown(alone)) no_more_receivers();
      if (served != nullptr) return conqueue_status::success;
      if (buffered_ && !this->receivers_.empty()) return status(ring_.push_barred(v), conqueue_status::full);
    }
    return !buffered_   ? conqueue_status::full
           : unbounded_ ? push_or_store(v)
                        : status(ring_.push(v), conqueue_status::full);
  }
  // success, empty, closed, or busy.
  template <class Out>
  conqueue_status pop_locked(Out& out, node*& served, const party* self) {
    if (!this->senders_.empty()) {
      if (buffered_ && !ring_.front_is_filled()) return conqueue_status::busy;
      const bool alone = this->senders_.has_one_alone();
      served = this->senders_.take(self);
      if (served != nullptr) take_over(out, *served);
      const bool last = this->senders_.empty();
      if (last && !stays_shown(alone)) no_more_senders();
      if (served != nullptr) return forget_stored(served), conqueue_status::success;
      if (buffered_ && !last) return ring_.pop_barred(into(out)), conqueue_status::success;
    }
    if (!buffered_) return this->is_closed() ? conqueue_status::closed : conqueue_status::empty;
    const ring_answer a = ring_.pop(into(out));
    if (a == ring_answer::barred && this->is_closed()) return conqueue_status::closed;
    return status(a, conqueue_status::empty);
  }
  // After `full` or `empty`: false if that is no longer so, and then there is no node in line.
  bool line_up_sender(node& n) {
    if (buffered_ && !ring_.bar_pops_if_full()) return false;
    if (!buffered_) show_senders(true);
    this->senders_.append(n);
    return true;
  }
  bool line_up_receiver(node& n) {
    if (buffered_ && !ring_.bar_pushes_if_empty()) return false;
    if (!buffered_) show_receivers(true);
    this->receivers_.append(n);
    return true;
  }
  // After `full` or `empty`, by who does not line up.
  void found_no_receiver() {
    if (!buffered_) no_more_receivers();
  }
  void found_no_sender() {
    if (!buffered_) no_more_senders();
  }
  // False if somebody has claimed or unlinked it.
  bool leave_senders(node& n) {
    if (!this->senders_.holds(n)) return false;
    this->senders_.unlink(n);
    if (this->senders_.empty()) no_more_senders();
    return true;
  }
  bool leave_receivers(node& n) {
    if (!this->receivers_.holds(n)) return false;
    this->receivers_.unlink(n);
    if (this->receivers_.empty()) no_more_receivers();
    return true;
  }

  // Guesses, for a select with several cases: whether an attempt would be in vain. What is closed never is.
  [[gnu::always_inline]] bool push_is_hopeless() noexcept {
    if (!buffered_) return ring_.push_hint(false).hopeless();
    return !unbounded_ && ring_.looks_full() && !this->is_closed();
  }
  [[gnu::always_inline]] bool pop_is_hopeless() noexcept {
    if (!ring_.looks_empty()) return false;
    return this->buffer_decides() || (!buffered_ && ring_.pop_hint(false).hopeless());
  }
  // The same from two words, whatever the channel's type is.
  ring_hint<Platform> push_hint() noexcept { return unbounded_ ? ring_.no_hint() : ring_.push_hint(buffered_); }
  ring_hint<Platform> pop_hint() noexcept { return ring_.pop_hint(buffered_); }

 protected:
  static void hand_over(T& v, node& receiver, bool alone) {
    if (alone) {
      auto& to = lone_node<Platform, cell>::of(receiver);
      std::construct_at(to.cell.storage(), std::move(v));
      to.told.store(true);
    } else {
      std::construct_at(static_cast<cell*>(receiver.element)->storage(), std::move(v));
      receiver.served.store(true);
    }
  }
  // A sink that moves the element into an optional or expected.
  template <class Out>
  static auto into(Out& out) noexcept {
    return [&out](T&& v) noexcept { out.emplace(std::move(v)); };
  }
  static constexpr conqueue_status status(ring_answer a, conqueue_status none) noexcept {
    return a == ring_answer::done ? conqueue_status::success : a == ring_answer::busy ? conqueue_status::busy : none;
  }

  // Looked at before the lock is taken, and so not on its line, which would have to come twice.
  alignas(cache_line) const bool buffered_;
  const bool unbounded_;

 private:
  chan_store<T, Platform> store_;

 protected:
  ring ring_;

 private:
  // Without a buffer, where a plain push or pop was served, the next one of its kind lines up most often before anybody looks: so what
  // is shown stays, until somebody looks in vain.
  bool stays_shown(bool alone) const noexcept { return alone && !buffered_; }
  void show_senders(bool some) {
    if (this->senders_.shown.load() == some) return;
    this->senders_.shown.store(some);
    ring_.show_senders(some);
  }
  void show_receivers(bool some) {
    if (this->receivers_.shown.load() == some) return;
    this->receivers_.shown.store(some);
    ring_.show_receivers(some);
  }
  void no_more_senders() {
    if (buffered_)
      ring_.let_pops();
    else
      show_senders(false);
  }
  void no_more_receivers() {
    if (buffered_)
      ring_.let_pushes();
    else
      show_receivers(false);
  }

  template <class Out>
  void take_over(Out& out, node& sender) {
    T& v = *static_cast<T*>(sender.element);
    if (buffered_)
      ring_.exchange_front(into(out), v);
    else
      out.emplace(std::move(v));
    sender.served.store(true);
  }

  // Without a bound.
  conqueue_status push_or_store(T& v) {
    for (;;) {
      const conqueue_status s = status(ring_.push(v), conqueue_status::full);
      if (s != conqueue_status::full) return s;
      if (ring_.bar_pops_if_full()) return store(v), conqueue_status::success;
    }
  }
  void store(T& v) {
    try {
      this->senders_.append(store_.put(v));
    } catch (...) {
      if (this->senders_.empty()) no_more_senders();
      throw;
    }
  }
  // Nobody is to be rung for an element that stood in line alone.
  void forget_stored(node*& served) {
    if (unbounded_) store_.drop(*std::exchange(served, nullptr));
  }
};

}  // namespace sluice::detail
