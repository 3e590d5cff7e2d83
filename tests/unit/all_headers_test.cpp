// SPDX-License-Identifier: BSL-1.0
// Two generated units beside this one include every header that ships; that they compile and link is the test.
#include <gtest/gtest.h>

TEST(all_headers, stand_together_in_one_unit_and_in_two_units_of_one_program) {}
