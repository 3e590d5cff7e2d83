// SPDX-License-Identifier: BSL-1.0
// Many requests want the same data, which is expensive to fetch: who comes while it is fetched shares it.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/single_flight.hpp>
#include <sluice/task.hpp>

namespace sluice::test::single_flight_test {
namespace {

TEST(single_flight, fetches_expensive_data_once_for_all_who_want_it) {
  scheduler workers({.only_tasks = true});
  workers.run([] {
    single_flight<std::string, std::string> flights;
    std::atomic<int> fetched{0};
    const auto arrives = make_chan<void>();
    const auto fetch = [&] {  // an expensive one: it takes until the test lets it arrive
      ++fetched;
      arrives.pop();
      return std::string("orders of today");
    };
    std::vector<receiver<single_flight<std::string, std::string>::landed>> answers;
    for (int i = 0; i != 10; ++i)
      answers.push_back(flights.run_async("orders", fetch, [](auto run) { go(std::move(run)); }));
    arrives.push();
    for (const auto& answer : answers) {
      const auto [value, shared] = answer.pop()->get();
      EXPECT_EQ(value, "orders of today");
      EXPECT_TRUE(shared);
    }
    EXPECT_EQ(fetched.load(), 1);
    arrives.close();
    EXPECT_FALSE(flights.run("orders", fetch).shared) << "nothing is kept once it has landed";
    EXPECT_EQ(fetched.load(), 2);
  });
  EXPECT_NO_THROW(workers.join());
}

}  // namespace
}  // namespace sluice::test::single_flight_test
