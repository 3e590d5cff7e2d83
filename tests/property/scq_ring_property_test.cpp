// SPDX-License-Identifier: BSL-1.0
#include <sluice/scq_ring.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>

#include "../support/concurrent_program.hpp"
#include "../support/fifo_commands.hpp"
#include "../support/fragile_commands.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::scq_ring_property_test {
namespace {

using act = specs::fifo_action;
constexpr auto conservative = specs::fifo_rules::full_means::conservative;

TEST(scq_ring_property, one_thread_sees_a_bounded_fifo) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const auto start = *arbitrary_start();
    scq_ring<int> ring(start.capacity, 1, detail::first_lap{start.lap});
    run_commands(start.capacity, ring);
  }));
}

TEST(scq_ring_property, what_throws_loses_nothing_and_leaves_no_hole) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const auto start = *arbitrary_start();
    run_fragile_commands(start.capacity, false, [&] {
      return std::make_unique<scq_ring<fragile>>(start.capacity, 1, detail::first_lap{start.lap});
    });
  }));
}

template <class Platform>
void pushes_and_pops_are_linearizable() {
  using ring = scq_ring<int, std::allocator<int>, Platform>;
  const time_box box;
  EXPECT_TRUE(holds(scaled(200), [&] {
    const auto program = *programs_of_equals({act::try_push, act::try_pop});
    check_program(program, specs::fifo_rules(program.capacity, conservative), box.rounds(100),
                  [&] { return std::make_unique<ring>(program.capacity, 4, detail::first_lap{UINT64_MAX}); });
  }));
}
TEST(scq_ring_property, pushes_and_pops_are_linearizable) {
  pushes_and_pops_are_linearizable<kit::perturbed_platform<>>();
}
TEST(scq_ring_property, pushes_and_pops_are_linearizable_at_full_speed) {
  pushes_and_pops_are_linearizable<std_platform>();
}

}  // namespace
}  // namespace sluice::test::scq_ring_property_test
