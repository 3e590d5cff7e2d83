// SPDX-License-Identifier: BSL-1.0
#pragma once
// strict_sender: the sending end of a chan for those to whom a push into a closed channel is an error, as in Go.
//
//   const strict_sender tx(c);                                  // of a chan or a sender
//   tx.push(7);                                                 // returns: it is inside. Throws closed_channel
//   select(on_push(tx, 7, [] { … }), on_pop(rx, …));            // throws where the push is chosen, and finds it closed
//   co_await tx.async_push(7);                                  // throws when it is resumed (async_chan.hpp)
//
// Contract. Each operation is the sender's of the same name, and keeps what chan.hpp, select.hpp and async_chan.hpp promise,
// but that where a sender says `closed` it throws closed_channel, whether the channel was closed before or while it waited. As
// that says no false any more: what waits without a limit answers nothing, try_push and try_emplace whether there was room.
// A time-out, a stop and no room are no errors. What throws leaves its argument untouched, if that is an element.
// Nil is not closed: what waits on it waits for ever, and a select passes it by; only to close it is an error.
// In a select a closed channel is always ready, and so beside others that are ready it throws if it is chosen, as Go panics;
// beside `otherwise` always. It throws as a handler would, with nothing locked, once the select is over: no case has a node in a line,
// nothing was popped or pushed, no handler ran. The case's own runs only if the element went, and so is called with
// nothing. An any_case whose push threw still has its element, and throws again each time it is chosen.
// A strict_sender of a pipe keeps it open, as a sender does.
// Progress, threads: the sender's. Only the exception allocates.
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/conqueue.hpp>
#include <sluice/platform.hpp>
#include <sluice/select.hpp>
#include <sluice/wait_status.hpp>

namespace sluice {

// Something was pushed into a closed channel, or it was closed twice, or it was nil and was closed.
class closed_channel : public std::logic_error {
 public:
  explicit closed_channel(const std::string& what, std::size_t pushed = 0) : std::logic_error(what), pushed_(pushed) {}
  // Of a push of many, how many are inside.
  std::size_t pushed() const noexcept { return pushed_; }

 private:
  std::size_t pushed_;
};

namespace detail {

// What a sender answers, without what it says of a closed channel.
inline void insist(bool accepted) {
  if (!accepted) throw closed_channel("push into a closed channel");
}
inline bool insist(conqueue_status s) {
  insist(s != conqueue_status::closed);
  return s == conqueue_status::success;
}
inline wait_status insist(wait_status s) {
  insist(s != wait_status::closed);
  return s;
}
inline void insist_on_all(bool open, std::size_t pushed, std::size_t n) {
  if (!open)
    throw closed_channel("push into a closed channel: " + std::to_string(pushed) + " of " + std::to_string(n) +
                             " elements were accepted before",
                         pushed);
}

// The handler of a push in a select, told whether it was accepted.
template <class F>
struct strict_handler {
  F handler;
  void operator()(bool accepted) {
    insist(accepted);
    handler();
  }
};

// The case of a push for which a coroutine waits.
template <class Case>
class strict_case : public Case {
 public:
  using Case::Case;
  auto result(std::uint32_t fired) { return insist(Case::result(fired)); }
};

}  // namespace detail

template <class T, class Platform = std_platform>
class strict_sender {
 public:
  using value_type = typename sender<T, Platform>::value_type;
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;
  using platform = Platform;

  strict_sender() noexcept = default;  // nil
  // Explicit, for what was an answer is an error from here on.
  explicit strict_sender(sender<T, Platform> tx) noexcept : tx_(std::move(tx)) {}
  // The same end, reporting.
  const sender<T, Platform>& lenient() const noexcept { return tx_; }

  explicit operator bool() const noexcept { return static_cast<bool>(tx_); }
  // Whether they are the same channel.
  bool operator==(const strict_sender& other) const noexcept { return tx_ == other.tx_; }
  template <bool P, bool Q>
  bool operator==(const basic_chan<T, Platform, P, Q>& other) const noexcept {
    return tx_ == other;
  }
  std::size_t capacity() const noexcept { return tx_.capacity(); }
  std::size_t size() const noexcept { return tx_.size(); }
  bool is_closed() const noexcept { return tx_.is_closed(); }
  // Throws closed_channel if it is closed already, or nil.
  void close() const {
    if (!tx_.close()) throw closed_channel(tx_ ? "close of a closed channel" : "close of a nil channel");
  }

  // Deposits, waiting for room. Throws closed_channel, as all that follow.
  void push(value_type&& v) const { detail::insist(tx_.push(std::move(v))); }
  void push(const value_type& v) const { detail::insist(tx_.push(v)); }
  template <class... Args>
  void emplace(Args&&... args) const {
    detail::insist(tx_.emplace(std::forward<Args>(args)...));
  }
  void push() const
    requires std::is_void_v<T>
  {
    detail::insist(tx_.push());
  }
  // Without waiting: false if there is no room.
  bool try_push(value_type&& v) const { return detail::insist(tx_.try_push(std::move(v))); }
  bool try_push(const value_type& v) const { return detail::insist(tx_.try_push(v)); }
  template <class... Args>
  bool try_emplace(Args&&... args) const {
    return detail::insist(tx_.try_emplace(std::forward<Args>(args)...));
  }
  bool try_push() const
    requires std::is_void_v<T>
  {
    return detail::insist(tx_.try_push());
  }
  // As push, but gives up at `deadline`, after `d`, or when stopped: success, timed_out or stopped.
  template <class U = value_type, class Clock, class Duration>
    requires std::is_constructible_v<value_type, U>
  wait_status push_until(U&& v, const std::chrono::time_point<Clock, Duration>& deadline,
                         const stop_token& stop = {}) const {
    return detail::insist(tx_.push_until(std::forward<U>(v), deadline, stop));
  }
  template <class U = value_type, class Rep, class Period>
    requires std::is_constructible_v<value_type, U>
  wait_status push_for(U&& v, std::chrono::duration<Rep, Period> d, const stop_token& stop = {}) const {
    return detail::insist(tx_.push_for(std::forward<U>(v), d, stop));
  }
  template <class U = value_type>
    requires std::is_constructible_v<value_type, U>
  wait_status push_or_stop(U&& v, const stop_token& stop) const {
    return detail::insist(tx_.push_or_stop(std::forward<U>(v), stop));
  }

  // All `n` from `first` on. What was deposited before a close is inside when it throws, and pushed() says how many.
  template <class It>
  void push_n(It first, std::size_t n) const {
    const std::size_t pushed = tx_.push_n(std::move(first), n);
    detail::insist_on_all(pushed == n, pushed, n);
  }
  // Without waiting: how many, fewer only if there is no room for more.
  template <class It>
  std::size_t try_push_n(It first, std::size_t n) const {
    const bulk_result r = tx_.try_push_n(std::move(first), n);
    detail::insist_on_all(r.status != conqueue_status::closed, r.count, n);
    return r.count;
  }
  // As push_n, but gives up as push_until, push_for and push_or_stop; what was deposited until then is inside.
  template <class It, class Clock, class Duration>
  bulk_wait_result push_n_until(It first, std::size_t n, const std::chrono::time_point<Clock, Duration>& deadline,
                                const stop_token& stop = {}) const {
    return all(tx_.push_n_until(std::move(first), n, deadline, stop), n);
  }
  template <class It, class Rep, class Period>
  bulk_wait_result push_n_for(It first, std::size_t n, std::chrono::duration<Rep, Period> d,
                              const stop_token& stop = {}) const {
    return all(tx_.push_n_for(std::move(first), n, d, stop), n);
  }
  template <class It>
  bulk_wait_result push_n_or_stop(It first, std::size_t n, const stop_token& stop) const {
    return all(tx_.push_n_or_stop(std::move(first), n, stop), n);
  }

  // co_await, with async_chan.hpp: as the sender's, but the first answers nothing, the second success or stopped.
  template <class U = value_type, class Executor = resume_inline>
    requires std::is_convertible_v<U, value_type>
  auto async_push(U&& v, Executor resume = {}) const {
    return tx_.async_push(std::forward<U>(v), std::move(resume)).template answered_by<detail::strict_case>();
  }
  template <class U = value_type, class Token, class Executor = resume_inline>
    requires std::is_convertible_v<U, value_type>
  auto async_push_or_stop(U&& v, Token stop, Executor resume = {}) const {
    return tx_.async_push_or_stop(std::forward<U>(v), std::move(stop), std::move(resume))
        .template answered_by<detail::strict_case>();
  }

 private:
  static bulk_wait_result all(bulk_wait_result r, std::size_t n) {
    detail::insist_on_all(r.status != wait_status::closed, r.count, n);
    return r;
  }

  sender<T, Platform> tx_;
};

template <class T, class Platform, bool Pops>
strict_sender(basic_chan<T, Platform, true, Pops>) -> strict_sender<T, Platform>;

// A case of a select: fires when `c` takes `v`, and calls `f()`; throws closed_channel out of the select where it is chosen and `c`
// is closed. What it does with `v` is what the sender's does.
template <class T, class Platform, class U, class F = detail::nothing_to_do>
  requires(std::convertible_to<U, typename strict_sender<T, Platform>::value_type> && std::invocable<F&>)
auto on_push(const strict_sender<T, Platform>& c, U&& v, F f = {}) {
  return on_push(c.lenient(), std::forward<U>(v), detail::strict_handler<F>{std::move(f)});
}

}  // namespace sluice

// By identity, as ==.
template <class T, class Platform>
struct std::hash<sluice::strict_sender<T, Platform>> {
  std::size_t operator()(const sluice::strict_sender<T, Platform>& c) const noexcept {
    return std::hash<sluice::sender<T, Platform>>{}(c.lenient());
  }
};
