// SPDX-License-Identifier: BSL-1.0
// What crossbeam-channel's suites check of after and tick, which are alarm and tick here, in our words and code; on a clock that is
// moved by hand wherever theirs sleep and measure.
#include <sluice/chan.hpp>
#include <sluice/expected.hpp>
#include <sluice/manual_platform.hpp>
#include <sluice/select.hpp>
#include <sluice/timer.hpp>
#include <sluice/wait_status.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <span>
#include <thread>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::crossbeam_time_test {
namespace {

using namespace std::chrono_literals;
struct own_time;
using m = basic_manual_platform<std_platform, own_time>;
using times = receiver<m::time_point, m>;

constexpr auto ignore = [](auto&&) {};
constexpr auto never = [](auto&&) { FAIL() << "it is not its time"; };

// A pop that gives up after `d`, while time is moved on by just that.
auto pop_during(const times& r, m::duration d) {
  expected<m::time_point, wait_status> got = unexpected(wait_status::success);
  std::thread popper([&] { got = r.pop_for(d); });
  m::await_waiting(1);
  m::advance(d);
  popper.join();
  return got;
}

// capacity, len_empty_full, fire, recv, try_recv
TEST(crossbeam_after, fires_once_and_is_in_the_channel_until_it_is_taken) {
  const auto start = m::now();
  const times r = alarm<m>(50ms);
  EXPECT_EQ(r.capacity(), 1U);
  m::advance(49ms);
  EXPECT_EQ(r.size(), 0U);
  EXPECT_FALSE(r.try_pop());
  m::advance(51ms);
  EXPECT_EQ(r.size(), 1U);
  EXPECT_EQ(r.pop(), start + 50ms);
  EXPECT_EQ(r.size(), 0U);
  m::advance(1s);
  EXPECT_FALSE(r.try_pop());
  EXPECT_EQ(select(on_pop(r, never), otherwise()), 1U);
  const times next = alarm<m>(200ms);
  m::advance(200ms);
  EXPECT_EQ(select(on_pop(r, never), on_pop(next, ignore)), 1U);
}

// fire, intervals, recv, try_recv, capacity, len_empty_full
TEST(crossbeam_tick, fires_at_each_multiple_and_drops_what_finds_no_room) {
  const auto start = m::now();
  const times r = tick<m>(50ms);
  EXPECT_EQ(r.capacity(), 1U);
  EXPECT_EQ(r.size(), 0U);
  m::advance(50ms);
  EXPECT_EQ(r.size(), 1U);
  EXPECT_EQ(r.pop(), start + 50ms);
  EXPECT_FALSE(r.try_pop());
  m::advance(300ms);
  EXPECT_EQ(r.size(), 1U);
  EXPECT_EQ(r.try_pop().value(), start + 100ms);
  EXPECT_FALSE(r.try_pop());
  m::advance(49ms);
  EXPECT_EQ(select(on_pop(r, never), otherwise()), 1U);
  m::advance(1ms);
  EXPECT_EQ(select(on_pop(r, [&](auto t) { EXPECT_EQ(t, start + 400ms); }), on_pop(tick<m>(200ms), never)), 0U);
}

// recv_timeout
TEST(crossbeam_after, a_pop_with_a_time_out_waits_for_it_or_gives_up_before) {
  const auto start = m::now();
  const times r = alarm<m>(200ms);
  EXPECT_EQ(pop_during(r, 100ms).error(), wait_status::timed_out);
  EXPECT_EQ(pop_during(r, 200ms).value(), start + 200ms);
  EXPECT_EQ(pop_during(r, 200ms).error(), wait_status::timed_out);
  EXPECT_FALSE(r.try_pop());
}
TEST(crossbeam_tick, a_pop_with_a_time_out_waits_for_it_or_gives_up_before) {
  const auto start = m::now();
  const times r = tick<m>(200ms);
  EXPECT_EQ(pop_during(r, 100ms).error(), wait_status::timed_out);
  EXPECT_EQ(pop_during(r, 100ms + 1ns).value(), start + 200ms);
  EXPECT_EQ(pop_during(r, 100ms).error(), wait_status::timed_out);
  EXPECT_EQ(pop_during(r, 200ms).value(), start + 400ms);
}

// recv_two
TEST(crossbeam_after, two_threads_share_two) {
  const auto a = alarm(1ms);
  const auto b = alarm(1ms);
  const auto takes_one = [&] { select(on_pop(a, ignore), on_pop(b, ignore)); };
  std::thread one(takes_one);
  std::thread two(takes_one);
  one.join(), two.join();
}
TEST(crossbeam_tick, two_threads_share_two) {
  const auto a = tick(1ms);
  const auto b = tick(1ms);
  const auto takes_ten = [&] {
    for (int i = 0; i != 10; ++i) select(on_pop(a, ignore), on_pop(b, ignore));
  };
  std::thread one(takes_ten);
  std::thread two(takes_ten);
  one.join(), two.join();
}

// recv_race
template <class Start>
void the_earlier_one_wins(Start start) {
  const times early = start(50ms);
  const times late = start(100ms);
  m::advance(50ms);
  EXPECT_EQ(select(on_pop(early, ignore), on_pop(late, never)), 0U);
  m::advance(49ms);
  EXPECT_EQ(select(on_pop(late, never), otherwise()), 1U);
}
TEST(crossbeam_after, the_earlier_of_two_wins) {
  the_earlier_one_wins([](auto d) { return alarm<m>(d); });
}
TEST(crossbeam_tick, the_earlier_of_two_wins) {
  the_earlier_one_wins([](auto d) { return tick<m>(d); });
}

// stress_default; of their after(0) it is the clock's turn that makes it come, and one by hand has it with the next advance.
TEST(crossbeam_after, what_is_due_wins_over_a_default_and_what_is_not_does_not) {
  for (int i = 0; i != 10; ++i) {
    const times due = alarm<m>(0s);
    m::advance(0s);
    EXPECT_EQ(select(on_pop(due, ignore), otherwise()), 0U);
    EXPECT_EQ(select(on_pop(alarm<m>(100ms), never), otherwise()), 1U);
  }
}
TEST(crossbeam_tick, what_is_due_wins_over_a_default_and_what_is_not_does_not) {
  for (int i = 0; i != 10; ++i) {
    const times due = tick<m>(1ns);
    m::advance(1ns);
    EXPECT_EQ(select(on_pop(due, ignore), otherwise()), 0U);
    EXPECT_EQ(select(on_pop(tick<m>(100ms), never), otherwise()), 1U);
  }
}

// select: four threads over all of them; time moves on once what fired is taken.
TEST(crossbeam_after, each_of_many_is_taken_by_one_of_four_threads) {
  constexpr int many = 200;
  std::vector<times> all;
  for (int i = 0; i != many; ++i) all.push_back(alarm<m>(i / 20 * 1ms));
  std::vector<times> ends;
  for (int t = 0; t != 4; ++t) ends.push_back(alarm<m>(100ms));
  std::atomic<int> hits{0};
  std::vector<std::thread> crew;
  for (const times& end : ends)
    crew.emplace_back([&] {
      std::vector<any_case<m>> cases;
      for (const times& r : all) cases.emplace_back(on_pop(r, ignore));
      cases.emplace_back(on_pop(end, ignore));
      while (select(std::span(cases)) != all.size()) ++hits;
    });
  for (int i = 0; i != 10; ++i) {
    m::advance(i == 0 ? 0ms : 1ms);
    while (hits != 20 * (i + 1)) std::this_thread::yield();
  }
  m::advance(100ms);
  for (std::thread& t : crew) t.join();
  EXPECT_EQ(hits, many);
}
TEST(crossbeam_tick, each_tick_of_two_is_taken_by_one_of_four_threads) {
  const times a = tick<m>(200ms);
  const times b = tick<m>(300ms);
  std::vector<times> ends;
  for (int t = 0; t != 4; ++t) ends.push_back(alarm<m>(1'100ms));
  std::atomic<int> hits{0};
  std::vector<std::thread> crew;
  for (const times& end : ends)
    crew.emplace_back([&] {
      while (select(on_pop(a, ignore), on_pop(b, ignore), on_pop(end, ignore)) != 2) ++hits;
    });
  int expected = 0;
  for (int now = 100; now != 1'100; now += 100) {
    m::advance(100ms);
    expected += int{now % 200 == 0} + int{now % 300 == 0};
    while (hits != expected) std::this_thread::yield();
  }
  m::advance(100ms);
  for (std::thread& t : crew) t.join();
  EXPECT_EQ(hits, 8);
}

// stress_clone
TEST(crossbeam_after, its_handles_may_be_copied_and_dropped_while_it_fires) {
  for (int i = 0; i != scaled(50); ++i) {
    std::atomic<int> taken{0};
    auto r = alarm(i * 20us);
    std::vector<std::thread> crew;
    for (int t = 0; t != 4; ++t)
      crew.emplace_back([&taken, mine = r] {
        for (int k = 0; k != 50; ++k) {
          const auto copy = mine;
          taken += int{copy.try_pop().has_value()};
        }
      });
    r = {};
    for (std::thread& t : crew) t.join();
    EXPECT_LE(taken, 1);
  }
}

// fairness, fairness_duplicates
template <class Start>
void those_that_are_due_are_taken_alike(Start start) {
  constexpr int count = 1'000;
  std::array<int, 2> hits{};
  std::array<int, 5> twice{};
  for (int i = 0; i != count; ++i) {
    const times a = start();
    const times b = start();
    m::advance(1ms);
    ++hits[select(on_pop(a, ignore), on_pop(b, ignore))];
    const times c = start();
    m::advance(1ms);
    ++twice[select(on_pop(c, ignore), on_pop(c, ignore), on_pop(c, ignore), on_pop(c, ignore), on_pop(c, ignore))];
  }
  for (const int h : hits) EXPECT_NEAR(h, count / 2.0, 8 * std::sqrt(count / 4.0));
  for (const int h : twice) EXPECT_NEAR(h, count / 5.0, 8 * std::sqrt(count / 5.0));
}
TEST(crossbeam_after, those_that_are_due_are_taken_alike) {
  those_that_are_due_are_taken_alike([] { return alarm<m>(1ms); });
}
TEST(crossbeam_tick, those_that_are_due_are_taken_alike) {
  those_that_are_due_are_taken_alike([] { return tick<m>(1ms); });
}

}  // namespace
}  // namespace sluice::test::crossbeam_time_test
