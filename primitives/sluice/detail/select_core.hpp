// SPDX-License-Identifier: BSL-1.0
#pragma once
// select_core: waits for the first of several cases, over channels of any types. select.hpp makes the cases.
//
// 1. Each case is tried, as try_push or try_pop, but for those of which a look says that it is in vain: whoever finds one
//    ready takes no lock but that one's. Where a channel has a buffer, or a push is likely to come to its seat, this is repeated for a
//    few microseconds.
// 2. Otherwise the locks of all channels are taken, in the order of their addresses, each once. Under all of them each
//    case is tried again, and where it is not ready its node lines up in the channel's list (which bars the buffer's fast
//    path). If one is ready the nodes leave again. If none is, there is now an instant at which no case was ready: that
//    is when `otherwise` may be answered; and from here on every counterparty finds a node.
// 3. Without the locks the select waits. A counterparty of any case wins by one election; the others then find, and
//    unlink, nodes of a waiter that waits no more; those that they do not find the select unlinks itself, lock by lock.
//
// Select against select: the one that looks holds the locks of all its channels and has no node anywhere that another
// could claim, so it has to win nothing but its peer's election: none of them can fire twice, or claim each other in a
// circle, and the order of addresses keeps them from waiting for each other's locks in a circle.
//
// Invariants
//   1. A node of a select is in a list only after all its cases were found not ready, under all locks, but for the
//      locks' holder itself.
//   2. A case fires at most once: in a trial, before any node could be found; or by the election.
// Linearization points: the trial that succeeds; the claim by a counterparty (see chan_core); `otherwise`, and giving
// up: the instant under all locks, and the election.
//
// Complexity: O(n) for a select that finds a case ready; O(n) locks and, where the order is not sorted yet, O(n^2)
// comparisons of addresses for one that waits.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_gate.hpp>
#include <sluice/detail/chan_ring.hpp>
#include <sluice/detail/random.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class select_case;

// What select_core does with a case, whatever its channel's type is.
template <class Platform>
struct select_operations {
  using self = select_case<Platform>;
  conqueue_status (*attempt)(self&);
  // Under the lock: as chan_core's push_locked and pop_locked.
  conqueue_status (*attempt_locked)(self&, served_one<Platform>& served, const waiter<Platform>&);
  bool (*line_up)(self&, waiter<Platform>&, std::uint32_t index);
  // Ends the node; out of the list first, if it is still there.
  void (*leave)(self&);
  // After `busy`, without locks: until the peer has finished.
  void (*settle)(self&);
  // The node was served by a counterparty, or its channel was closed: it ends.
  void (*accept)(self&);
};

// One case on one channel. Its place in `order` belongs to the array of cases, not to itself.
template <class Platform>
class select_case {
 public:
  const select_operations<Platform>* operations = nullptr;
  chan_gate<Platform>* gate = nullptr;  // null: nil, and the case is never ready
  ring_hint<Platform> hint{};  // of the gate
  std::uint32_t by_address = 0;  // the n-th of these: which case's lock is the n-th to take
  std::uint32_t by_chance = 0;  // likewise: which case to try
  bool buffered = false;  // whether its channel is
  bool takes_offers = false;  // whether it pops where a push may wait at the seat
  bool lined_up = false;

  // Whether an attempt would have been in vain at some moment of the look.
  bool is_hopeless() const noexcept { return !(takes_offers && gate->offers()) && hint.hopeless(); }
  // A guess: whether a push is likely to wait at the seat soon.
  bool expects_offer() const noexcept { return takes_offers && gate->expects_offer(); }
};

// `At(i)` gives the i-th case.
template <class Platform, class At>
class select_core {
 public:
  static constexpr std::uint32_t nobody = waiter<Platform>::undecided;

  select_core(At at, std::uint32_t count) : at_(at), count_(count) {}

  // The case that fired, or nobody. In random order, or in the order of the last time: at first, first things first.
  std::uint32_t try_each(bool shuffled) {
    if (shuffled) shuffle();
    for (std::uint32_t i = 0; i != count_; ++i) {
      const std::uint32_t n = at_(i).by_chance;
      select_case<Platform>& c = at_(n);
      if (c.gate == nullptr || (count_ > 1 && c.is_hopeless())) continue;
      if (decided(c.operations->attempt(c))) return n;
    }
    return nobody;
  }

  // The case that fired, or nobody where at one instant none was ready.
  std::uint32_t try_all() {
    sort();
    waiter<Platform> self(waiter<Platform>::kind::select);
    return register_all(self, false);
  }

  // The case that fired, or nobody: then `why` says what else ended it.
  std::uint32_t wait(const wait_limit<Platform>& until, wait_result& why) {
    if (const std::uint32_t soon = look_again(); soon != nobody) return soon;
    waiter<Platform> self(waiter<Platform>::kind::select);
    const std::uint32_t at_once = line_up(self);
    if (at_once != nobody) return at_once;
    why = self.wait(until);
    if (why != wait_result::woken && self.give_up()) return leave_all(), nobody;
    if (why != wait_result::woken) static_cast<void>(self.wait({}));  // a counterparty was faster, and will ring
    return conclude(self);
  }

  // The two halves of a wait. The case that is ready, or nobody: then `self` is in line, until conclude.
  std::uint32_t line_up(waiter<Platform>& self) {
    sort();
    return register_all(self, true);
  }
  // For the owner of `self`, which was rung or has given up: the case that fired, or nobody.
  std::uint32_t conclude(const waiter<Platform>& self) {
    const std::uint32_t n = self.winner();
    const bool fired = n < count_;
    if (fired) {
      select_case<Platform>& c = at_(n);
      c.operations->accept(c);
      c.lined_up = false;  // whoever claimed it has unlinked it
    }
    leave_all();
    return fired ? n : nobody;
  }

 private:
  static bool decided(conqueue_status s) noexcept {
    return s == conqueue_status::success || s == conqueue_status::closed;
  }

  // A few times, before the nodes line up: a peer on another CPU usually needs less time than all those locks, and a sleep,
  // cost. With long pauses: of what somebody is filling a look takes the lines from him, and who finds many elements at a
  // time needs few looks. Where no channel has a buffer a peer waits for our node; but where a push is likely to come to the seat
  // soon it takes it half the time, and short pauses.
  std::uint32_t look_again() {
    if (Platform::cpus() == 1) return nobody;
    const bool buffered = any([](const auto& c) { return c.buffered; });
    if (!buffered && (count_ > 16 || !any([](const auto& c) { return c.expects_offer(); }))) return nobody;
    const int looks = buffered ? 4 : 16;
    const int pauses = buffered ? 64 : 4;
    for (int i = 0; i != looks; ++i) {
      for (int k = 0; k != pauses; ++k) Platform::pause();
      if (const std::uint32_t n = try_each(false); n != nobody) return n;
    }
    return nobody;
  }
  template <class Is>
  bool any(Is is) {
    for (std::uint32_t i = 0; i != count_; ++i)
      if (at_(i).gate != nullptr && is(at_(i))) return true;
    return false;
  }

  void shuffle() noexcept {
    for (std::uint32_t i = 0; i + 1 < count_; ++i)
      std::swap(at_(i).by_chance, at_(i + thread_random::below(count_ - i)).by_chance);
  }

  // By insertion: cases that are used again are in order already.
  void sort() {
    const std::less<const void*> before{};
    for (std::uint32_t i = 1; i < count_; ++i) {
      const std::uint32_t moving = at_(i).by_address;
      std::uint32_t to = i;
      for (; to != 0 && before(at_(moving).gate, at_(at_(to - 1).by_address).gate); --to)
        at_(to).by_address = at_(to - 1).by_address;
      at_(to).by_address = moving;
    }
  }
  // Each channel once, though it be in many cases.
  template <class Visit>
  void each_gate(Visit visit) {
    chan_gate<Platform>* last = nullptr;
    for (std::uint32_t i = 0; i != count_; ++i) {
      chan_gate<Platform>* const g = at_(at_(i).by_address).gate;
      if (g != nullptr && g != last) visit(*g);
      last = g;
    }
  }

  // Step 2. `stay`: whether the nodes stay in line if no case is ready.
  std::uint32_t register_all(waiter<Platform>& self, bool stay) {
    for (;;) {
      served_one<Platform> served;
      std::uint32_t fired = nobody;
      std::uint32_t unfinished = nobody;
      each_gate([](auto& g) { g.lock(); });
      for (std::uint32_t i = 0; i != count_ && fired == nobody && unfinished == nobody; ++i) {
        const std::uint32_t n = at_(i).by_chance;
        const conqueue_status s = attempt_or_line_up(self, n, served);
        if (decided(s)) fired = n;
        if (s == conqueue_status::busy) unfinished = n;
      }
      if (fired != nobody || unfinished != nobody || !stay)
        for (std::uint32_t i = 0; i != count_; ++i) leave(at_(i));
      each_gate([](auto& g) { g.unlock(); });
      served.ring();
      if (unfinished == nobody) return fired;
      at_(unfinished).operations->settle(at_(unfinished));
    }
  }
  conqueue_status attempt_or_line_up(waiter<Platform>& self, std::uint32_t n, served_one<Platform>& served) {
    select_case<Platform>& c = at_(n);
    if (c.gate == nullptr) return conqueue_status::empty;
    for (;;) {
      const conqueue_status s = c.operations->attempt_locked(c, served, self);
      if (decided(s) || s == conqueue_status::busy) return s;
      if (c.operations->line_up(c, self, n)) {
        c.lined_up = true;
        return s;
      }
    }
  }
  static void leave(select_case<Platform>& c) {
    if (!std::exchange(c.lined_up, false)) return;
    c.operations->leave(c);
  }
  void leave_all() {
    for (std::uint32_t i = 0; i != count_; ++i) {
      select_case<Platform>& c = at_(i);
      if (!c.lined_up) continue;
      const lock_held<chan_gate<Platform>> held(*c.gate);
      leave(c);
    }
  }

  At at_;
  std::uint32_t count_;
};

}  // namespace sluice::detail
