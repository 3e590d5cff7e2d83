// SPDX-License-Identifier: BSL-1.0
#pragma once
// Points in time as callers name them, on the clock that a Platform waits by.
#include <chrono>
#include <type_traits>

#include <sluice/platform.hpp>

namespace sluice::detail {

// The point in time `d` from now: now where `d` is not positive, never where it is beyond the clock.
template <class Platform, class Rep, class Period>
typename Platform::time_point deadline_after(std::chrono::duration<Rep, Period> d) {
  using seconds = std::chrono::duration<double>;
  using time_point = typename Platform::time_point;
  const time_point now = Platform::now();
  if (d <= d.zero()) return now;
  if (seconds(d) >= seconds(Platform::no_deadline - now)) return Platform::no_deadline;
  return now + std::chrono::ceil<typename time_point::duration>(d);
}

// Runs `attempt` (a time_point to a bool) until it succeeds, `deadline` has come on the caller's clock, or a stop was
// requested. A clock that is not the Platform's may be set while we wait, so it is asked again after each attempt.
template <class Platform, class Clock, class Duration, class Attempt>
bool until(const std::chrono::time_point<Clock, Duration>& deadline, const typename Platform::stop_token& stop,
           Attempt attempt) {
  using time_point = typename Platform::time_point;
  if constexpr (std::is_same_v<Clock, typename time_point::clock>) {
    return attempt(std::chrono::time_point_cast<typename time_point::duration>(deadline));
  } else {
    for (;;) {
      const auto now = Clock::now();
      const bool late = deadline <= now;
      if (attempt(late ? Platform::now() : deadline_after<Platform>(deadline - now))) return true;
      if (late || stop.stop_requested()) return false;
    }
  }
}

}  // namespace sluice::detail
