// SPDX-License-Identifier: BSL-1.0
// Two generated units beside this one include every header that ships.
#include <gtest/gtest.h>

#include <cstddef>

std::size_t size_in_one();
std::size_t size_in_other();

TEST(all_headers, stand_together_in_one_unit_and_in_two_units_of_one_program) {
  EXPECT_EQ(size_in_one(), size_in_other());
}
