// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_core: what the handles of one channel share: chan_lines, and how an operation gets there, or needs not to.
//
// While the buffer can take or give, and nobody waits in line, an operation is chan_ring's alone: one read-modify-write,
// no lock. Otherwise it takes the channel's lock, which blocks on a futex: this is not lock-free, and neither is
// chan_ring. A channel without a buffer bars its ring for good, so there every operation takes the lock.
//
// Linearization points: chan_ring's; with a waiter, the claim that serves it (for both operations, in this order: the
// push, the pop); without a bound, where an element takes its place in line; close: the store of nature_, before which
// pushes are barred already; full, empty, closed: under the lock, or chan_ring's loads; an operation that gives up: when
// it leaves the line.
//
// Edges: those of chan_lines.
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
    if (a == ring_answer::none || (!buffered_ && ring_.no_senders())) return conqueue_status::empty;
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
      node* served = nullptr;
      bool alone = false;
      bool decided = true;
      {
        const locked held(this->lock_);
        s = attempt(served, alone);
        if (s == conqueue_status::full || s == conqueue_status::empty) decided = otherwise();
      }
      if (served != nullptr) {
        give(*served, alone);
        (alone ? lone_node<Platform, cell>::of(*served).self : *served->owner).ring();
      }
      return s == conqueue_status::busy ? ring_answer::busy : decided ? ring_answer::done : ring_answer::none;
    };
    for (;;) {
      ring_answer a = step();
      if (a == ring_answer::busy) a = ring_.settle(step);
      if (a == ring_answer::done) return s;
    }
  }
  // `otherwise` as above.
  template <class Otherwise>
  conqueue_status decide_push(T& v, Otherwise otherwise) {
    return decide([&](node*& served, bool& alone) { return this->push_or_claim(v, served, alone, nullptr); }, otherwise,
                  [&](node& served, bool alone) { this->hand_over(v, served, alone); });
  }
  template <class Out, class Otherwise>
  conqueue_status decide_pop(Out& out, Otherwise otherwise) {
    return decide([&](node*& served, bool&) { return this->pop_locked(out, served, nullptr); }, otherwise,
                  [](node&, bool) {});
  }
  [[gnu::noinline]] conqueue_status try_push_slowly(T& v) {
    return decide_push(v, [&] { return this->found_no_receiver(), true; });
  }
  template <class Out>
  [[gnu::noinline]] conqueue_status try_pop_slowly(Out& out) {
    return decide_pop(out, [&] { return this->found_no_sender(), true; });
  }

  [[gnu::noinline]] wait_status push_waiting(T& v, const limit& until) {
    if (!buffered_) this->expect_lock();
    if (buffered_ && !unbounded_ &&
        ring_.push_again([&] { return this->push_is_hopeless() ? ring_answer::none : ring_.push(v); }))
      return wait_status::success;
    lone_node<Platform> me(std::addressof(v));
    const conqueue_status s = decide_push(v, [&] { return this->line_up_sender(me); });
    if (s == conqueue_status::full) return wait_in_line(me, until, [&] { return this->leave_senders(me); });
    return s == conqueue_status::success ? wait_status::success : wait_status::closed;
  }
  template <class Out>
  [[gnu::noinline]] wait_status pop_waiting(Out& out, const limit& until) {
    if (!buffered_) this->expect_lock();
    if (buffered_ &&
        ring_.pop_again([&] { return this->pop_is_hopeless() ? ring_answer::none : ring_.pop(into(out)); }))
      return wait_status::success;
    lone_node<Platform, cell> me;
    const conqueue_status s = decide_pop(out, [&] { return this->line_up_receiver(me); });
    if (s != conqueue_status::empty) return s == conqueue_status::success ? wait_status::success : wait_status::closed;
    const wait_status why = wait_in_line(me, until, [&] { return this->leave_receivers(me); });
    if (why == wait_status::success) this->take_from(me.cell, out);
    return why;
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
