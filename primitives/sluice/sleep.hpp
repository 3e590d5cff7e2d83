// SPDX-License-Identifier: BSL-1.0
#pragma once
// sleep_for, sleep_until: waits for a time to come, the task in a task (sluice/task.hpp), else the thread. Go's time.Sleep.
//
//   sleep_for(10ms);   sleep_for(1s, ctx)   // a context or a stop token ends it
//
// True: the time has come; false: a stop was requested before. Blocks; takes no memory but what a platform's timed wait takes.
#include <chrono>
#include <cstdint>

#include <sluice/detail/deadline.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Platform = std_platform, class Rep, class Period>
bool sleep_for(const std::chrono::duration<Rep, Period>& d, const typename Platform::stop_token& stop = {}) {
  typename Platform::template atomic<std::uint32_t> never{0};
  const auto until = detail::deadline_after<Platform>(d);
  while (Platform::now() < until)
    if (Platform::wait(never, 0, until, stop) == wait_result::stopped) return false;
  return true;
}
// A clock that may be set is asked again when the time should have come.
template <class Platform = std_platform, class Clock, class Duration>
bool sleep_until(const std::chrono::time_point<Clock, Duration>& t, const typename Platform::stop_token& stop = {}) {
  typename Platform::template atomic<std::uint32_t> never{0};
  while (const auto until = detail::still_to_come<Platform>(t))
    if (Platform::wait(never, 0, *until, stop) == wait_result::stopped) return false;
  return true;
}

}  // namespace sluice
