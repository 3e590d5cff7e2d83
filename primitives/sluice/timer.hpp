// SPDX-License-Identifier: BSL-1.0
#pragma once
// timer, ticker, alarm, tick: times that come as elements of a channel, for select. Go's time.Timer, Ticker, After and Tick.
//
//   timer late(2s);       select(on_pop(results, …), on_pop(late.c(), [](auto) { … }));   late.stop();   late.reset(1s);
//   ticker beat(1s);      for (;;) select(on_pop(beat.c(), …), on_pop(ctx.done(), …));
//   for (const auto now : tick(1s)) …                                  until nobody holds the receiver
//   select(on_pop(results, …), on_pop(alarm(2s), [](auto) { … }));     the clause after(2s, …) does this and takes no memory
//
// Contract. A timer fires once at its time, or never before it is stopped or reset; a ticker fires at each multiple of its period
// after its start, and what was not taken by the next time is that time's too: ticks are dropped, and never pile up. What comes
// out of the channel is when it fired. Once stop or reset has returned, nothing that fired before comes out any more, as in Go since
// 1.23: stop says true if it was armed, or if what had fired was still there. Nothing closes the channel: who waits for a
// timer that was stopped, or has gone, waits for ever.
// Linearization points: stop, reset and firing take the lock of the clock's heap (detail/timed_channel.hpp); a time that a waiter got
// by then was taken.
// Progress and cost: short locks, O(log n) of those that are armed to arm, O(1) amortized to stop; no memory but a place in the heap and,
// when c() is first called, a channel. All timers of a Platform, and the deadlines of contexts, are kept by one thread, which the
// first one starts; coroutines that wait for a time are resumed on it, and must not wait there.
// One timer object is used by one thread at a time, its channel by any. It is not moved: the clock knows its address.
// Errors. A period that is not positive throws std::invalid_argument; the first timer std::system_error where no thread can be started;
// what arms one, and what makes its channel, std::bad_alloc where there is no memory: what was to be armed then is not.
#include <chrono>
#include <stdexcept>
#include <string>

#include <sluice/chan.hpp>
#include <sluice/detail/clock.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/detail/timed_channel.hpp>
#include <sluice/platform.hpp>

namespace sluice {

namespace detail {
template <class Platform, class Rep, class Period>
typename Platform::time_point::duration checked_period(const char* who,
                                                       const std::chrono::duration<Rep, Period>& period) {
  using seconds = std::chrono::duration<double>;
  using ticks = typename Platform::time_point::duration;
  if (!(period > period.zero()))
    throw std::invalid_argument("sluice::" + std::string(who) + ": a period of " +
                                std::to_string(seconds(period).count()) + " s was given, but it has to be positive");
  return seconds(period) >= seconds(ticks::max()) ? ticks::max() : std::chrono::ceil<ticks>(period);
}
}  // namespace detail

template <class Platform = std_platform>
class basic_timer {
 public:
  using time_point = typename Platform::time_point;

  // Not armed.
  basic_timer() : timed_(detail::clock<Platform>::the_one()) {}
  // Fires after `d`, at once if that is not positive; or at `at`.
  template <class Rep, class Period>
  explicit basic_timer(const std::chrono::duration<Rep, Period>& d)
      : basic_timer(detail::deadline_after<Platform>(d)) {}
  explicit basic_timer(time_point at) : basic_timer() { timed_.start(at, {}); }
  basic_timer(const basic_timer&) = delete;
  basic_timer& operator=(const basic_timer&) = delete;
  ~basic_timer() { timed_.stop(); }

  // Brings the time at which it fired, each time that it does.
  receiver<time_point, Platform> c() { return timed_.channel(); }
  // It does not fire, and nothing of it comes any more. False: it had fired, and that was taken; or it was not armed.
  bool stop() { return timed_.stop(); }
  // Fires after `d`, or at `at`, and nothing comes of what was before. True if stop() would have been.
  template <class Rep, class Period>
  bool reset(const std::chrono::duration<Rep, Period>& d) {
    return reset(detail::deadline_after<Platform>(d));
  }
  bool reset(time_point at) {
    const bool was_active = timed_.stop();
    timed_.start(at, {});
    return was_active;
  }

 private:
  detail::timed_channel<Platform> timed_;
};

template <class Platform = std_platform>
class basic_ticker {
 public:
  using time_point = typename Platform::time_point;

  // Fires every `period`, first after one.
  template <class Rep, class Period>
  explicit basic_ticker(const std::chrono::duration<Rep, Period>& period) : timed_(detail::clock<Platform>::the_one()) {
    start(detail::checked_period<Platform>("ticker", period));
  }
  basic_ticker(const basic_ticker&) = delete;
  basic_ticker& operator=(const basic_ticker&) = delete;
  ~basic_ticker() { timed_.stop(); }

  receiver<time_point, Platform> c() { return timed_.channel(); }
  // No tick comes any more. Nor does the channel close.
  void stop() { timed_.stop(); }
  // The next tick comes after `period`, and so do all others.
  template <class Rep, class Period>
  void reset(const std::chrono::duration<Rep, Period>& period) {
    const auto checked = detail::checked_period<Platform>("ticker::reset", period);
    timed_.stop();
    start(checked);
  }

 private:
  void start(typename time_point::duration period) { timed_.start(detail::deadline_after<Platform>(period), period); }

  detail::timed_channel<Platform> timed_;
};

using timer = basic_timer<>;
using ticker = basic_ticker<>;

// Brings one time, after `d`. Goes when it has fired; until then it takes memory, also where nobody holds the receiver.
template <class Platform = std_platform, class Rep, class Period>
receiver<typename Platform::time_point, Platform> alarm(const std::chrono::duration<Rep, Period>& d) {
  return detail::lone_timer<Platform>::start(detail::deadline_after<Platform>(d), {});
}
// A ticker that goes when it fires and nobody holds the receiver any more.
template <class Platform = std_platform, class Rep, class Period>
receiver<typename Platform::time_point, Platform> tick(const std::chrono::duration<Rep, Period>& period) {
  const auto checked = detail::checked_period<Platform>("tick", period);
  return detail::lone_timer<Platform>::start(detail::deadline_after<Platform>(checked), checked);
}

}  // namespace sluice
