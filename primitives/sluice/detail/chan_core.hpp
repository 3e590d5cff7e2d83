// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_core: what the handles of one channel share: chan_lines, and how an operation gets there, or needs not to.
//
// While the buffer can take or give, and nobody waits in line, an operation is chan_ring's alone: one read-modify-write,
// no lock. Otherwise it takes the channel's lock, which blocks on a futex: this is not lock-free, and neither is
// chan_ring. A channel without a buffer bars its ring for good, so there every operation takes the lock, but for a push to
// a pop that waits at the seat, which is two read-modify-writes, and no other line than the lock's; and for a try_* that finds shown
// that nobody is there. Who pops from a push that waits at the seat needs no other line either. "closed" is answered under the lock.
//
// Linearization points: chan_ring's; with a waiter, the claim that serves it, or the taking of what it offers (for both
// operations, in this order: the push, the pop); without a bound, where an element takes its place in line; close: the store of
// nature_, before which pushes are barred already; full, empty, closed: under the lock, or chan_ring's and chan_words' loads; an operation that gives
// up: when it leaves the line, or its seat.
//
// Edges: those of chan_lines.
// Relaxed: who is expected to come, a guess.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_lines.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>
#include <sluice/wait_status.hpp>

namespace sluice::detail {

template <class T, class Platform>
class chan_core : public chan_lines<T, Platform> {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "a channel moves elements between threads, where an exception would have nobody to go to: "
                "put what may throw into a std::unique_ptr");
  using lines = chan_lines<T, Platform>;
  using lines::buffered_;
  using lines::into;
  using lines::ring_;
  using lines::unbounded_;

 public:
  using typename lines::cell;
  using typename lines::claimed;
  using typename lines::locked;
  using typename lines::node;
  using typename lines::party;
  using limit = wait_limit<Platform>;
  using lines::lines;

  // Without waiting for an element, for room or for a peer's arrival; but for a peer that is in the middle of the slot
  // that is needed, or of the lock.
  [[gnu::always_inline]] conqueue_status try_push(T& v) {
    const ring_answer a = ring_.push(v);
    if (a == ring_answer::done) [[likely]]
      return conqueue_status::success;
    if (a == ring_answer::none ? !unbounded_ : !buffered_ && ring_.no_receivers()) return conqueue_status::full;
    return try_push_slowly(v);
  }
  template <class Out>
  [[gnu::always_inline]] conqueue_status try_pop(Out& out) {
    const ring_answer a = ring_.pop(into(out));
    if (a == ring_answer::done) [[likely]]
      return conqueue_status::success;
    if (a == ring_answer::none || (!buffered_ && !this->offers() && ring_.no_senders())) return conqueue_status::empty;
    return try_pop_slowly(out);
  }

  [[gnu::always_inline]] wait_status push(T& v, const limit& until = {}) {
    if (ring_.push(v) == ring_answer::done) [[likely]]
      return wait_status::success;
    return push_waiting(v, until);
  }
  template <class Out>
  [[gnu::always_inline]] wait_status pop(Out& out, const limit& until = {}) {
    if (ring_.pop(into(out)) == ring_answer::done) [[likely]]
      return wait_status::success;
    return pop_waiting(out, until);
  }

  // What the buffer takes, or gives, at one time without waiting: up to `n` elements; 0 tells nothing.
  template <class It>
  std::size_t push_some(It& first, std::size_t n) noexcept {
    return n == 0 ? 0 : ring_.push_n(first, n);
  }
  template <class Sink>
  std::size_t pop_some(std::size_t n, Sink&& sink) noexcept {
    return n == 0 ? 0 : ring_.pop_n(n, sink);
  }

  // After `busy` from one of the next two, without the lock: until the peer has finished.
  void settle_push() {
    ring_.settle([this] { return ring_.push_is_busy() ? ring_answer::busy : ring_answer::done; });
  }
  void settle_pop() {
    ring_.settle([this] { return ring_.pop_is_busy() ? ring_answer::busy : ring_answer::done; });
  }

 private:
  // Attempts under the lock until it is decided. `otherwise` is called where the answer is full or empty, still under the
  // lock: false to attempt again.
  template <class Attempt, class Otherwise, class Give>
  conqueue_status decide(Attempt attempt, Otherwise otherwise, Give give) {
    conqueue_status s{};
    const auto step = [&] {
      claimed who;
      bool decided = true;
      {
        const locked held(this->lock_);
        s = attempt(who);
        if (s == conqueue_status::full || s == conqueue_status::empty) decided = otherwise();
      }
      if (who.in_line != nullptr) {
        give(who);
        (who.alone ? lone_node<Platform, cell>::of(*who.in_line).self : *who.in_line->owner).ring();
      } else if (who.sits) {
        give(who);
      } else if (who.asleep) {
        Platform::wake_by_key(*who.asleep);
      }
      return s == conqueue_status::busy ? ring_answer::busy : decided ? ring_answer::done : ring_answer::none;
    };
    for (;;) {
      ring_answer a = step();
      if (a == ring_answer::busy) a = ring_.settle(step);
      if (a == ring_answer::done) return s;
    }
  }
  // `otherwise` as above. `waits`: whether it would wait at the seat if it could.
  template <class Otherwise>
  conqueue_status decide_push(T& v, bool waits, Otherwise otherwise) {
    const auto attempt = [&](claimed& who) {
      const conqueue_status s = this->push_or_claim(v, who, nullptr);
      if (waits) this->note_who_came(who);
      return s;
    };
    return decide(attempt, otherwise, [&](claimed& who) {
      if (who.sits)
        this->serve(v);
      else
        this->hand_over(v, *who.in_line, who.alone);
    });
  }
  template <class Out, class Otherwise>
  conqueue_status decide_pop(Out& out, Otherwise otherwise) {
    return decide([&](claimed& who) { return this->pop_locked(out, who, nullptr); }, otherwise, [](claimed&) {});
  }
  [[gnu::noinline]] conqueue_status try_push_slowly(T& v) {
    if (!buffered_ && this->push_to_seat(v)) return conqueue_status::success;
    return decide_push(v, false, [&] { return this->found_no_receiver(), true; });
  }
  template <class Out>
  [[gnu::noinline]] conqueue_status try_pop_slowly(Out& out) {
    return decide_pop(out, [&] { return this->found_no_sender(), true; });
  }

  [[gnu::noinline]] wait_status push_waiting(T& v, const limit& until) {
    if (!buffered_ && (!has_seat<T> || is_task<Platform>())) this->expect_lock();
    if (buffered_ ? !unbounded_ &&
                        ring_.push_again([&] { return this->push_is_hopeless() ? ring_answer::none : ring_.push(v); })
                  : this->push_to_seat(v) || push_soon(v))
      return wait_status::success;
    lone_node<Platform> me(std::addressof(v));
    bool sits = false;
    const conqueue_status s = decide_push(v, may_be_offered<T> && !buffered_ && !is_task<Platform>(),
                                          [&] { return (sits = this->offer(v)) || this->line_up_sender(me); });
    if (sits) return wait_on_offer(until);
    if (s == conqueue_status::full) return wait_in_line(me, until, [&] { return this->leave_senders(me); });
    return s == conqueue_status::success ? wait_status::success : wait_status::closed;
  }
  // Without a buffer, where nobody sits: to who sits down in a moment. Of two threads that push to each other in turn, and line up at
  // once, each would for ever find the other one not there yet, which takes twice the time. With pauses, for who sits down needs the line.
  bool push_soon(T& v) {
    constexpr int looks = 16;
    constexpr int pauses = 4;
    if (!has_seat<T> || Platform::cpus() == 1) return false;
    for (int i = 0; i != looks; ++i) {
      if (this->expected_.load(std::memory_order_relaxed) != lines::gate::arrival::pop || this->is_closed())
        return false;
      for (int k = 0; k != pauses; ++k) Platform::pause();
      if (this->seat_.seems_open()) return this->push_to_seat(v);
    }
    return false;
  }
  template <class Out>
  [[gnu::noinline]] wait_status pop_waiting(Out& out, const limit& until) {
    if (!buffered_) this->expect_lock();
    if (buffered_ &&
        ring_.pop_again([&] { return this->pop_is_hopeless() ? ring_answer::none : ring_.pop(into(out)); }))
      return wait_status::success;
    lone_node<Platform, cell> me;
    bool sits = false;
    const conqueue_status s = decide_pop(out, [&] { return (sits = this->sit_down()) || this->line_up_receiver(me); });
    if (s != conqueue_status::empty) return s == conqueue_status::success ? wait_status::success : wait_status::closed;
    if (sits) return wait_at_seat(out, until);
    const wait_status why = wait_in_line(me, until, [&] { return this->leave_receivers(me); });
    if (why == wait_status::success) this->take_from(me.cell, out);
    return why;
  }

  template <class Out>
  wait_status wait_at_seat(Out& out, const limit& until) {
    const wait_result why = this->seat_.wait(until);
    if (why != wait_result::woken) {
      if (this->seat_.leave()) return why == wait_result::timed_out ? wait_status::timed_out : wait_status::stopped;
      this->seat_.wait({});  // claimed, as below
    }
    const bool served = this->seat_.was_served();
    if constexpr (has_seat<T>)
      if (served) this->take_from(this->seat_cell_, out);
    this->seat_.vacate();
    return served ? wait_status::success : wait_status::closed;
  }
  wait_status wait_on_offer(const limit& until) {
    const wait_result why = this->seat_.wait(until);
    if (why != wait_result::woken) {
      {
        const locked held(this->lock_);
        if (this->withdraw()) return why == wait_result::timed_out ? wait_status::timed_out : wait_status::stopped;
      }
      this->seat_.wait({});  // taken, or refused: at once
    }
    const bool served = this->seat_.was_served();
    this->seat_.vacate();
    return served ? wait_status::success : wait_status::closed;
  }
  template <class Cell, class Leave>
  wait_status wait_in_line(lone_node<Platform, Cell>& me, const limit& until, Leave leave) {
    const wait_result why = me.self.wait(until);
    if (why != wait_result::woken) {
      {
        const locked held(this->lock_);
        if (leave()) return why == wait_result::timed_out ? wait_status::timed_out : wait_status::stopped;
      }
      me.self.wait({});  // claimed by a peer that will ring: giving up loses to what arrives
    }
    return me.told.load() ? wait_status::success : wait_status::closed;
  }
};

}  // namespace sluice::detail
