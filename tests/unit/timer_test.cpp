// SPDX-License-Identifier: BSL-1.0
#include <sluice/timer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/after_func.hpp>
#include <sluice/async_chan.hpp>
#include <sluice/context.hpp>
#include <sluice/func_timer.hpp>
#include <sluice/manual_platform.hpp>
#include <sluice/select.hpp>
#include <sluice/sleep.hpp>
#include <sluice/task.hpp>

namespace sluice::test::timer_test {
namespace {

using namespace std::chrono_literals;
struct own_time;
using m = basic_manual_platform<std_platform, own_time>;
using manual_timer = basic_timer<m>;
using manual_ticker = basic_ticker<m>;

TEST(timer, fires_once_at_its_time_and_says_when) {
  const auto begin = m::now();
  manual_timer t(10s);
  const auto c = t.c();
  m::advance(9s);
  EXPECT_FALSE(c.try_pop());
  m::advance(5s);
  EXPECT_EQ(c.pop(), begin + 10s);
  m::advance(1h);
  EXPECT_FALSE(c.try_pop());
  EXPECT_FALSE(t.stop()) << "it has fired, and that was taken";
}

TEST(timer, whose_channel_nobody_asked_for_keeps_what_fired) {
  manual_timer t(1s);
  m::advance(1s);
  EXPECT_TRUE(t.c().try_pop());
  EXPECT_TRUE(t.reset(1s) == false);
  m::advance(1s);
  EXPECT_TRUE(t.stop());
  EXPECT_FALSE(t.c().try_pop());
}

TEST(timer, that_was_stopped_leaves_nothing_behind_whether_it_had_fired_or_not) {
  manual_timer t(1s);
  const auto c = t.c();
  EXPECT_TRUE(t.stop());
  EXPECT_FALSE(t.stop());
  m::advance(2s);
  EXPECT_FALSE(c.try_pop());
  t.reset(1s);
  m::advance(1s);
  EXPECT_TRUE(t.stop()) << "what fired was there";
  EXPECT_FALSE(c.try_pop()) << "and is not any more";
}

TEST(timer, that_was_reset_fires_at_the_new_time_alone) {
  manual_timer t(1s);
  const auto c = t.c();
  m::advance(1s);
  EXPECT_TRUE(t.reset(3s));
  EXPECT_FALSE(c.try_pop()) << "nothing stale";
  m::advance(2s);
  EXPECT_FALSE(c.try_pop());
  const auto at = m::now() + 1s;
  m::advance(1s);
  EXPECT_EQ(c.pop(), at);
  EXPECT_FALSE(t.reset(m::now() + 1s));
  m::advance(1s);
  EXPECT_TRUE(c.try_pop());
}

TEST(timer, without_a_time_is_not_armed_until_it_is_reset) {
  manual_timer t;
  EXPECT_FALSE(t.stop());
  EXPECT_FALSE(t.reset(1s));
  m::advance(1s);
  EXPECT_TRUE(t.c().try_pop());
}

TEST(timer, of_a_time_beyond_the_clock_never_fires) {
  manual_timer t(std::chrono::hours::max());
  m::advance(1h);
  EXPECT_FALSE(t.c().try_pop());
  EXPECT_TRUE(t.stop());
}

TEST(timer, wakes_threads_tasks_selects_and_coroutines) {
  timer soon(1ms);
  EXPECT_TRUE(soon.c().pop());
  soon.reset(1ms);
  EXPECT_EQ(select(on_pop(make_chan<int>(), [](auto) {}), on_pop(soon.c(), [](auto) {})), 1U);
  scheduler s({.workers = 1});
  s.run([] {
    timer late(1ms);
    EXPECT_TRUE(late.c().pop());
    EXPECT_TRUE(sleep_for(1ms));
    EXPECT_TRUE(alarm(1ms).pop());
  });
}

TEST(ticker, ticks_at_multiples_of_its_period_and_drops_what_nobody_takes) {
  const auto begin = m::now();
  manual_ticker t(1s);
  const auto c = t.c();
  for (int i = 1; i != 4; ++i) {
    m::advance(1s);
    EXPECT_EQ(c.try_pop().value(), begin + i * 1s);
  }
  m::advance(10s);
  EXPECT_EQ(c.try_pop().value(), begin + 4s) << "the first that was not taken";
  EXPECT_FALSE(c.try_pop()) << "they do not pile up";
  m::advance(500ms);
  EXPECT_FALSE(c.try_pop());
  m::advance(500ms);
  EXPECT_EQ(c.try_pop().value(), begin + 14s) << "in step";
}

TEST(ticker, whose_next_tick_is_beyond_the_clock_ticks_no_more) {
  struct long_time;
  using far = basic_manual_platform<std_platform, long_time>;
  const auto half = (far::no_deadline - far::now()) / 2 - 1h;
  basic_ticker<far> t(half);
  const auto c = t.c();
  for (int i = 0; i != 2; ++i) {
    far::advance(half);
    EXPECT_TRUE(c.try_pop());
  }
  far::advance(1h);
  EXPECT_FALSE(c.try_pop());
}

TEST(ticker, that_was_stopped_or_reset_leaves_no_stale_tick) {
  manual_ticker t(1s);
  const auto c = t.c();
  m::advance(1s);
  t.reset(5s);
  EXPECT_FALSE(c.try_pop());
  m::advance(4s);
  EXPECT_FALSE(c.try_pop());
  m::advance(1s);
  EXPECT_TRUE(c.try_pop());
  m::advance(5s);
  t.stop();
  EXPECT_FALSE(c.try_pop());
  m::advance(1h);
  EXPECT_FALSE(c.try_pop());
  t.reset(1s);
  m::advance(1s);
  EXPECT_TRUE(c.try_pop()) << "and may go on";
}

TEST(ticker, of_a_period_that_is_not_positive_is_refused) {
  for (const auto period : {0s, -1s}) {
    EXPECT_THROW(ticker{period}, std::invalid_argument);
    EXPECT_THROW(tick(period), std::invalid_argument);
    ticker good(1h);
    EXPECT_THROW(good.reset(period), std::invalid_argument);
  }
  try {
    tick(-1s);
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "sluice::tick: a period of -1.000000 s was given, but it has to be positive");
  }
}

TEST(ticker, that_nobody_hears_goes) {
  const std::size_t before = detail::clock<m>::armed();
  {
    const auto times = tick<m>(1s);
    m::advance(1s);
    EXPECT_TRUE(times.try_pop());
    m::advance(1s);
    EXPECT_EQ(detail::clock<m>::armed(), before + 1);
  }
  m::advance(1s);
  EXPECT_EQ(detail::clock<m>::armed(), before);
}

TEST(alarm, brings_one_time_and_goes) {
  const std::size_t before = detail::clock<m>::armed();
  const auto at = m::now() + 1s;
  const auto c = alarm<m>(1s);
  static_cast<void>(alarm<m>(1s));
  m::advance(2s);
  EXPECT_EQ(c.pop(), at);
  EXPECT_FALSE(c.try_pop());
  EXPECT_EQ(detail::clock<m>::armed(), before);
}

TEST(func_timer, runs_its_function_once_unless_it_is_stopped) {
  const auto in_place = [](auto run) { run(); };
  int runs = 0;
  const auto held = std::make_shared<int>(1);
  auto t = after_func<m>(1s, [&runs, held] { ++runs; }, in_place);
  m::advance(1s);
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(t.stop());
  EXPECT_FALSE(t.reset(1s));
  EXPECT_TRUE(t.reset(2s));
  m::advance(1s);
  EXPECT_EQ(runs, 1);
  m::advance(1s);
  EXPECT_EQ(runs, 2);
  EXPECT_FALSE(t.reset(1s));
  EXPECT_TRUE(t.stop());
  m::advance(1h);
  EXPECT_EQ(runs, 2);
  static_cast<void>(after_func<m>(1s, [&runs, held] { ++runs; }, in_place));
  EXPECT_EQ(held.use_count(), 3) << "one that was dropped is armed still";
  m::advance(1s);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(held.use_count(), 2) << "and goes when it has run";
}

TEST(func_timer, runs_its_function_on_a_thread_of_its_own) {
  const auto ran = make_chan<std::thread::id>();
  auto t = after_func(0s, [ran] { ran.push(std::this_thread::get_id()); });
  EXPECT_NE(ran.pop(), std::this_thread::get_id());
}

static_assert(!std::is_copy_constructible_v<func_timer> && std::is_nothrow_move_assignable_v<func_timer>);

struct nothing_can_be_started : m {
  template <class F>
  static void start(F) {
    throw std::bad_alloc();  // as for a task without room for a stack
  }
};

TEST(func_timer, runs_its_function_on_the_clock_where_nothing_can_be_started) {
  int runs = 0;
  const auto t = after_func<nothing_can_be_started>(0s, [&] { ++runs; });
  detail::clock<nothing_can_be_started>::the_one().step();
  EXPECT_EQ(runs, 1);
}

TEST(sleep, ends_at_its_time_or_when_a_stop_is_requested) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(sleep_for(2ms));
  EXPECT_TRUE(sleep_until(std::chrono::steady_clock::now() + 1ms));
  EXPECT_TRUE(sleep_until(std::chrono::system_clock::now() + 1ms));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 3ms);
  const auto [ctx, cancel] = with_cancel(background());
  std::thread other([end = cancel] { end(); });
  EXPECT_FALSE(sleep_for(1h, ctx));
  other.join();
  EXPECT_TRUE(sleep_for(0s, ctx)) << "there is nothing to wait for";
}

// Goes by a millisecond whenever it is asked, however long that takes.
struct slow_clock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<slow_clock>;
  static constexpr bool is_steady = false;
  static inline int asked = 0;
  static time_point now() { return time_point(duration(++asked)); }
};
TEST(sleep, ends_when_the_clock_that_was_meant_says_so) {
  EXPECT_TRUE(sleep_until(slow_clock::time_point(4ms)));
  EXPECT_EQ(slow_clock::asked, 4);
}

TEST(manual_platform, moves_contexts_timers_waits_and_sleeps) {
  const auto [ctx, cancel] = with_timeout(background<m>(), 1h);
  bool ran = false;
  after_func(ctx, [&] { ran = true; }, [](auto run) { run(); });
  const auto never = make_chan<int, m>();
  std::thread pops([&] { EXPECT_EQ(never.pop_for(30min).error(), wait_status::timed_out); });
  std::thread sleeps([&, end = ctx] { EXPECT_FALSE(sleep_for<m>(2h, end)); });
  m::await_waiting(2);
  m::advance(59min);
  pops.join();
  EXPECT_FALSE(ctx.err());
  m::advance(1min);
  EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
  EXPECT_TRUE(ran);
  sleeps.join();
}

TEST(manual_platform, moves_what_tasks_wait_for) {
  scheduler s({.workers = 2});
  const auto began = make_chan<int>(3);
  for (int i = 1; i != 4; ++i)
    s.go([=] {
      EXPECT_TRUE(sleep_for<m>(i * 1h));
      began.push(i);
    });
  for (int i = 1; i != 4; ++i) {
    m::await_waiting(static_cast<std::uint32_t>(4 - i));
    m::advance(1h);
    EXPECT_EQ(began.pop(), i);
  }
  s.join();
}

TEST(manual_platform, stands_still_and_never_goes_back) {
  const auto now = m::now();
  m::advance_to(now - 1h);
  EXPECT_EQ(m::now(), now);
}

struct until_the_end;
TEST(manual_platform, comes_to_the_end_of_time) {
  using last = basic_manual_platform<std_platform, until_the_end>;
  basic_timer<last> t(1h);
  const auto c = t.c();
  last::advance(1s);
  last::advance(last::duration::max());
  EXPECT_EQ(last::now(), last::time_point::max());
  EXPECT_EQ(c.try_pop().value_or(last::now()), last::time_point(1h));
}

TEST(timer, that_may_still_fire_is_no_deadlock_and_afterwards_there_is_one) {
  scheduler s({.workers = 1, .only_tasks = true, .on_leak = [](const auto&) {}});
  s.run([] {
    timer t(5ms);
    EXPECT_TRUE(t.c().pop());
  });
  const auto ctx = with_timeout(background(), 5ms);
  EXPECT_THROW(s.run([] { make_chan<int>().pop(); }), deadlock_error);
}

TEST(timer, threads_that_reset_and_stop_beside_the_clock_see_nothing_stale) {
  std::vector<std::thread> crew;
  for (int k = 0; k != 3; ++k)
    crew.emplace_back([] {
      timer t;
      const auto c = t.c();
      for (int i = 0; i != 300; ++i) {
        t.reset(std::chrono::microseconds(i % 5));
        if (i % 3 == 0) {
          EXPECT_TRUE(c.pop());
          EXPECT_FALSE(t.stop());
        } else {
          const auto before = std::chrono::steady_clock::now();
          if (i % 3 == 1) {
            t.reset(0s);
            EXPECT_GE(c.pop().value(), before) << "of this reset";
          }
          t.stop();
        }
        EXPECT_FALSE(c.try_pop());
      }
    });
  for (std::thread& t : crew) t.join();
}

}  // namespace
}  // namespace sluice::test::timer_test
