// SPDX-License-Identifier: BSL-1.0
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <sluice/chan.hpp>
#include <sluice/detail/back_off.hpp>
#include <sluice/mpmc_ring.hpp>
#include <sluice/platform.hpp>

#include "../support/observed_platform.hpp"

namespace back_off_test {
namespace {

struct counting_platform {
  static inline std::vector<unsigned> pauses;
  static void give_way(unsigned n) { pauses.push_back(n); }
};
struct checking_platform {};

using back_off = sluice::detail::back_off<counting_platform>;

TEST(back_off, each_loss_in_a_row_makes_the_while_longer_up_to_a_limit) {
  counting_platform::pauses.clear();
  back_off others;
  for (int i = 0; i != 20; ++i) others.after_a_while(i);
  const std::vector<unsigned>& seen = counting_platform::pauses;
  ASSERT_EQ(seen.size(), 20U);
  EXPECT_EQ(seen.front(), back_off::least_pauses);
  EXPECT_GT(seen[1], seen[0]);
  EXPECT_EQ(seen.back(), back_off::most_pauses);
  for (std::size_t i = 1; i != seen.size(); ++i) EXPECT_GE(seen[i], seen[i - 1]);
}

TEST(back_off, does_nothing_where_the_platform_has_no_time) {
  sluice::detail::back_off<checking_platform> others;
  EXPECT_EQ(others.after_a_while(7), 7);
}

TEST(back_off, who_lost_nothing_waits_for_nobody) {
  struct platform : sluice::std_platform {
    static void give_way(unsigned) { ADD_FAILURE() << "nobody else is there"; }
  };
  sluice::mpmc_ring<int, std::allocator<int>, platform> ring(4);
  for (int i = 0; i != 100; ++i) {
    EXPECT_EQ(ring.try_push(i), sluice::conqueue_status::success);
    EXPECT_EQ(ring.try_pop().value(), i);
  }
}

struct observed : sluice::test::observed_platform<sluice::std_platform> {
  static void give_way(unsigned) { ADD_FAILURE() << "who is in line waits for the caller, and takes nothing from it"; }
};

TEST(back_off, who_meets_one_in_line_at_a_channel_gives_way_to_nobody) {
  auto c = sluice::make_chan<int, observed>(2);
  for (int i = 0; i != 10; ++i) {
    observed::reset();
    std::thread waits([&] { EXPECT_EQ(c.pop(), i); });
    observed::wait_for_sleepers(1);
    EXPECT_TRUE(c.push(i));
    waits.join();
  }
  for (int i = 0; i != 2; ++i) EXPECT_TRUE(c.push(i));
  for (int i = 0; i != 10; ++i) {
    observed::reset();
    std::thread waits([&] { EXPECT_TRUE(c.push(i + 2)); });
    observed::wait_for_sleepers(1);
    EXPECT_EQ(c.pop(), i);
    waits.join();
  }
}

}  // namespace
}  // namespace back_off_test
