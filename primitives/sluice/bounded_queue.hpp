// SPDX-License-Identifier: BSL-1.0
#pragma once
// bounded_queue: WG21 P0260R20's blocking bounded FIFO queue, on mpmc_ring.
//
// push, emplace and pop block: a spin as long as a wake-up takes (see patience; none where one CPU is available), then
// sleep on a futex until there is room, an element, or the queue is closed. try_* never wait. Not in the paper, and named so: *_until, *_for, *_or_stop.
// Not here: the paper's senders (async_*), since C++20 has none.
//
// Guarantee. Operations are linearizable, and sequentially consistent across queues (the paper's total order Q); see
// mpmc_ring for where. Blocking operations are not fair. What closes, times out or is stopped loses nothing: a push
// that does not succeed leaves its argument untouched, a pop that reports no element has taken none.
//
// Invariants
//   1. Whoever makes room or deposits an element notifies the other side afterwards.
//   2. A thread that slept hands the wake-up on when it leaves and more is at hand (one element may have woken it, two
//      be there: a later ticket can be filled before an earlier one), and after close it wakes everybody.
//
// Edges (release -> acquire)
//   [unfinished]  announce -> block   a claimed slot is finished by a release store only; the announcer's fence_light
//                 and the sleeper's fence_heavy stand between it and event_count's bit: forbids a sleeper beside an
//                 element that was finished after its look and announced before its bit (store buffering)
// Claims and close need no fence against sleepers: they and event_count's bit are all seq_cst ([order] and [park]).
// The rest are mpmc_ring's and event_count's.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/capacity.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/detail/event_count.hpp>
#include <sluice/detail/patience.hpp>
#include <sluice/mpmc_ring.hpp>
#include <sluice/platform.hpp>
#include <sluice/wait_status.hpp>

namespace sluice {

template <class T, class Allocator = std::allocator<T>, class Platform = std_platform>
class bounded_queue {
 public:
  using value_type = T;
  using allocator_type = Allocator;
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  // Room for `max_elems` elements; nothing allocates afterwards. O(max_elems).
  // Throws std::invalid_argument for 0, std::length_error for more than fits, what the allocator throws.
  explicit bounded_queue(std::size_t max_elems, const Allocator& alloc = Allocator())
      : ring_(detail::checked_capacity("sluice::bounded_queue", max_elems, ring::max_capacity()), alloc) {}
  bounded_queue(std::size_t max_elems, detail::first_lap first, const Allocator& alloc = Allocator())
      : ring_(max_elems, first, alloc) {}
  bounded_queue(bounded_queue&&) = delete;
  bounded_queue& operator=(bounded_queue&&) = delete;
  // Destroys what is inside. Nobody may be inside an operation.
  ~bounded_queue() = default;

  bool is_closed() const noexcept { return ring_.is_closed(); }
  std::size_t capacity() const noexcept { return ring_.capacity(); }
  Allocator get_allocator() const { return ring_.get_allocator(); }

  // Ends pushing: pushes are refused from now on, pops drain what is inside. Wakes everybody. Idempotent.
  void close() noexcept {
    ring_.close();
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  // Deposits at the tail, blocking while there is no room; false if closed. If T's constructor throws nothing is
  // deposited (see mpmc_ring::try_emplace for what becomes of the slot).
  template <class... Args>
  [[gnu::always_inline]] bool emplace(Args&&... args) {
    const conqueue_status s = deposit(std::forward<Args>(args)...);
    if (decided(s)) return s == conqueue_status::success;
    return push_blocking({}, std::forward<Args>(args)...) == wait_status::success;
  }
  [[gnu::always_inline]] bool push(const T& v) { return emplace(v); }
  [[gnu::always_inline]] bool push(T&& v) { return emplace(std::move(v)); }

  // The same without waiting: success, full, busy or closed.
  template <class... Args>
  [[gnu::always_inline]] conqueue_status try_emplace(Args&&... args) noexcept(noexcept_emplace<Args...>) {
    return deposit(std::forward<Args>(args)...);
  }
  [[gnu::always_inline]] conqueue_status try_push(const T& v) noexcept(noexcept_emplace<const T&>) {
    return deposit(v);
  }
  [[gnu::always_inline]] conqueue_status try_push(T&& v) noexcept(noexcept_emplace<T&&>) {
    return deposit(std::move(v));
  }

  // Takes the element at the head, blocking while there is none; none if closed and drained. If T's move constructor
  // throws the element is gone all the same (P0260).
  [[gnu::always_inline]] std::optional<T> pop() {
    std::optional<T> out;
    if (decided(extract(out))) [[likely]]
      return out;
    return pop_waiting();  // into an optional of its own, so that this one can stay in registers
  }
  // The same without waiting: an element, or empty, busy or closed.
  [[gnu::always_inline]] expected<T, conqueue_status> try_pop() noexcept(std::is_nothrow_move_constructible_v<T>) {
    expected<T, conqueue_status> answer{unexpected(conqueue_status::empty)};
    const conqueue_status s = extract(answer);
    if (s != conqueue_status::success) answer = unexpected(s);
    return answer;
  }

  // Extensions: blocking forms that give up. A time-out or a stop that races with room or an element loses to it. The time may be
  // any clock's: one that is not the platform's is converted by what both say, and asked again when it should have come.
  template <class U = T, class Clock, class Duration>
  wait_status push_until(U&& v, const std::chrono::time_point<Clock, Duration>& deadline, const stop_token& stop = {}) {
    return detail::wait_until<Platform>(deadline,
                                        [&](time_point t) { return push_limited({t, stop}, std::forward<U>(v)); });
  }
  template <class U = T, class Rep, class Period>
  wait_status push_for(U&& v, std::chrono::duration<Rep, Period> d, const stop_token& stop = {}) {
    return push_limited({detail::deadline_after<Platform>(d), stop}, std::forward<U>(v));
  }
  template <class U = T>
  wait_status push_or_stop(U&& v, const stop_token& stop) {
    return push_limited({Platform::no_deadline, stop}, std::forward<U>(v));
  }
  template <class Clock, class Duration>
  expected<T, wait_status> pop_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                     const stop_token& stop = {}) {
    std::optional<T> out;
    const wait_status s =
        detail::wait_until<Platform>(deadline, [&](time_point t) { return pop_limited({t, stop}, out); });
    if (s != wait_status::success) return unexpected(s);
    return expected<T, wait_status>(std::in_place, *std::move(out));
  }
  template <class Rep, class Period>
  expected<T, wait_status> pop_for(std::chrono::duration<Rep, Period> d, const stop_token& stop = {}) {
    return pop_until(detail::deadline_after<Platform>(d), stop);
  }
  expected<T, wait_status> pop_or_stop(const stop_token& stop) { return pop_until(Platform::no_deadline, stop); }

 private:
  using event_count = detail::event_count<Platform>;
  using patience = detail::patience<Platform>;
  using ring = mpmc_ring<T, Allocator, Platform>;
  enum class side : bool { push, pop };

  struct limit {
    time_point deadline = Platform::no_deadline;
    stop_token stop = {};
  };

  template <class... Args>
  static constexpr bool noexcept_emplace = noexcept(std::declval<ring&>().try_emplace(std::declval<Args>()...));

  // One attempt of each side, and the news of it to the other one. Inlined wherever they stand: out of line an attempt
  // costs twice as much, for its answer then goes through memory.
  template <class... Args>
  [[gnu::always_inline]] conqueue_status deposit(Args&&... args) noexcept(noexcept_emplace<Args...>) {
    if constexpr (noexcept_emplace<Args...>) {
      const conqueue_status s = ring_.try_emplace(std::forward<Args>(args)...);
      if (s == conqueue_status::success) announce(not_empty_);
      return s;
    } else {
      try {
        const conqueue_status s = ring_.try_emplace(std::forward<Args>(args)...);
        if (s == conqueue_status::success) announce(not_empty_);
        return s;
      } catch (...) {
        look_again_all();
        throw;
      }
    }
  }
  template <class Out>
  [[gnu::always_inline]] conqueue_status extract(Out& out) noexcept(std::is_nothrow_move_constructible_v<T>) {
    const auto sink = [&out](T&& v) noexcept(std::is_nothrow_move_constructible_v<T>) { out.emplace(std::move(v)); };
    bool made_room = false;  // also where the answer is no: holes were passed over
    const auto freed = [&made_room]() noexcept { made_room = true; };
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      const conqueue_status s = ring_.try_consume(sink, freed);
      if (made_room) announce(not_full_);
      return s;
    } else {
      try {
        const conqueue_status s = ring_.try_consume(sink, freed);
        if (made_room) announce(not_full_);
        return s;
      } catch (...) {
        look_again_all();
        throw;
      }
    }
  }
  void announce(event_count& other) noexcept {
    Platform::fence_light();  // [unfinished] -> block
    other.notify_one();
  }
  // After an exception: a claimed position was given up, and the wake-up that led here may be another thread's.
  void look_again_all() noexcept {
    Platform::fence_light();  // [unfinished] -> block
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  // The slow paths, after a first attempt that came to nothing.
  template <class... Args>
  [[gnu::noinline]] wait_status push_blocking(const limit& until, Args&&... args) {
    return block(side::push, until, [&] { return deposit(std::forward<Args>(args)...); });
  }
  [[gnu::noinline]] std::optional<T> pop_waiting() {
    std::optional<T> out;
    static_cast<void>(pop_blocking({}, out));
    return out;
  }
  template <class Out>
  wait_status pop_blocking(const limit& until, Out& out) {
    return block(side::pop, until, [&] { return extract(out); });
  }
  template <class U>
  wait_status push_limited(const limit& until, U&& v) {
    const conqueue_status s = deposit(std::forward<U>(v));
    return decided(s) ? outcome(s) : push_blocking(until, std::forward<U>(v));
  }
  wait_status pop_limited(const limit& until, std::optional<T>& out) {
    const conqueue_status first = extract(out);
    return decided(first) ? outcome(first) : pop_blocking(until, out);
  }

  static constexpr bool decided(conqueue_status s) noexcept {
    return s == conqueue_status::success || s == conqueue_status::closed;
  }
  static constexpr wait_status outcome(conqueue_status s) noexcept {
    return s == conqueue_status::success ? wait_status::success : wait_status::closed;
  }

  // Attempts until one succeeds, the queue is closed, or `until` says to give up: spinning, then asleep.
  template <class Attempt>
  wait_status block(side mine, const limit& until, Attempt attempt) {
    conqueue_status s = Platform::cpus() > 1 ? spin(mine, attempt) : conqueue_status::busy;
    if (decided(s)) return outcome(s);
    event_count& sleepers = mine == side::push ? not_full_ : not_empty_;
    wait_result why = wait_result::woken;
    for (bool slept = false;; slept = true) {
      const auto key = sleepers.prepare();
      s = attempt();
      if (s == conqueue_status::busy) {
        Platform::fence_heavy();  // [unfinished] <- announce
        s = attempt();
      }
      if (decided(s)) {
        if (slept) pass_on(mine, sleepers);
        return outcome(s);
      }
      if (why == wait_result::timed_out) return wait_status::timed_out;
      if (why == wait_result::stopped) return wait_status::stopped;
      why = sleepers.wait(key, until.deadline, until.stop);
    }
  }

  // A woken thread leaves: if it is not the last that could go on, the next one is woken.
  void pass_on(side mine, event_count& sleepers) noexcept {
    if (ring_.is_closed())
      sleepers.notify_all();
    else if (mine == side::push ? !ring_.looks_full() : !ring_.looks_empty())
      sleepers.notify_one();
  }

  // A peer on another CPU usually needs less time than a sleep costs.
  template <class Attempt>
  conqueue_status spin(side mine, Attempt& attempt) {
    conqueue_status s = conqueue_status::busy;
    patience& mood = mine == side::push ? push_patience_ : pop_patience_;
    mood.wait([&] { return decided(s = attempt()); },
              [&] { return mine == side::push ? capacity() - ring_.size_hint() : ring_.size_hint(); }, capacity());
    return s;
  }

  ring ring_;
  // Pops sleep here; pushes look at it, and keep their patience beside it.
  alignas(detail::cache_line) event_count not_empty_;
  patience push_patience_;
  // Pushes sleep here; pops look at it, and keep their patience beside it.
  alignas(detail::cache_line) event_count not_full_;
  patience pop_patience_;
};

static_assert(concurrent_queue<bounded_queue<int>>);

}  // namespace sluice
