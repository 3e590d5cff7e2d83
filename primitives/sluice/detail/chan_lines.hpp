// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_lines: a channel under its lock: the buffer, the two lines of waiters, and the protocol between them.
//
// Who finds a waiter in line serves it: a push hands its element to the first pop, straight into that one's frame, which
// takes no lock once that is claimed; a pop takes the element at the head and lets the first push put its own at the
// tail, or takes it straight from that one's frame. So waiters are served first come, first served, and nobody passes
// them: with the line not empty, the bar of chan_words sends everybody here.
//
// Without a buffer the first pop of a thread takes the seat (chan_seat), before the line, where a push serves it without the lock; or
// the first push of a thread does, with its element.
//
// In a channel without a bound nobody waits to push: an element for which the buffer has no room takes its place in the
// line alone, in a node of its own (chan_store), and its push is over.
//
// Invariants (under the lock)
//   1. receivers_ is not empty => the ring is empty and pushes are barred; senders_ is not empty => the ring is full and
//      pops are barred; without a buffer they are not both occupied, but by nodes whose waiter was served elsewhere or
//      is the same select. A line that becomes empty lifts its bar. A pop that sits may be claimed, or a push offers there => it came
//      before all of its kind in line, and nobody of the other kind waits (but a select's node, as above).
//   2. Closed => no waiter is in line or may be claimed at the seat, no push offers there, pushes are barred and nobody lines up or sits
//      down any more.
//
// Edges: those of chan_ring, chan_gate, chan_seat and waiter.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/chan_count.hpp>
#include <sluice/detail/chan_place.hpp>
#include <sluice/detail/chan_ring.hpp>
#include <sluice/detail/chan_room.hpp>
#include <sluice/detail/chan_store.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class chan_lines : public chan_place<T, Platform> {
 public:
  using gate = chan_gate<Platform>;
  using node = wait_node<Platform>;
  using party = waiter<Platform>;
  using served_one = detail::served_one<Platform>;
  using typename chan_place<T, Platform>::cell;
  using locked = typename gate::locked;
  using ring = std::conditional_t<holds_nothing<T>, chan_count<T, Platform>, chan_ring<T, Platform>>;

  // Without a buffer if there is no room.
  chan_lines(chan_room room, first_lap first)
      : chan_place<T, Platform>(room.near() != 0),
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
  // The same for a caller that holds other locks, and rings those in line who are refused once it holds none; who sits is told at once.
  bool close(claimed_nodes<Platform>& refused) {
    const locked held(this->lock_);
    if (this->is_closed()) return false;
    if (buffered_)
      ring_.bar_pushes();
    else
      show_senders(true), show_receivers(true);  // so that everybody comes here
    const bool sits =
        has_seat<T> && !buffered_ && this->seat_.claim();  // before the mark, behind which no push succeeds
    this->mark_closed();
    if (sits || this->seat_.is_offered()) this->seat_.refuse();
    while (node* const n = this->receivers_.take(nullptr)) refused.add(*n);
    if (!unbounded_ && !this->senders_.empty()) {
      if (buffered_) ring_.let_pops();
      while (node* const n = this->senders_.take(nullptr)) refused.add(*n);
    }
    return true;
  }

  // Whom an operation has claimed: who sits; or who is in line, and then `alone` is what has_one_alone said of it.
  struct claimed : served_one {
    bool sits = false;
    bool alone = false;
  };

  // The rest is under the lock, for select too, whose waiter is `self`. Each may name, in `served`, whom the caller has to ring
  // once it holds no lock.

  // success, full, closed, or busy (then settle, without the lock).
  conqueue_status push_locked(T& v, served_one& served, const party* self) {
    claimed who;
    const conqueue_status s = push_or_claim(v, who, self);
    if (who.sits) this->serve(v);
    served.in_line = who.in_line;
    if (who.in_line != nullptr) this->hand_over(v, *who.in_line, who.alone);
    return s;
  }
  // The same, but that who is claimed gets the element from the caller, which needs no lock for it.
  conqueue_status push_or_claim(T& v, claimed& who, const party* self) {
    if (this->is_closed()) return conqueue_status::closed;
    who.sits = has_seat<T> && !buffered_ && this->seat_.seems_open() && this->seat_.claim();
    if (who.sits) return conqueue_status::success;
    if (!this->receivers_.empty()) {
      who.alone = this->receivers_.has_one_alone();
      who.in_line = this->receivers_.take(self);
      if (this->receivers_.empty() && !stays_shown(who.alone)) no_more_receivers();
      if (who.in_line != nullptr) return conqueue_status::success;
      if (buffered_ && !this->receivers_.empty()) return status(ring_.push_barred(v), conqueue_status::full);
    }
    return !buffered_   ? conqueue_status::full
           : unbounded_ ? push_or_store(v)
                        : status(ring_.push(v), conqueue_status::full);
  }
  // success, empty, closed, or busy.
  template <class Out>
  conqueue_status pop_locked(Out& out, served_one& served, const party* self) {
    if (this->take_offer(out, served)) return conqueue_status::success;
    if (!this->senders_.empty()) {
      if (buffered_ && !ring_.front_is_filled()) return conqueue_status::busy;
      const bool alone = this->senders_.has_one_alone();
      node* const n = served.in_line = this->senders_.take(self);
      if (n != nullptr) take_over(out, *n);
      const bool last = this->senders_.empty();
      if (last && !stays_shown(alone)) no_more_senders();
      if (n != nullptr) return forget_stored(served.in_line), conqueue_status::success;
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
    if (!buffered_) show_receivers(true), expect(gate::arrival::nobody);
    this->receivers_.append(n);
    return true;
  }
  // After `empty`, by a pop that is a thread's: whether it sits now, and then has no node in line.
  bool sit_down() {
    if (!has_seat<T> || buffered_ || !this->receivers_.empty() || !this->seat_.is_vacant() || is_task<Platform>())
      return false;
    show_receivers(true), expect(gate::arrival::pop);
    this->seat_.sit();
    return true;
  }
  // After `full`, by a push that is a thread's: whether it waits at the seat now, with its element, and then has no node in line.
  bool offer(const T& v) {
    if (!may_be_offered<T> || buffered_ || !this->senders_.empty() || !this->seat_.is_vacant() || is_task<Platform>())
      return false;
    expect(gate::arrival::offer);
    this->put_on_offer(v);
    return true;
  }
  // By a push that would have waited at the seat: a select (or, a wrong guess, a coroutine) might have found it there, had it looked on.
  void note_who_came(const claimed& who) noexcept {
    if (who.in_line != nullptr && !who.alone && who.in_line->elects) expect(gate::arrival::offer);
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
    if (this->receivers_.empty() && !this->seat_.seems_open()) no_more_receivers();
    return true;
  }

  // Guesses, for a select with several cases: whether an attempt would be in vain. What is closed never is.
  [[gnu::always_inline]] bool push_is_hopeless() noexcept {
    if (!buffered_) return ring_.push_hint(false).hopeless();
    return !unbounded_ && ring_.looks_full() && !this->is_closed();
  }
  [[gnu::always_inline]] bool pop_is_hopeless() noexcept {
    if (!buffered_) return !this->offers() && ring_.pop_hint(false).hopeless();
    return ring_.looks_empty() && this->buffer_decides();
  }
  // The same from two words, whatever the channel's type is.
  ring_hint<Platform> push_hint() noexcept { return unbounded_ ? ring_.no_hint() : ring_.push_hint(buffered_); }
  ring_hint<Platform> pop_hint() noexcept { return ring_.pop_hint(buffered_); }

 protected:
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
  void expect(typename gate::arrival who) noexcept { this->expected_.store(who, std::memory_order_relaxed); }
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
