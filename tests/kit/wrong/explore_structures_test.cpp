// SPDX-License-Identifier: BSL-1.0
// The broken siblings of ../correct/explore_structures_test.cpp: each with the error that it has to be found with.
#include <gtest/gtest.h>

#include "../enumerator/exclusion.hpp"
#include "../enumerator/queues.hpp"

namespace explore_structures_test {
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
TEST(ExploreFinds, PetersonsLockByReleaseAndAcquire) {
  fails<peterson_lock<release, acquire>::client>(violation::data_race);
}
TEST(ExploreFinds, PetersonsLockWhoseExchangeDoesNotRelease) {
  fails<peterson_lock<acquire, acquire, true>::client>(violation::data_race);
}
TEST(ExploreFinds, DekkersLockByNoOrder) { fails<dekker_lock<relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, BakeryWithoutADoorway) { fails<bakery_lock<2, seq_cst, false>::client>(violation::data_race); }
TEST(ExploreFinds, BarrierThatDoesNotPassOnWhatWasDone) {
  fails<sense_barrier<3, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, BarrierThatIsResetTooLate) {
  fails<sense_barrier<2, acq_rel, release, false>::client>(violation::deadlock);
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
// As published: the thief finds the grown buffer before what is in it ([array] push -> steal).
TEST(ExploreFinds, DequeWhoseGrownBufferIsNotPublished) {
  fails<chase_lev<2, 2, relaxed>::client>(violation::data_race);
}
// As published, too: what made the buffer grow is not in it.
TEST(ExploreFinds, DequeThatPushesIntoTheOldBuffer) {
  fails<chase_lev<2, 2, release, seq_cst, release, false>::client>(violation::requirement);
}
// The last item is taken and stolen: nothing forbids that each overlooks the other's step (store buffering).
TEST(ExploreFinds, DequeWhoseOwnerDoesNotFence) {
  fails<chase_lev<3, 2, release, acq_rel>::client>(violation::requirement);
}
// [item] push -> steal
TEST(ExploreFinds, DequeWhoseItemsAreNotPublished) {
  fails<chase_lev<2, 1, release, seq_cst, relaxed>::client>(violation::data_race);
}
// [value] push -> pop
TEST(ExploreFinds, RingThatDoesNotPublish) { fails<ring<1, 1, relaxed>::client>(violation::data_race); }
TEST(ExploreFinds, RingThatDoesNotLook) { fails<ring<1, 1, release, relaxed>::client>(violation::data_race); }
// Store buffering between reader and writer; [outside] reader -> writer; [node] writer -> reader.
TEST(ExploreFinds, GracePeriodWithoutSeqCstFences) { fails<read_copy_update<acq_rel>::client>(violation::data_race); }
TEST(ExploreFinds, GracePeriodThatDoesNotSeeTheReaderLeave) {
  fails<read_copy_update<seq_cst, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, GracePeriodThatIsNone) {
  fails<read_copy_update<seq_cst, release, false>::client>(violation::data_race);
}
TEST(ExploreFinds, NodeThatIsNotPublished) {
  fails<read_copy_update<seq_cst, release, true, relaxed>::client>(violation::data_race);
}
TEST(ExploreFinds, TwoLightFences) { fails<dekker<true>::client>(violation::requirement); }

}  // namespace
}  // namespace explore_structures_test
