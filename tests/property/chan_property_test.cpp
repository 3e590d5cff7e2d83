// SPDX-License-Identifier: BSL-1.0
#include <sluice/chan.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <memory>

#include "../support/blocking_queue_properties.hpp"
#include "../support/chan_queue.hpp"

namespace sluice::test::chan_property_test {
namespace {

using namespace blocking_queue_properties;

template <class Platform>
using chan_of_numbers = chan_queue<int, Platform>;
INSTANTIATE_TYPED_TEST_SUITE_P(chan, any_blocking_queue, on_each_platform<chan_of_numbers>);

template <class Platform>
class chan_property : public testing::Test {};
TYPED_TEST_SUITE(chan_property, platforms);

// Its buffer of one is full most of the time.
TYPED_TEST(chan_property, without_a_bound_operations_are_linearizable_as_those_of_a_queue_with_room_for_all) {
  constexpr std::size_t more_than_any_program_pushes = 1'000;
  const time_box box;
  EXPECT_TRUE(holds(scaled(60), [&] {
    const auto program = *programs_of_equals({act::try_push, act::try_push, act::try_pop, act::close, act::is_closed});
    check_program(program, specs::fifo_rules(more_than_any_program_pushes), box.rounds(50),
                  [&] { return std::make_unique<unbounded_queue<int, TypeParam>>(1, detail::first_lap{UINT64_MAX}); });
  }));
}

}  // namespace
}  // namespace sluice::test::chan_property_test
