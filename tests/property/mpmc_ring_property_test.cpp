// SPDX-License-Identifier: BSL-1.0
#include <sluice/mpmc_ring.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>

#include "../support/concurrent_program.hpp"
#include "../support/fifo_commands.hpp"
#include "../support/fragile_commands.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::mpmc_ring_property_test {
namespace {

using act = specs::fifo_action;
using perturbed_ring = mpmc_ring<int, std::allocator<int>, kit::perturbed_platform<>>;

TEST(mpmc_ring_property, one_thread_sees_a_bounded_fifo) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const auto start = *arbitrary_start();
    mpmc_ring<int> ring(start.capacity, detail::first_lap{start.lap});
    run_commands(start.capacity, ring);
  }));
}

TEST(mpmc_ring_property, what_throws_loses_nothing_and_leaves_holes_that_pops_skip) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const auto start = *arbitrary_start();
    run_fragile_commands(start.capacity, true, [&] {
      return std::make_unique<mpmc_ring<fragile>>(start.capacity, detail::first_lap{start.lap});
    });
  }));
}

TEST(mpmc_ring_property, pushes_pops_and_close_are_linearizable) {
  const time_box box;
  EXPECT_TRUE(holds(scaled(200), [&] {
    const auto program = *programs_of_equals({act::try_push, act::try_push, act::try_push, act::try_pop, act::try_pop,
                                              act::try_pop, act::close, act::is_closed});
    check_program(program, specs::fifo_rules(program.capacity), box.rounds(100),
                  [&] { return std::make_unique<perturbed_ring>(program.capacity, detail::first_lap{UINT64_MAX}); });
  }));
}

TEST(mpmc_ring_property, pushes_and_pops_are_linearizable) {
  const time_box box;
  EXPECT_TRUE(holds(scaled(200), [&] {
    const auto program = *programs_of_equals({act::try_push, act::try_pop});
    check_program(program, specs::fifo_rules(program.capacity), box.rounds(100),
                  [&] { return std::make_unique<perturbed_ring>(program.capacity, detail::first_lap{UINT64_MAX}); });
  }));
}

TEST(mpmc_ring_property, pushes_and_pops_are_linearizable_at_full_speed) {
  const time_box box;
  EXPECT_TRUE(holds(scaled(100), [&] {
    const auto program = *programs_of_equals({act::try_push, act::try_pop});
    check_program(program, specs::fifo_rules(program.capacity), box.rounds(100),
                  [&] { return std::make_unique<mpmc_ring<int>>(program.capacity); });
  }));
}

}  // namespace
}  // namespace sluice::test::mpmc_ring_property_test
