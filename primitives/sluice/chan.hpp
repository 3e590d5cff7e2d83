// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan: Go's channel. A handle that threads share: push, pop, close, select (select.hpp), co_await (async_chan.hpp).
//
//   make_chan<T>(n)      a buffer of n elements; n = 0: a rendezvous, where push returns once a pop has the element
//   make_chan<T>(unbounded)  room for all: push never waits for room
//   make_pipe<T>(n)      a sender and a receiver of a channel that closes when its last sender is gone
//   chan<T>{}            nil: what waits on it waits for ever
//   sender<T>, receiver<T>   one end only; a chan converts to either, neither converts back
//
// Contract. Elements come out in the order in which they went in. Who waits is served first come, first served, and
// nobody passes those in line. "closed" is reported only after the drain. A push that does not succeed leaves its
// argument untouched, if that is an element (a value_type); anything else, and what emplace is given,
// is made into one before there is an attempt: what that moves from is gone with it, whatever comes of the push, so convert
// what is to be kept first. A pop that reports no element has taken none; a time-out or a stop loses to what arrives. close
// wakes everybody. All operations are linearizable, across channels too; the points are named in detail/chan_core.hpp.
// Progress. While it is open and nobody waits a buffered push or pop is one read-modify-write and no lock; it is not lock-free, for a
// stalled peer stops others at its slot (of signals, which have no slots, it is). All else takes the channel's lock, which sleeps on a
// futex, but a push to the first pop, and a try_* that finds no room, or nobody to meet, in an open channel. try_* wait
// for neither element, room nor arrival, but may wait for a peer in the middle of an operation.
// Nothing allocates but make_chan, make_pipe, and an unbounded push where the buffer is full, one by one, under the lock;
// where that throws v is untouched. T is moved between threads, so its move must not throw; and some moves are under the lock, so in
// a task it must not wait for what another task has to do, a lock that a task may hold among it: who waits for the lock keeps its worker.
// Time. *_until take the time of any clock. Where that is not the platform's, it is converted by what both clocks say when the
// wait begins, and asked again when the time should have come: if it has been set back, the wait goes on, at the end of the line.
// Any thread may use any handle. The const operations of one handle object, which are all but assignment, a move from it and its
// end, may be called by any threads at once; those others stand alone, as with std::shared_ptr.
#include <chrono>
#include <compare>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_access.hpp>
#include <sluice/detail/chan_bulk.hpp>
#include <sluice/detail/chan_handle.hpp>
#include <sluice/detail/chan_iterator.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/expected.hpp>
#include <sluice/platform.hpp>
#include <sluice/wait_status.hpp>

namespace sluice {

// The element of a channel of void, which counts them, as it does any that are empty and trivial: they take no storage.
struct unit {
  friend bool operator==(unit, unit) = default;
};

// For make_chan and make_pipe: without a bound.
struct unbounded_t {};
inline constexpr unbounded_t unbounded{};

template <class T, class Platform, bool Pushes, bool Pops>
class basic_chan : public detail::chan_bulk<basic_chan<T, Platform, Pushes, Pops>,
                                            std::conditional_t<std::is_void_v<T>, unit, T>, Pushes, Pops> {
 public:
  using value_type = std::conditional_t<std::is_void_v<T>, unit, T>;
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;
  using platform = Platform;

  basic_chan() noexcept = default;  // nil
  // The same channel with fewer rights.
  template <bool P, bool Q>
    requires((P || !Pushes) && (Q || !Pops) && (P != Pushes || Q != Pops))
  basic_chan(const basic_chan<T, Platform, P, Q>& other) noexcept : handle_(other.handle_) {}

  explicit operator bool() const noexcept { return core() != nullptr; }
  // Whether they are the same channel.
  template <bool P, bool Q>
  bool operator==(const basic_chan<T, Platform, P, Q>& other) const noexcept {
    return core() == detail::chan_access::core(other);
  }
  // 0 for a rendezvous and for nil, the greatest number without a bound. O(1).
  std::size_t capacity() const noexcept { return core() == nullptr ? 0 : core()->capacity(); }
  // How many elements the buffer held a moment ago: a hint. O(1).
  std::size_t size() const noexcept { return core() == nullptr ? 0 : core()->size(); }
  bool is_closed() const noexcept { return core() != nullptr && core()->is_closed(); }
  // Ends pushing; what is inside can still be popped; wakes everybody. False if it was closed already, or is nil.
  bool close() const
    requires Pushes
  {
    return core() != nullptr && core()->close();
  }

  // Deposits, waiting for room (or, at a rendezvous, for a pop); false if closed, and then `v` is untouched.
  [[gnu::always_inline]] bool push(value_type&& v) const
    requires Pushes
  {
    return push_within(v, {}) == wait_status::success;
  }
  // Copies first, so that what a copy throws is thrown before anything has happened.
  [[gnu::always_inline]] bool push(const value_type& v) const
    requires Pushes
  {
    value_type copy(v);
    return push_within(copy, {}) == wait_status::success;
  }
  // Makes the element first, and pushes it; an rvalue that is an element it pushes itself.
  template <class... Args>
  bool emplace(Args&&... args) const
    requires Pushes
  {
    if constexpr (is_element<Args&&...>) {
      return push(std::forward<Args>(args)...);
    } else {
      value_type v(std::forward<Args>(args)...);
      return push(std::move(v));
    }
  }
  bool push() const
    requires(Pushes && std::is_void_v<T>)
  {
    return emplace();
  }
  // Without waiting: success, full (at a rendezvous: no pop waits), or closed.
  [[gnu::always_inline]] conqueue_status try_push(value_type&& v) const
    requires Pushes
  {
    return core() == nullptr ? conqueue_status::full : core()->try_push(v);
  }
  [[gnu::always_inline]] conqueue_status try_push(const value_type& v) const
    requires Pushes
  {
    value_type copy(v);
    return core() == nullptr ? conqueue_status::full : core()->try_push(copy);
  }
  template <class... Args>
  conqueue_status try_emplace(Args&&... args) const
    requires Pushes
  {
    if constexpr (is_element<Args&&...>) {
      return try_push(std::forward<Args>(args)...);
    } else {
      value_type v(std::forward<Args>(args)...);
      return try_push(std::move(v));
    }
  }
  conqueue_status try_push() const
    requires(Pushes && std::is_void_v<T>)
  {
    return try_push(unit{});
  }
  // As push, but gives up at `deadline`, after `d`, or when stopped.
  template <class U = value_type, class Clock, class Duration>
  wait_status push_until(U&& v, const std::chrono::time_point<Clock, Duration>& deadline,
                         const stop_token& stop = {}) const
    requires(Pushes && std::is_constructible_v<value_type, U>)
  {
    if constexpr (std::is_same_v<U, value_type>)
      return detail::wait_until<Platform>(deadline, [&](time_point t) { return push_within(v, {t, stop}); });
    else
      return push_until(static_cast<value_type>(std::forward<U>(v)), deadline, stop);
  }
  template <class U = value_type, class Rep, class Period>
  wait_status push_for(U&& v, std::chrono::duration<Rep, Period> d, const stop_token& stop = {}) const
    requires(Pushes && std::is_constructible_v<value_type, U>)
  {
    return push_until(std::forward<U>(v), detail::deadline_after<Platform>(d), stop);
  }
  template <class U = value_type>
  wait_status push_or_stop(U&& v, const stop_token& stop) const
    requires(Pushes && std::is_constructible_v<value_type, U>)
  {
    return push_until(std::forward<U>(v), Platform::no_deadline, stop);
  }

  // Takes the first element, waiting for one; none if closed and drained.
  [[gnu::always_inline]] std::optional<value_type> pop() const
    requires Pops
  {
    std::optional<value_type> out;
    static_cast<void>(pop_within(out, {}));
    return out;
  }
  // Without waiting: an element, or empty (at a rendezvous: no push waits), or closed.
  [[gnu::always_inline]] expected<value_type, conqueue_status> try_pop() const
    requires Pops
  {
    expected<value_type, conqueue_status> out{unexpected(conqueue_status::empty)};
    const conqueue_status s = core() == nullptr ? conqueue_status::empty : core()->try_pop(out);
    if (s != conqueue_status::success) out = unexpected(s);
    return out;
  }
  // As pop, but gives up at `deadline`, after `d`, or when stopped.
  template <class Clock, class Duration>
  expected<value_type, wait_status> pop_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                              const stop_token& stop = {}) const
    requires Pops
  {
    std::optional<value_type> out;
    const wait_status s =
        detail::wait_until<Platform>(deadline, [&](time_point t) { return pop_within(out, {t, stop}); });
    if (s != wait_status::success) return unexpected(s);
    return expected<value_type, wait_status>(std::in_place, *std::move(out));
  }
  template <class Rep, class Period>
  expected<value_type, wait_status> pop_for(std::chrono::duration<Rep, Period> d, const stop_token& stop = {}) const
    requires Pops
  {
    return pop_until(detail::deadline_after<Platform>(d), stop);
  }
  expected<value_type, wait_status> pop_or_stop(const stop_token& stop) const
    requires Pops
  {
    return pop_until(Platform::no_deadline, stop);
  }

  // for (T& v : rx): pops until closed and drained. Of views, std::views::take(n) pops, and waits for, one element more than n, for
  // std's counted iterator steps on behind the last: count in a loop of pop instead.
  detail::chan_iterator<basic_chan> begin() const
    requires Pops
  {
    return detail::chan_iterator<basic_chan>(*this);
  }
  std::default_sentinel_t end() const noexcept
    requires Pops
  {
    return {};
  }

 private:
  template <class, class, bool, bool>
  friend class basic_chan;
  friend struct detail::chan_access;
  friend class detail::chan_bulk<basic_chan, value_type, Pushes, Pops>;
  friend class detail::chan_async<basic_chan, value_type, Pushes, Pops>;
  using limit = detail::wait_limit<Platform>;
  using handle = detail::chan_handle<value_type, Platform, Pushes && !Pops>;
  explicit basic_chan(handle h) noexcept : handle_(std::move(h)) {}

  [[gnu::always_inline]] detail::chan_core<value_type, Platform>* core() const noexcept { return handle_.core(); }

  // Whether the arguments are one rvalue that a push can refer to.
  template <class... Args>
  static constexpr bool is_element = std::is_same_v<void(Args...), void(value_type&&)>;

  [[gnu::always_inline]] wait_status push_within(value_type& v, const limit& until) const {
    return core() == nullptr ? wait_on_nil(until) : core()->push(v, until);
  }
  template <class Out>
  [[gnu::always_inline]] wait_status pop_within(Out& out, const limit& until) const {
    return core() == nullptr ? wait_on_nil(until) : core()->pop(out, until);
  }
  [[gnu::noinline]] static wait_status wait_on_nil(const limit& until) {
    detail::bell<Platform> never;
    return never.wait(until) == wait_result::timed_out ? wait_status::timed_out : wait_status::stopped;
  }

  handle handle_;
};

template <class T, class Platform = std_platform>
using chan = basic_chan<T, Platform, true, true>;
template <class T, class Platform = std_platform>
using sender = basic_chan<T, Platform, true, false>;
template <class T, class Platform = std_platform>
using receiver = basic_chan<T, Platform, false, true>;

// A new channel. Nothing allocates afterwards. O(capacity). Throws std::length_error where so many elements do not fit,
// and what the allocator throws.
template <class T, class Platform = std_platform>
chan<T, Platform> make_chan(std::size_t capacity = 0, detail::first_lap first = {}) {
  return detail::chan_access::make<chan<T, Platform>>({capacity, false}, detail::closes::when_told, first);
}
// Without a bound; `near` elements, or one if that is 0, lie in a buffer that is allocated now.
template <class T, class Platform = std_platform>
chan<T, Platform> make_chan(unbounded_t, std::size_t near = detail::near_by<typename chan<T, Platform>::value_type>,
                            detail::first_lap first = {}) {
  return detail::chan_access::make<chan<T, Platform>>({near, true}, detail::closes::when_told, first);
}

// The two ends of a new channel that closes when the last copy of its sender is gone.
template <class T, class Platform = std_platform>
std::pair<sender<T, Platform>, receiver<T, Platform>> make_pipe(std::size_t capacity = 0) {
  return detail::chan_access::make_pipe<sender<T, Platform>, receiver<T, Platform>>({capacity, false});
}
template <class T, class Platform = std_platform>
std::pair<sender<T, Platform>, receiver<T, Platform>> make_pipe(
    unbounded_t, std::size_t near = detail::near_by<typename chan<T, Platform>::value_type>) {
  return detail::chan_access::make_pipe<sender<T, Platform>, receiver<T, Platform>>({near, true});
}

}  // namespace sluice

// By identity, as ==.
template <class T, class Platform, bool Pushes, bool Pops>
struct std::hash<sluice::basic_chan<T, Platform, Pushes, Pops>> {
  std::size_t operator()(const sluice::basic_chan<T, Platform, Pushes, Pops>& c) const noexcept {
    return std::hash<const void*>{}(sluice::detail::chan_access::core(c));
  }
};
