// SPDX-License-Identifier: BSL-1.0
// Who checks the checker: random concurrent programs find planted faults.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>
#include <memory>

#include "../support/broken_rings.hpp"
#include "../support/concurrent_program.hpp"

namespace sluice::test::concurrent_program_test {
namespace {

using act = specs::fifo_action;

// Whether random programs of `actions` show that `Queue` is wrong.
template <class Queue>
testing::AssertionResult is_caught(const std::vector<act>& actions) {
  std::string last;
  const std::function<void()> property = [&] {
    const auto program = *programs_of_equals(actions);
    const specs::fifo_rules rules(program.capacity);
    const auto make = [&] { return std::make_unique<Queue>(program.capacity); };
    const auto failure = program_runner(program, rules).first_failure(200, maker_of(make));
    if (failure) last = *failure;
    RC_ASSERT(!failure);
  };
  const auto result = rc::detail::checkTestable(property);
  if (!result.template is<rc::detail::FailureResult>()) return testing::AssertionFailure() << "nothing was found";
  if (last.find("not linearizable") == std::string::npos)
    return testing::AssertionFailure() << "not explained: " << last;
  return testing::AssertionSuccess();
}

TEST(concurrent_program, catches_a_ring_that_says_empty_while_a_completed_push_waits) {
  EXPECT_TRUE((is_caught<naive_vyukov_ring<int, kit::perturbed_platform<>>>({act::try_push, act::try_pop})));
}

TEST(concurrent_program, catches_sequential_faults) {
  const std::vector<act> all = {act::try_push, act::try_push, act::try_pop, act::try_pop, act::close};
  EXPECT_TRUE((is_caught<faulty_queue<fault::overwrites_when_full>>(all)));
  EXPECT_TRUE((is_caught<faulty_queue<fault::last_in_first_out>>(all)));
  EXPECT_TRUE((is_caught<faulty_queue<fault::close_drops>>(all)));
  EXPECT_TRUE((is_caught<faulty_queue<fault::full_one_too_early>>(all)));
  EXPECT_TRUE((is_caught<faulty_queue<fault::drops_one_push>>(all)));
}

TEST(concurrent_program, finds_nothing_in_a_queue_without_a_fault) {
  EXPECT_FALSE((is_caught<faulty_queue<fault::none>>({act::try_push, act::try_pop, act::close, act::is_closed})));
}

}  // namespace
}  // namespace sluice::test::concurrent_program_test
