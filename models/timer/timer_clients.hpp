// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of timers, of which timed_channel is all that races. Each client: one property, bounds in its shape. Thread 0 is
// the clock; what is due at now() may fire whenever it looks, what is due later never does.
#include <chrono>

#include <sluice/detail/clock.hpp>
#include <sluice/detail/timed_channel.hpp>

namespace sluice::models {

template <class Engine>
struct timer_clients {
  using platform = typename Engine::platform;
  using clock_type = detail::clock<platform>;
  using timed = detail::timed_channel<platform>;
  using times = receiver<typename platform::time_point, platform>;

  static auto later() { return platform::now() + std::chrono::hours(1); }

  // The clock's thread, or somebody after it, takes what has fired.
  struct stop_against_fire {
    static constexpr const char* name = "stop_against_fire";
    static constexpr const char* property =
        "what fired was taken, or stop says true; once it has returned nothing comes";
    static constexpr unsigned threads = 2;

    clock_type c{};
    timed t{c};
    times rx = t.channel();
    bool taken = false;
    bool stopped = false;

    stop_against_fire() { t.start(platform::now(), {}); }
    void thread(unsigned index) {
      if (index == 0) {
        c.step();
        taken = rx.try_pop().has_value();
        return;
      }
      stopped = t.stop();
      Engine::require(!rx.try_pop().has_value(), "nothing comes any more");
    }
    void finish() {
      Engine::require(taken != stopped, "it was taken or stopped");
      Engine::require(c.timers().armed() == 0, "it is not armed");
    }
  };

  struct reset_against_fire {
    static constexpr const char* name = "reset_against_fire";
    static constexpr const char* property = "after a reset nothing comes that fired before, and the new time is kept";
    static constexpr unsigned threads = 2;

    clock_type c{};
    timed t{c};
    times rx = t.channel();
    bool taken = false;
    bool was_active = false;

    reset_against_fire() { t.start(platform::now(), {}); }
    void thread(unsigned index) {
      if (index == 0) {
        c.step();
        taken = rx.try_pop().has_value();
        c.step();
        return;
      }
      was_active = t.stop();
      t.start(later(), {});
      Engine::require(!rx.try_pop().has_value(), "nothing comes before the new time");
    }
    void finish() {
      Engine::require(taken != was_active, "what fired was taken or dropped");
      Engine::require(c.timers().armed() == 1 && t.stop(), "it is armed");
    }
  };

  // The channel may be asked for before or after it fires.
  struct a_waiter_gets_it {
    static constexpr const char* name = "a_waiter_gets_it";
    static constexpr const char* property = "who waits for a timer gets its time, whenever he asked for the channel";
    static constexpr unsigned threads = 2;

    clock_type c{};
    timed t{c};

    a_waiter_gets_it() { t.start(platform::now(), {}); }
    void thread(unsigned index) {
      if (index == 0) {
        c.step();
        return;
      }
      const times rx = t.channel();
      Engine::require(rx.pop() == platform::now(), "it is when it fired");
      Engine::require(!rx.try_pop().has_value(), "and comes once");
    }
    void finish() { Engine::require(!t.stop(), "it has fired and was taken"); }
  };

  // Two waiters, one time: the other one is not rung.
  struct one_of_two_waiters {
    static constexpr const char* name = "one_of_two_waiters";
    static constexpr const char* property = "one of those who wait gets what fires, and stop then says false";
    static constexpr unsigned threads = 3;
    static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }

    clock_type c{};
    timed t{c};
    times rx = t.channel();
    bool got[2] = {};

    one_of_two_waiters() { t.start(platform::now(), {}); }
    void thread(unsigned index) {
      if (index == 0)
        c.step();
      else
        got[index - 1] = rx.try_pop().has_value();
    }
    void finish() {
      const bool left = t.stop();
      Engine::require(got[0] + got[1] + left == 1, "one has it, or it is left");
    }
  };
};

}  // namespace sluice::models
