// SPDX-License-Identifier: BSL-1.0
// Something is done at every tick, until it is time to stop: select over two times. Of two that have both passed the earlier one comes
// first, so no tick is missed, however late its task is run.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include <sluice/select.hpp>
#include <sluice/task.hpp>

namespace sluice::test::ticker_and_stopper_test {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> log_of(std::chrono::microseconds rate) {
  std::vector<std::string> log{"start"};
  const auto start = std::chrono::steady_clock::now();
  const auto stopper = start + 11 * rate / 2;
  auto ticker = start + rate;
  bool runs = true;
  while (runs)
    select(until(ticker,
                 [&] {
                   log.emplace_back("tick");
                   ticker += rate;
                 }),
           until(stopper, [&] { runs = false; }));
  log.emplace_back("finish");
  return log;
}

TEST(ticker_and_stopper, ticks_until_it_is_stopped) {
  scheduler workers({.only_tasks = true});
  const auto log = workers.run([] { return log_of(1ms); });
  EXPECT_EQ(log, (std::vector<std::string>{"start", "tick", "tick", "tick", "tick", "tick", "finish"}));
}

}  // namespace
}  // namespace sluice::test::ticker_and_stopper_test
