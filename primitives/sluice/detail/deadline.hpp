// SPDX-License-Identifier: BSL-1.0
#pragma once
// Points in time as callers name them, on the clock that a Platform waits by.
#include <chrono>
#include <optional>
#include <type_traits>

#include <sluice/platform.hpp>
#include <sluice/wait_status.hpp>

namespace sluice::detail {

// The point in time `d` from now: now where `d` is not positive or no number, never where it is beyond the clock.
template <class Platform, class Rep, class Period>
typename Platform::time_point deadline_after(std::chrono::duration<Rep, Period> d) {
  using seconds = std::chrono::duration<double>;
  using time_point = typename Platform::time_point;
  const time_point now = Platform::now();
  if (!(d > d.zero())) return now;
  if (seconds(d) >= seconds(Platform::no_deadline - now)) return Platform::no_deadline;
  return now + std::chrono::ceil<typename time_point::duration>(d);
}

// The time `t` on the Platform's own clock, rounded up; the first or last that it has where `t` is beyond them, the first where it is no
// number.
template <class Platform, class Duration>
typename Platform::time_point deadline_at(
    const std::chrono::time_point<typename Platform::time_point::clock, Duration>& t) {
  using seconds = std::chrono::duration<double>;
  using time_point = typename Platform::time_point;
  if constexpr (std::is_same_v<Duration, typename time_point::duration>) {
    return t;
  } else {
    const seconds at(t.time_since_epoch());
    if (at >= seconds(Platform::no_deadline.time_since_epoch())) return Platform::no_deadline;
    if (!(at > seconds(time_point::min().time_since_epoch()))) return time_point::min();
    return std::chrono::ceil<typename time_point::duration>(t);
  }
}

// When `t` comes, in the Platform's time, by what its own clock says now; none if it has come, or is no number.
template <class Platform, class Clock, class Duration>
std::optional<typename Platform::time_point> still_to_come(const std::chrono::time_point<Clock, Duration>& t) {
  using seconds = std::chrono::duration<double>;
  using time_point = typename Platform::time_point;
  if constexpr (std::is_same_v<Clock, typename time_point::clock>) {
    const time_point at = deadline_at<Platform>(t);
    return Platform::now() < at ? std::optional(at) : std::nullopt;
  } else {
    using finer = std::common_type_t<Duration, typename Clock::duration>;
    const auto now = Clock::now();
    const seconds at(t.time_since_epoch());
    const seconds then(now.time_since_epoch());
    const seconds left = at - then;
    const seconds longest = Platform::no_deadline - Platform::now();
    if (left >= longest) return Platform::no_deadline;
    if (!(left > -longest)) return std::nullopt;
    // The finer unit of the two may not hold both; then one is far from the other, and less than a microsecond does not count.
    const auto holds = [](seconds s) { return s > seconds(finer::min()) && s < seconds(finer::max()); };
    if (!holds(at) || !holds(then))
      return left > left.zero() ? std::optional(deadline_after<Platform>(left)) : std::nullopt;
    if (t <= now) return std::nullopt;
    return deadline_after<Platform>(t - now);
  }
}

// Runs `attempt` (a time_point to a bool) until it succeeds, `deadline` has come on the caller's clock, or a stop was
// requested. A clock that is not the Platform's may be set while we wait, so it is asked again after each attempt.
template <class Platform, class Clock, class Duration, class Attempt>
bool until(const std::chrono::time_point<Clock, Duration>& deadline, const typename Platform::stop_token& stop,
           Attempt attempt) {
  using time_point = typename Platform::time_point;
  if constexpr (std::is_same_v<Clock, typename time_point::clock>) {
    return attempt(deadline_at<Platform>(deadline));
  } else {
    for (;;) {
      const std::optional<time_point> at = still_to_come<Platform>(deadline);
      if (attempt(at ? *at : Platform::now())) return true;
      if (!at || stop.stop_requested()) return false;
    }
  }
}

// The same of an attempt that says how it ended (a time_point to a wait_status): until that is not timed_out.
template <class Platform, class Clock, class Duration, class Attempt>
wait_status wait_until(const std::chrono::time_point<Clock, Duration>& deadline, Attempt attempt) {
  using time_point = typename Platform::time_point;
  if constexpr (std::is_same_v<Clock, typename time_point::clock>) {
    return attempt(deadline_at<Platform>(deadline));
  } else {
    for (;;) {
      const std::optional<time_point> at = still_to_come<Platform>(deadline);
      const wait_status s = attempt(at ? *at : Platform::now());
      if (s != wait_status::timed_out || !at) return s;
    }
  }
}

}  // namespace sluice::detail
