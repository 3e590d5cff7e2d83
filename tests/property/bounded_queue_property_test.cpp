// SPDX-License-Identifier: BSL-1.0
#include <sluice/bounded_queue.hpp>

#include <gtest/gtest.h>

#include <memory>

#include "../support/blocking_queue_properties.hpp"
#include "../support/fragile_commands.hpp"

namespace sluice::test::bounded_queue_property_test {
namespace {

using namespace blocking_queue_properties;

template <class Platform>
using queue_of_numbers = bounded_queue<int, std::allocator<int>, Platform>;
INSTANTIATE_TYPED_TEST_SUITE_P(bounded_queue, any_blocking_queue, on_each_platform<queue_of_numbers>);

template <class Platform>
class bounded_queue_property : public testing::Test {};
TYPED_TEST_SUITE(bounded_queue_property, platforms);

TYPED_TEST(bounded_queue_property, what_throws_loses_nothing) {
  EXPECT_TRUE(holds(scaled(500), [] {
    const auto start = *arbitrary_start();
    run_fragile_commands(start.capacity, true, [&] {
      return std::make_unique<bounded_queue<fragile, std::allocator<fragile>, TypeParam>>(start.capacity,
                                                                                          detail::first_lap{start.lap});
    });
  }));
}

}  // namespace
}  // namespace sluice::test::bounded_queue_property_test
