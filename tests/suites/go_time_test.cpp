// SPDX-License-Identifier: BSL-1.0
// What Go's tests of timers and tickers check (time/tick_test.go, sleep_test.go), in our words and code; on a clock that is moved by
// hand wherever theirs measure how long something takes.
#include <sluice/chan.hpp>
#include <sluice/func_timer.hpp>
#include <sluice/manual_platform.hpp>
#include <sluice/select.hpp>
#include <sluice/sleep.hpp>
#include <sluice/timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::go_time_test {
namespace {

using namespace std::chrono_literals;
struct own_time;
using m = basic_manual_platform<std_platform, own_time>;
constexpr auto in_place = [](auto run) { run(); };

// TestTicker
TEST(go_ticker, ticks_five_times_then_half_as_fast_then_not_at_all) {
  const auto begin = m::now();
  basic_ticker<m> ticker(20ms);
  const auto c = ticker.c();
  const auto five = [&](auto period) {
    for (int i = 0; i != 5; ++i) {
      m::advance(period);
      EXPECT_TRUE(c.try_pop());
    }
  };
  five(20ms);
  ticker.reset(40ms);
  five(40ms);
  ticker.stop();
  EXPECT_EQ(m::now() - begin, 300ms);
  m::advance(80ms);
  EXPECT_FALSE(c.try_pop());
}

// TestTickerStopWithDirectInitialization: does not compile, so cannot happen.
static_assert(!std::is_default_constructible_v<ticker>);

// TestTeardown
TEST(go_ticker, is_made_and_torn_down_again_and_again) {
  for (int i = 0; i != 3; ++i) {
    ticker t(1ms);
    EXPECT_TRUE(t.c().pop());
    t.stop();
  }
}

// TestTick, TestNewTickerLtZeroDuration, TestTickerResetLtZeroDuration
TEST(go_ticker, a_period_that_is_not_positive_is_refused) {
  EXPECT_THROW(tick(-1ns), std::invalid_argument);
  EXPECT_THROW(ticker{-1ns}, std::invalid_argument);
  ticker t(1s);
  EXPECT_THROW(t.reset(0s), std::invalid_argument);
}

// TestSleep
TEST(go_sleep, takes_no_less_than_asked_for) {
  const auto begin = std::chrono::steady_clock::now();
  sleep_for(20ms);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
}

// TestAfterFunc
TEST(go_after_func, a_function_may_start_the_next_timer) {
  const auto done = make_chan<bool>();
  int i = 10;
  std::function<void()> f = [&] {
    if (--i >= 0)
      after_func(0s, f);
    else
      done.push(true);
  };
  after_func(0s, f);
  EXPECT_TRUE(done.pop());
}

// TestAfterStress, without a garbage collector
TEST(go_ticker, ticks_as_fast_as_it_can_beside_a_thread_that_sleeps) {
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) sleep_for(1ns);
  });
  ticker t(1ns);
  for (int i = 0; i != 100; ++i) EXPECT_TRUE(t.c().pop());
  t.stop();
  stop = true;
  other.join();
}

// TestAfter, TestAfterTick
TEST(go_after, comes_no_earlier_than_asked_for_and_says_when) {
  for (int i = 0; i != 10; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_GE(alarm(2ms).pop().value(), begin + 2ms);
  }
  const auto begin = m::now();
  for (int i = 1; i != 11; ++i) {
    const auto c = alarm<m>(100ms);
    m::advance(100ms);
    EXPECT_EQ(c.pop(), begin + i * 100ms);
  }
}

// TestAfterStop
TEST(go_timer, what_was_stopped_does_not_come_and_stop_is_true_once) {
  bool ran = false;
  after_func<m>(100ms, [] {}, in_place);
  basic_timer<m> t0(50ms);
  auto t1 = after_func<m>(150ms, [&] { ran = true; }, in_place);
  const auto c2 = alarm<m>(200ms);
  EXPECT_TRUE(t0.stop());
  EXPECT_TRUE(t1.stop());
  m::advance(200ms);
  EXPECT_TRUE(c2.try_pop());
  EXPECT_FALSE(t0.c().try_pop());
  EXPECT_FALSE(ran);
  EXPECT_FALSE(t1.stop());
}

// TestAfterQueuing
TEST(go_after, those_that_wait_come_in_the_order_of_their_times) {
  constexpr std::array slots{5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
  const auto begin = m::now();
  std::vector<int> order;
  for (const int slot : slots)
    after_func<m>(
        slot * 20ms,
        [&, slot] {
          order.push_back(slot);
          EXPECT_EQ(m::now(), begin + slot * 20ms);
        },
        in_place);
  m::advance(1s);
  std::vector<int> sorted(slots.begin(), slots.end());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(order, sorted);
}

// TestTimerStopStress
TEST(go_timer, a_hundred_that_are_stopped_in_time_do_not_run) {
  std::atomic<int> runs{0};
  std::vector<std::thread> crew;
  for (int i = 0; i != 20; ++i)
    crew.emplace_back([&] {
      std::vector<basic_func_timer<m>> mine;
      for (int k = 0; k != 5; ++k) mine.push_back(after_func<m>(2s, [&] { ++runs; }, in_place));
      sleep_for<m>(1s);
      for (auto& t : mine) EXPECT_TRUE(t.stop());
    });
  m::await_waiting(20);
  m::advance(1s);
  for (std::thread& t : crew) t.join();
  m::advance(3s);
  EXPECT_EQ(runs, 0);
}

// TestSleepZeroDeadlock
TEST(go_sleep, of_nothing_does_not_wait) {
  for (int i = 0; i != 100; ++i) {
    EXPECT_TRUE(sleep_for(0s));
    const auto c = make_chan<bool>(1);
    c.push(true);
    EXPECT_TRUE(c.pop());
  }
}

// TestReset
TEST(go_timer, one_that_was_reset_fires_neither_early_nor_not_at_all) {
  basic_timer<m> t(50ms);
  const auto c = t.c();
  m::advance(25ms);
  EXPECT_TRUE(t.reset(75ms));
  m::advance(50ms);
  EXPECT_FALSE(c.try_pop());
  m::advance(50ms);
  EXPECT_TRUE(c.try_pop());
  EXPECT_FALSE(t.reset(50ms)) << "it had fired";
}

// TestOverflowSleep, TestOverflowPeriodRuntimeTimer
TEST(go_after, times_beyond_the_clock_never_come_and_times_before_it_at_once) {
  constexpr std::chrono::nanoseconds big = std::chrono::nanoseconds::max();
  EXPECT_EQ(select(on_pop(alarm(big), [](auto) {}), on_pop(alarm(5ms), [](auto) {})), 1U);
  EXPECT_EQ(select(on_pop(alarm(std::chrono::nanoseconds::min()), [](auto) {}), on_pop(alarm(1h), [](auto) {})), 0U);
  const ticker t(big);
}

// TestZeroTimerResetPanics, TestZeroTimerStopPanics: here such a timer is one that is not armed.
TEST(go_timer, without_a_time_may_be_stopped_and_reset) {
  timer t;
  EXPECT_FALSE(t.stop());
  EXPECT_FALSE(t.reset(1ns));
  EXPECT_TRUE(t.c().pop());
}

// TestZeroTimer
TEST(go_timer, of_no_time_at_all_fires) {
  for (int i = 0; i != scaled(1'000); ++i) {
    timer t(0s);
    EXPECT_TRUE(t.c().pop());
  }
}

// TestTimerModifiedEarlier
TEST(go_timer, one_that_is_moved_to_an_earlier_time_fires_then) {
  timer t(1h);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i != 10; ++i) {
    EXPECT_EQ(t.reset(1ms), i == 0);
    EXPECT_TRUE(t.c().pop());
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 10ms);
}

// TestAdjustTimers
TEST(go_timer, many_that_are_stopped_and_reset_at_random_fire_as_they_were_last_told) {
  struct one {
    basic_timer<m> t;
    m::time_point at{};
    bool armed = false;
  };
  std::deque<one> all(100);
  unsigned random = 1;
  const auto draw = [&](unsigned n) { return (random = random * 1'103'515'245U + 12'345U) / 65'536U % n; };
  for (int i = 0; i != 10'000; ++i) {
    one& each = all[draw(100)];
    switch (draw(4)) {
      case 0:
        EXPECT_EQ(each.t.stop(), each.armed);
        each.armed = false;
        break;
      case 1:
      case 2:
        each.at = m::now() + std::chrono::milliseconds(1 + draw(1000));
        EXPECT_EQ(each.t.reset(each.at), each.armed);
        each.armed = true;
        break;
      default:
        m::advance(1ms);
        for (one& o : all) {
          const bool due = o.armed && o.at <= m::now();
          const auto came = o.t.c().try_pop();
          EXPECT_EQ(came.has_value(), due);
          if (due) {
            EXPECT_EQ(came.value(), o.at);
          }
          o.armed = o.armed && !due;
        }
    }
  }
}

// Of Go 1.23's asynctimerchan tests: what stop and reset leave in the channel.
TEST(go_timer, nothing_stale_is_in_the_channel_after_stop_or_reset) {
  basic_timer<m> t(1s);
  basic_ticker<m> k(1s);
  m::advance(2s);
  EXPECT_TRUE(t.stop());
  k.stop();
  EXPECT_FALSE(t.c().try_pop());
  EXPECT_FALSE(k.c().try_pop());
  t.reset(1s);
  k.reset(1s);
  m::advance(1s);
  EXPECT_TRUE(t.reset(1h));
  k.reset(1h);
  EXPECT_FALSE(t.c().try_pop());
  EXPECT_FALSE(k.c().try_pop());
}

}  // namespace
}  // namespace sluice::test::go_time_test
