// SPDX-License-Identifier: BSL-1.0
#include <sluice/rate_limiter.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/patterns.hpp>

#include "../support/manual_clock.hpp"
#include "../support/pattern_programs.hpp"

namespace sluice::test::rate_limiter_test {
namespace {

using namespace pattern_programs;
using limiter = basic_rate_limiter<manual_clock>;

clock_time at(clock_time::duration d) { return clock_time(d); }

TEST(rate_limiter, lets_a_burst_through_and_then_one_at_a_time) {
  const manual_clock clock;
  const limiter limit(10ms, 3, clock);
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(limit.try_take());
  EXPECT_FALSE(limit.try_take());
  clock.advance(9ms);
  EXPECT_FALSE(limit.try_take());
  clock.advance(1ms);
  EXPECT_TRUE(limit.try_take());
  EXPECT_FALSE(limit.try_take());
  clock.advance(1h);  // no more than the burst is saved up
  EXPECT_TRUE(limit.try_take(3));
  EXPECT_FALSE(limit.try_take());
}

TEST(rate_limiter, gives_turns_that_lie_ahead_in_order) {
  const manual_clock clock;
  const limiter limit(10ms, 2, clock);
  EXPECT_EQ(limit.reserve(2).at, at(0ms));
  EXPECT_EQ(limit.reserve().at, at(10ms));
  EXPECT_EQ(limit.reserve(2).at, at(30ms));
  EXPECT_EQ(limit.reserve().at, at(40ms));
}

TEST(rate_limiter, keeps_every_tier) {
  const manual_clock clock;
  const limiter limit({{1ms, 2}, {100ms, 3}}, clock);
  const std::vector<clock_time::duration> turns{0ms, 0ms, 1ms, 100ms, 200ms};
  for (const auto turn : turns) {
    EXPECT_TRUE(limit.take());
    EXPECT_EQ(clock.now(), at(turn));
  }
}

TEST(rate_limiter, gives_back_a_turn_behind_which_nobody_stands) {
  const manual_clock clock;
  const limiter limit(10ms, 1, clock);
  EXPECT_TRUE(limit.try_take());
  const auto next = limit.reserve();
  EXPECT_EQ(next.at, at(10ms));
  limit.give_up(next);
  limit.give_up(next);  // counts once
  const auto again = limit.reserve();
  EXPECT_EQ(again.at, at(10ms));
  EXPECT_EQ(limit.reserve().at, at(20ms));
  limit.give_up(again);  // lost: somebody was told 20 ms
  EXPECT_EQ(limit.reserve().at, at(30ms));
}

TEST(rate_limiter, gives_a_turn_up_when_done_is_closed) {
  const manual_clock clock;
  const limiter limit(10ms, 1, clock);
  const auto done = make_chan<void>();
  EXPECT_TRUE(limit.take(done));
  done.close();
  EXPECT_FALSE(limit.take(done));
  EXPECT_EQ(limit.reserve().at, at(10ms));
}

TEST(rate_limiter, never_gives_a_turn_before_an_earlier_one_though_the_clock_ends) {
  const manual_clock clock;
  const limiter limit(24h * 365 * 50, 1, clock);  // six of these are more than the clock has
  clock_time last = limit.reserve().at;
  for (int i = 0; i != 10; ++i) {
    const clock_time next = limit.reserve().at;
    EXPECT_GE(next, last);
    last = next;
  }
  EXPECT_EQ(last, clock_time::max());
  const auto never = limit.reserve();
  limit.give_up(never);
  EXPECT_FALSE(limit.try_take());
}

TEST(rate_limiter, says_what_cannot_be) {
  const limiter limit({{1ms, 5}, {1s, 2}}, manual_clock());
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_EQ(message([&] { limit.reserve(3); }), "sluice::rate_limiter: 3 at once, of 2 that there can be");
  EXPECT_EQ(message([&] { limit.take({}, -1); }), "sluice::rate_limiter: -1 at once, of 5 that there can be");
  EXPECT_TRUE(limit.try_take(2));
  EXPECT_NE(message([] { token_bucket(0ns, 1); }).find("both have to be positive"), std::string::npos);
  EXPECT_NE(message([] { token_bucket(1ns, -1); }), "none");
  EXPECT_NE(message([] { token_bucket(1s, std::numeric_limits<std::int64_t>::max()); }), "none");
  EXPECT_NE(message([] { rate_limiter(std::vector<token_bucket>()); }).find("no tier"), std::string::npos);
}

TEST(rate_limiter, is_shared_by_those_who_wait_at_once) {
  with_workers([] {
    const manual_clock clock;
    const limiter limit(10ms, 1, clock);
    EXPECT_TRUE(all_of(p::worker_pool({}, p::generator({}, up_to(50)), 5, [limit](int) { limit.take(); })).empty());
    EXPECT_EQ(limit.reserve().at, at(500ms));
  });
}

TEST(rate_limiter, waits_by_the_real_clock_too) {
  const rate_limiter limit(1ms, 1);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(limit.take());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 2ms);
  const auto done = make_chan<void>();
  done.close();
  const rate_limiter slow(24h, 1);
  EXPECT_TRUE(slow.try_take());
  EXPECT_FALSE(slow.take(done));
}

TEST(limit_rate, lets_each_element_through_in_its_turn) {
  with_workers([] {
    const manual_clock clock;
    EXPECT_EQ(all_of(p::limit_rate({}, p::generator({}, up_to(10)), limiter(10ms, 4, clock))), up_to(10));
    EXPECT_EQ(clock.now(), at(60ms));
  });
}

}  // namespace
}  // namespace sluice::test::rate_limiter_test
