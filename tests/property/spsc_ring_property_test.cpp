// SPDX-License-Identifier: BSL-1.0
#include <sluice/spsc_ring.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>

#include "../support/concurrent_program.hpp"
#include "../support/fifo_commands.hpp"
#include "../support/fragile_commands.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::spsc_ring_property_test {
namespace {

using act = specs::fifo_action;

TEST(spsc_ring_property, one_thread_sees_a_bounded_fifo) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const auto start = *arbitrary_start();
    spsc_ring<int> ring(start.capacity, detail::first_lap{start.lap});
    run_commands(start.capacity, ring);
  }));
}

TEST(spsc_ring_property, what_throws_loses_nothing_and_leaves_no_hole) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const auto start = *arbitrary_start();
    run_fragile_commands(start.capacity, false, [&] {
      return std::make_unique<spsc_ring<fragile>>(start.capacity, detail::first_lap{start.lap});
    });
  }));
}

template <class Platform>
void one_producer_and_one_consumer_are_linearizable() {
  using ring = spsc_ring<int, std::allocator<int>, Platform>;
  const time_box box;
  EXPECT_TRUE(holds(scaled(200), [&] {
    const auto program = *programs_of({{act::try_push}, {act::try_pop}});
    check_program(program, specs::fifo_rules(program.capacity), box.rounds(100),
                  [&] { return std::make_unique<ring>(program.capacity, detail::first_lap{UINT64_MAX}); });
  }));
}
TEST(spsc_ring_property, one_producer_and_one_consumer_are_linearizable) {
  one_producer_and_one_consumer_are_linearizable<kit::perturbed_platform<>>();
}
TEST(spsc_ring_property, one_producer_and_one_consumer_are_linearizable_at_full_speed) {
  one_producer_and_one_consumer_are_linearizable<std_platform>();
}

}  // namespace
}  // namespace sluice::test::spsc_ring_property_test
