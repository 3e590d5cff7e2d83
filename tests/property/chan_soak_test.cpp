// SPDX-License-Identifier: BSL-1.0
// A short run of what ./kit test --soak does for an hour.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "../soak/run.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::chan_soak_test {
namespace {

TEST(chan_soak, random_topologies_lose_nothing_and_keep_the_order_of_each_sender) {
  const auto seeds = static_cast<std::uint64_t>(scaled(200));
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    soak::run r(seed);
    ASSERT_EQ(r.result(std::chrono::seconds(60)), "") << "seed " << seed << ": " << r.made_of().describe();
  }
}

}  // namespace
}  // namespace sluice::test::chan_soak_test
