// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_core: what the handles of one channel share: the buffer, the two lines of waiters, and the protocol between them.
//
// While the buffer can take or give, and nobody waits in line, an operation is chan_ring's alone: one read-modify-write,
// no lock. Otherwise it takes the channel's lock, which blocks on a futex: this is not lock-free, and neither is
// chan_ring. A channel without a buffer bars its ring for good, so there every operation takes the lock.
//
// Who finds a waiter in line serves it: a push hands its element to the first pop, straight into that one's frame; a pop
// takes the element at the head and lets the first push put its own at the tail, or takes it straight from that one's
// frame. So waiters are served first come, first served, and nobody passes them: with the line not empty, the bar of
// chan_ring sends everybody here.
//
// Invariants (under the lock)
//   1. receivers_ is not empty => the ring is empty and pushes are barred; senders_ is not empty => the ring is full and
//      pops are barred; without a buffer they are not both occupied, but by nodes whose waiter was served elsewhere or
//      is the same select. A line that becomes empty lifts its bar.
//   2. Closed => both lines are empty, pushes are barred and nobody lines up any more.
// Linearization points: chan_ring's; with a waiter, the claim that serves it (for both operations, in this order: the
// push, the pop); close: the store of closed_, before which pushes are barred already; full, empty, closed: under the
// lock, or chan_ring's loads; an operation that gives up: when it leaves the line.
//
// Edges: those of chan_ring, chan_gate and waiter.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/chan_gate.hpp>
#include <sluice/detail/chan_ring.hpp>
#include <sluice/detail/chan_spin.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>
#include <sluice/wait_status.hpp>

namespace sluice::detail {

template <class T, class Platform>
class chan_core : public chan_gate<Platform> {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "a channel moves elements between threads, where an exception would have nobody to go to: "
                "put what may throw into a std::unique_ptr");

 public:
  using gate = chan_gate<Platform>;
  using node = wait_node<Platform>;
  using limit = wait_limit<Platform>;
  using party = waiter<Platform>;
  using cell = typename Platform::template cell<T>;
  using locked = typename gate::locked;
  using ring = chan_ring<T, Platform>;

  // Without a buffer if `capacity` is 0.
  explicit chan_core(std::size_t capacity, first_lap first = {})
      : buffered_(capacity != 0),
        ring_(buffered_ ? checked_capacity("sluice::make_chan", capacity, ring::max_capacity()) : 1, first,
              !buffered_) {}

  std::size_t capacity() const noexcept { return buffered_ ? ring_.capacity() : 0; }
  std::size_t size() const noexcept { return buffered_ ? ring_.size() : 0; }

  // Without waiting for an element, for room or for a peer's arrival; but for a peer that is in the middle of the slot
  // that is needed, or of the lock.
  [[gnu::always_inline]] conqueue_status try_push(T& v) {
    const ring_answer a = ring_.push(v);
    if (a == ring_answer::done) [[likely]]
      return conqueue_status::success;
    if (a == ring_answer::none || (!buffered_ && ring_.no_receivers())) return conqueue_status::full;
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

  // False if it was closed before.
  bool close() {
    claimed_nodes<Platform> refused;
    {
      const locked held(this->lock_);
      if (this->is_closed()) return false;
      if (buffered_)
        ring_.bar_pushes();
      else
        ring_.show_senders(true), ring_.show_receivers(true);  // so that everybody comes here
      this->mark_closed();
      if (buffered_ && !this->senders_.empty()) ring_.let_pops();
      for (auto* line : {&this->receivers_, &this->senders_})
        while (node* const n = line->take(nullptr)) refused.add(*n);
    }
    refused.ring();
    return true;
  }

  // After `busy` from one of the next two, without the lock: until the peer has finished.
  void settle_push() {
    ring_.settle([this] { return ring_.push_is_busy() ? ring_answer::busy : ring_answer::done; });
  }
  void settle_pop() {
    ring_.settle([this] { return ring_.pop_is_busy() ? ring_answer::busy : ring_answer::done; });
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
    if (this->is_closed()) return conqueue_status::closed;
    if (!this->receivers_.empty()) {
      served = this->receivers_.take(self);
      if (this->receivers_.empty()) no_more_receivers();
      if (served != nullptr) return hand_over(v, *served);
      if (buffered_ && !this->receivers_.empty()) return status(ring_.push_barred(v), conqueue_status::full);
    }
    return buffered_ ? status(ring_.push(v), conqueue_status::full) : conqueue_status::full;
  }
  // success, empty, closed, or busy.
  template <class Out>
  conqueue_status pop_locked(Out& out, node*& served, const party* self) {
    if (!this->senders_.empty()) {
      if (buffered_ && !ring_.front_is_filled()) return conqueue_status::busy;
      served = this->senders_.take(self);
      if (served != nullptr) take_over(out, *served);
      const bool last = this->senders_.empty();
      if (last) no_more_senders();
      if (served != nullptr) return conqueue_status::success;
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
    if (!buffered_) ring_.show_senders(true);
    this->senders_.append(n);
    return true;
  }
  bool line_up_receiver(node& n) {
    if (buffered_ && !ring_.bar_pushes_if_empty()) return false;
    if (!buffered_) ring_.show_receivers(true);
    this->receivers_.append(n);
    return true;
  }
  // False if somebody has claimed or unlinked it.
  bool leave_senders(node& n) {
    if (!n.linked.load()) return false;
    this->senders_.unlink(n);
    if (this->senders_.empty()) no_more_senders();
    return true;
  }
  bool leave_receivers(node& n) {
    if (!n.linked.load()) return false;
    this->receivers_.unlink(n);
    if (this->receivers_.empty()) no_more_receivers();
    return true;
  }

  ring_hint<Platform> push_hint() noexcept { return ring_.push_hint(buffered_); }
  ring_hint<Platform> pop_hint() noexcept { return ring_.pop_hint(buffered_); }

 private:
  void no_more_senders() {
    if (buffered_)
      ring_.let_pops();
    else
      ring_.show_senders(false);
  }
  void no_more_receivers() {
    if (buffered_)
      ring_.let_pushes();
    else
      ring_.show_receivers(false);
  }

  // A sink that moves the element into an optional or expected.
  template <class Out>
  static auto into(Out& out) noexcept {
    return [&out](T&& v) noexcept { out.emplace(std::move(v)); };
  }
  static constexpr conqueue_status status(ring_answer a, conqueue_status none) noexcept {
    return a == ring_answer::done ? conqueue_status::success : a == ring_answer::busy ? conqueue_status::busy : none;
  }

  static conqueue_status hand_over(T& v, node& receiver) {
    std::construct_at(static_cast<cell*>(receiver.element)->storage(), std::move(v));
    receiver.served.store(true);
    return conqueue_status::success;
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

  // Attempts under the lock until it is decided. `otherwise` is called where the answer is full or empty, still under the
  // lock: false to attempt again.
  template <class Attempt, class Otherwise>
  conqueue_status decide(Attempt attempt, Otherwise otherwise) {
    conqueue_status s{};
    const auto step = [&] {
      node* served = nullptr;
      bool decided = true;
      {
        const locked held(this->lock_);
        s = attempt(served);
        if (s == conqueue_status::full || s == conqueue_status::empty) decided = otherwise();
      }
      if (served != nullptr) served->owner->ring();
      return s == conqueue_status::busy ? ring_answer::busy : decided ? ring_answer::done : ring_answer::none;
    };
    for (;;) {
      ring_answer a = step();
      if (a == ring_answer::busy) a = ring_.settle(step);
      if (a == ring_answer::done) return s;
    }
  }
  [[gnu::noinline]] conqueue_status try_push_slowly(T& v) {
    return decide([&](node*& served) { return push_locked(v, served, nullptr); }, [] { return true; });
  }
  template <class Out>
  [[gnu::noinline]] conqueue_status try_pop_slowly(Out& out) {
    return decide([&](node*& served) { return pop_locked(out, served, nullptr); }, [] { return true; });
  }

  [[gnu::noinline]] wait_status push_waiting(T& v, const limit& until) {
    if (buffered_ && spin_at_ring<Platform>([&] { return ring_.push(v); })) return wait_status::success;
    party self(party::kind::one_node);
    node place(self, 0, std::addressof(v));
    const conqueue_status s =
        decide([&](node*& served) { return push_locked(v, served, nullptr); }, [&] { return line_up_sender(place); });
    if (s == conqueue_status::full) return wait_in_line(self, place, until, [&] { return leave_senders(place); });
    return s == conqueue_status::success ? wait_status::success : wait_status::closed;
  }
  template <class Out>
  [[gnu::noinline]] wait_status pop_waiting(Out& out, const limit& until) {
    if (buffered_ && spin_at_ring<Platform>([&] { return ring_.pop(into(out)); })) return wait_status::success;
    party self(party::kind::one_node);
    cell element;
    node place(self, 0, &element);
    const conqueue_status s = decide([&](node*& served) { return pop_locked(out, served, nullptr); },
                                     [&] { return line_up_receiver(place); });
    if (s != conqueue_status::empty) return s == conqueue_status::success ? wait_status::success : wait_status::closed;
    const wait_status why = wait_in_line(self, place, until, [&] { return leave_receivers(place); });
    if (why == wait_status::success) take_from(element, out);
    return why;
  }

  template <class Leave>
  wait_status wait_in_line(party& self, node& place, const limit& until, Leave leave) {
    const wait_result why = self.wait(until);
    if (why != wait_result::woken) {
      {
        const locked held(this->lock_);
        if (leave()) return why == wait_result::timed_out ? wait_status::timed_out : wait_status::stopped;
      }
      self.wait({});  // claimed by a peer that will ring: giving up loses to what arrives
    }
    return place.served.load() ? wait_status::success : wait_status::closed;
  }

  const bool buffered_;
  ring ring_;
};

}  // namespace sluice::detail
