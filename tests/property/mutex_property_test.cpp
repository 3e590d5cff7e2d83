// SPDX-License-Identifier: BSL-1.0
// mutex against the spec of a lock: random sequences by one thread, and histories of several.
#include <sluice/mutex.hpp>

#include <gtest/gtest.h>

#include "../support/locking.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::mutex_property_test {
namespace {

template <class Mutex>
class mutex_property : public testing::Test {};
using perturbed = kit::perturbed_platform<>;
using mutexes =
    testing::Types<basic_mutex<perturbed>, basic_mutex<perturbed, 0>>;  // 0: whoever is woken in vain is hungry
TYPED_TEST_SUITE(mutex_property, mutexes);

TYPED_TEST(mutex_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(300), [] { one_thread_sees_its_spec<TypeParam>(); }));
}

TYPED_TEST(mutex_property, several_threads_see_a_linearizable_one) {
  kit::team team(3);
  EXPECT_TRUE(holds(scaled(300), [&] { several_threads_see_a_linearizable_one<TypeParam, true, 3>(team); }));
}

}  // namespace
}  // namespace sluice::test::mutex_property_test
