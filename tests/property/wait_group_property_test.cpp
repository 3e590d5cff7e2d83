// SPDX-License-Identifier: BSL-1.0
// wait_group against its spec: random sequences by one thread, refusals included.
#include <sluice/wait_group.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include <specs/wait_group.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::wait_group_property_test {
namespace {

TEST(wait_group_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    wait_group real;
    specs::wait_group spec;
    const auto amount = rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 5), rc::gen::arbitrary<std::uint32_t>());
    const auto program = *rc::gen::container<std::vector<std::pair<bool, std::uint32_t>>>(
        rc::gen::pair(rc::gen::arbitrary<bool>(), amount));
    for (const auto& [adds, n] : program) {
      bool done = true;
      try {
        if (adds)
          real.add(n);
        else
          real.done(n);
      } catch (const std::logic_error&) {
        done = false;
      }
      RC_ASSERT(done == (adds ? spec.add(n) : spec.done(n)));
      RC_ASSERT(real.count() == spec.count());
      RC_ASSERT(real.try_wait() == (spec.count() == 0));
    }
  }));
}

}  // namespace
}  // namespace sluice::test::wait_group_property_test
