// SPDX-License-Identifier: BSL-1.0
// rw_mutex against the spec of a lock: random sequences by one thread, and histories of several. try_* may also fail
// while somebody waits for the lock, which the spec, for whom nobody waits, cannot say.
#include <sluice/rw_mutex.hpp>

#include <gtest/gtest.h>

#include "../support/locking.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::rw_mutex_property_test {
namespace {

using lock = basic_rw_mutex<kit::perturbed_platform<>>;

TEST(rw_mutex_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(300), [] { one_thread_sees_its_spec<lock>(); }));
}

TEST(rw_mutex_property, several_threads_see_a_linearizable_one) {
  kit::team team(4);
  EXPECT_TRUE(holds(scaled(300), [&] { several_threads_see_a_linearizable_one<lock, false, 4>(team); }));
}

}  // namespace
}  // namespace sluice::test::rw_mutex_property_test
