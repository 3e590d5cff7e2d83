// SPDX-License-Identifier: BSL-1.0
#pragma once
// manual_platform: a Platform whose time stands still until somebody moves it: whatever waits for a time, on any primitive, waits for
// advance(). For tests of programs with deadlines, that then need no sleep and see the same every time.
//
//   using m = manual_platform;
//   basic_ticker<m> beat(1s);   auto [ctx, cancel] = with_timeout(background<m>(), 1h);   chan<int, m> …   sleep_for<m>(1s)
//   m::advance(1h);                       the ticker has fired, the context has ended
//   m::await_waiting(1);                  a thread or a task is in a timed wait: now time may be moved
//
// Contract. advance moves time on through all moments at which something is due, in their order, and returns when all of it has
// happened: timers have fired, contexts have ended with what their ends call, timed waits have been told. What those threads do then
// is theirs. What is made at a time that is past, or passes meanwhile, happens with the next advance, be it by 0s. Time begins at the epoch and is one for the process (one for each Base and Tag): tests that run at once need tags.
// advance is called by one thread at a time, the others wait; what is due at a time runs on it, and must not call it.
//
// How that is told is detail/manual_time.hpp's. A timed wait allocates; where it cannot, who waits looks again and again. Everything else is Base's: threads and tasks wait on it as on that.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stop_token>

#include <sluice/detail/clock.hpp>
#include <sluice/detail/manual_time.hpp>
#include <sluice/detail/timer_heap.hpp>
#include <sluice/mutex.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Base = std_platform, class Tag = void>
class basic_manual_platform : public Base {
 public:
  using time_point = typename Base::time_point;
  using duration = typename time_point::duration;
  using stop_token = typename Base::stop_token;
  using word = typename Base::template atomic<std::uint32_t>;
  static constexpr bool moved_by_hand = true;

  static time_point now() { return the_time().hands.now(); }

  static wait_result wait(word& w, std::uint32_t expected, time_point deadline = Base::no_deadline,
                          const stop_token& stop = {}) {
    if (deadline == Base::no_deadline) return Base::wait(w, expected, deadline, stop);
    try {
      return wait_for_time(w, expected, deadline, stop);
    } catch (const std::bad_alloc&) {
      if (stop.stop_requested()) return wait_result::stopped;
      if (deadline <= now()) return wait_result::timed_out;
    }
    Base::yield();
    return wait_result::woken;
  }

  // Moves time on by `d`, or to `at` unless that is past.
  static void advance(duration d) {
    const time_point from = now();
    advance_to(d < Base::no_deadline - from ? from + d : Base::no_deadline);
  }
  static void advance_to(time_point at) {
    time& t = the_time();
    t.moving.lock();
    for (time_point next = t.let_happen(); now() < at || (next <= at && next != Base::no_deadline);
         next = t.let_happen())
      t.hands.move_to(next < at ? next : at);
    t.moving.unlock();
  }
  // Blocks until at least `n` threads and tasks are in waits that have a deadline.
  static void await_waiting(std::uint32_t n) { the_time().hands.await_waiting(n); }

 private:
  using heap = detail::timer_heap<basic_manual_platform>;

  struct sleeper : heap::timer {
    sleeper() : heap::timer(&time_is_up) {}
    static time_point time_is_up(typename heap::timer& t, time_point) {
      static_cast<sleeper&>(t).enough.request_stop();
      return Base::no_deadline;
    }
    typename Base::stop_source enough;
  };
  struct time {
    // What is due; when there is more.
    time_point let_happen() {
      const auto nothing = [] {};
      const time_point of_sleepers = sleepers.step(nothing);
      const time_point of_clock = detail::clock<basic_manual_platform>::the_one().step();
      return of_sleepers < of_clock ? of_sleepers : of_clock;
    }
    basic_mutex<Base> moving;
    heap sleepers;
    detail::manual_time<Base> hands;
  };
  static wait_result wait_for_time(word& w, std::uint32_t expected, time_point deadline, const stop_token& stop) {
    time& t = the_time();
    sleeper self;
    const auto forward = [&self] { self.enough.request_stop(); };
    const typename Base::template stop_callback<decltype(forward)> stopped(stop, forward);
    t.sleepers.arm(self, deadline);
    const typename detail::manual_time<Base>::someone_waits here(t.hands);
    if (deadline <= now()) self.enough.request_stop();
    const wait_result why = Base::wait(w, expected, Base::no_deadline, self.enough.get_token());
    static_cast<void>(t.sleepers.disarm(self));
    if (why != wait_result::stopped) return why;
    return stop.stop_requested() ? wait_result::stopped : wait_result::timed_out;
  }
  // Never destroyed: who waits may do so until the process ends.
  static time& the_time() {
    static time& t = *new time;
    return t;
  }
};

using manual_platform = basic_manual_platform<>;

}  // namespace sluice
