// SPDX-License-Identifier: BSL-1.0
#pragma once
// The clock of patterns that measure time or wait for it, as an argument, so that a test hands in one that it sets itself. A clock is a
// handle that can be copied: now(), which never goes back and any thread may ask, and sleep_until, for those that wait.
#include <chrono>
#include <concepts>
#include <optional>

#include <sluice/chan.hpp>
#include <sluice/platform.hpp>
#include <sluice/select.hpp>

namespace sluice {

using clock_time = std_platform::time_point;

template <class C>
concept time_source = std::copy_constructible<C> && requires(const C& c) {
  { c.now() } -> std::same_as<clock_time>;
};
template <class C>
concept waiting_clock = time_source<C> && requires(const C& c, clock_time t, const receiver<void>& done) {
  { c.sleep_until(t, done) } -> std::same_as<bool>;
};

struct real_clock {
  clock_time now() const noexcept { return std_platform::now(); }
  // Waits: the task in a task, else the thread. False: `done` was closed, or brought a signal, before `t` came; that is asked first.
  bool sleep_until(clock_time t, const receiver<void>& done) const {
    return select_biased(on_pop(done, [](std::optional<unit>) {}), until(t)) != 0;
  }
};

}  // namespace sluice
