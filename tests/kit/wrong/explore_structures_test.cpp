// SPDX-License-Identifier: BSL-1.0
// The broken siblings of ../correct/explore_structures_test.cpp: each with the error that it has to be found with.
#include <gtest/gtest.h>

#include "../enumerator/structures.hpp"

namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
void fails(violation how, options o = {}) {
  const report r = check<Client>(o);
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
  EXPECT_NE(r.trace, "");
  o.replay = r.token;
  EXPECT_EQ(check<Client>(o).message, r.message) << r.token;
  EXPECT_NE(r.dot, "");
}

TEST(ExploreFinds, SpinLockThatDoesNotAcquire) { fails<spin_lock<2, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, SpinLockThatDoesNotRelease) { fails<spin_lock<2, acquire, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, TicketLockThatDoesNotAcquire) { fails<ticket_lock<2, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, TicketLockThatDoesNotRelease) {
  fails<ticket_lock<3, acquire, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, McsLockThatDoesNotPassOn) { fails<mcs_lock<2, acq_rel, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, McsLockThatDoesNotSee) {
  fails<mcs_lock<2, acq_rel, release, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, FutexMutexThatForgetsToWake) { fails<futex_mutex<2, true>::client>(violation::deadlock); }
TEST(ExploreFinds, FutexMutexThatDoesNotRelease) {
  fails<futex_mutex<2, false, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, SeqlockWhoseWriterDoesNotFence) { fails<seqlock<1, relaxed>::client>(violation::requirement); }
TEST(ExploreFinds, SeqlockWhoseReaderDoesNotFence) {
  fails<seqlock<1, release, relaxed>::client>(violation::requirement);
}
TEST(ExploreFinds, StackWhosePushDoesNotRelease) { fails<treiber_stack<2, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, StackWhosePopDoesNotAcquire) {
  fails<treiber_stack<2, release, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, StackThatFreesTooEarly) {
  const report r = check<treiber_stack<2, release, acquire, true>::client>();
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_TRUE(r.violation == violation::use_after_free || r.violation == violation::data_race) << r.message;
}
TEST(ExploreFinds, StackThatNeverFrees) {
  fails<treiber_stack<2, release, acquire, false, true>::client>(violation::leak);
}
TEST(ExploreFinds, QueueWhoseLinkDoesNotRelease) { fails<ms_queue<2, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, QueueWhoseLinkIsNotAcquired) { fails<ms_queue<2, release, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, TwoLightFences) { fails<dekker<true>::client>(violation::requirement); }

}  // namespace
