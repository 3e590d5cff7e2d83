// SPDX-License-Identifier: BSL-1.0
#include <sluice/semaphore.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "../support/set_clock.hpp"

namespace sluice::test::semaphore_test {
namespace {

using namespace std::chrono_literals;

TEST(semaphore, who_waits_by_a_clock_that_is_set_back_keeps_its_turn) {
  struct here {};
  using clock = set_clock<here>;
  semaphore s(1);
  s.acquire();
  bool overtaken = false;
  clock::says({{1h - 1ms},
               {1h - 1ms,
                [&] {
                  s.release();
                  overtaken = s.try_acquire();
                }},
               {2h}});
  EXPECT_TRUE(s.try_acquire_until(1, clock::time_point(1h)));
  EXPECT_FALSE(overtaken);
}

TEST(semaphore, who_waits_by_a_clock_that_throws_leaves_the_line_without_units) {
  struct here {};
  using clock = set_clock<here>;
  semaphore s(1);
  const auto fails = [] { throw std::runtime_error("no time"); };
  const auto gives_up = [&](std::vector<clock::answer> says) {
    clock::says(std::move(says));
    EXPECT_THROW(static_cast<void>(s.try_acquire_until(1, clock::time_point(1h))), std::runtime_error);
  };
  s.acquire();
  gives_up({{0h, fails}});
  gives_up({{1h - 1ms}, {2h, fails}});
  s.release();
  EXPECT_TRUE(s.try_acquire()) << "nobody stands in line";
  gives_up({{1h - 1ms}, {2h, [&] {
                           s.release();  // to the one who waits
                           fails();
                         }}});
  EXPECT_TRUE(s.try_acquire()) << "it has kept none";
}

TEST(semaphore, a_time_that_no_finer_clock_can_tell_is_far) {
  semaphore s(1);
  s.acquire();
  std::stop_source stop;
  const auto from = std::chrono::steady_clock::now();
  const std::jthread stops([&] {
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  EXPECT_FALSE(s.try_acquire_until(1, std::chrono::sys_days(std::chrono::year(2300) / 1 / 1), stop.get_token()));
  EXPECT_GE(std::chrono::steady_clock::now() - from, 20ms);
}

}  // namespace
}  // namespace sluice::test::semaphore_test
