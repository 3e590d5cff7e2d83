// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/block_depot.hpp>

#include <sluice/platform.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <set>
#include <thread>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::block_depot_test {
namespace {

struct bundle {
  int times_had = 0;
};
template <std::size_t Places>
using depot = detail::block_depot<bundle, std_threads, Places>;

TEST(block_depot, gives_what_it_was_given_and_nothing_more) {
  depot<2> d;
  EXPECT_EQ(d.try_take(), nullptr);
  bundle one, other;
  EXPECT_TRUE(d.try_give(&one));
  EXPECT_TRUE(d.try_give(&other));
  const std::set<bundle*> both{d.try_take(), d.try_take()};
  EXPECT_EQ(both, (std::set<bundle*>{&one, &other}));
  EXPECT_EQ(d.try_take(), nullptr);
}

TEST(block_depot, takes_no_more_than_there_is_room_for) {
  depot<1> d;
  bundle one, other;
  EXPECT_TRUE(d.try_give(&one));
  EXPECT_FALSE(d.try_give(&other));
  EXPECT_EQ(d.try_take(), &one);
  EXPECT_TRUE(d.try_give(&other));
}

// Each thread has what it took until it finds room for it; so each bundle is had by one at a time, which nobody but them says.
TEST(block_depot, no_bundle_is_lost_or_had_by_two) {
  constexpr int threads = 4;
  constexpr std::size_t bundles = 6;
  depot<3> d;
  std::array<bundle, bundles> all;
  std::array<int, threads> had{};
  std::vector<bundle*> left;
  {
    std::array<std::vector<bundle*>, threads> mine;
    for (std::size_t i = 0; i != bundles; ++i) mine[i % threads].push_back(&all[i]);
    std::vector<std::thread> team;
    for (int t = 0; t != threads; ++t)
      team.emplace_back([&, t] {
        auto& here = mine[static_cast<std::size_t>(t)];
        for (int i = 0; i != scaled(20'000); ++i) {
          if (!here.empty() && d.try_give(here.back())) here.pop_back();
          bundle* const b = d.try_take();
          if (b == nullptr) continue;
          ++b->times_had;
          ++had[static_cast<std::size_t>(t)];
          here.push_back(b);
        }
      });
    for (std::thread& t : team) t.join();
    for (const auto& m : mine) left.insert(left.end(), m.begin(), m.end());
  }
  while (bundle* const b = d.try_take()) left.push_back(b);
  EXPECT_EQ(left.size(), bundles);
  int sum = 0;
  for (const bundle& b : all) sum += b.times_had;
  for (const int n : had) sum -= n;
  EXPECT_EQ(sum, 0);
}

}  // namespace
}  // namespace sluice::test::block_depot_test
