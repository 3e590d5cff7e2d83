// SPDX-License-Identifier: BSL-1.0
// Locks, a stack, a queue and a seqlock as they should be: every execution holds. Their broken siblings are in
// ../wrong/explore_structures_test.cpp, made from the same source.
#include <gtest/gtest.h>

#include "../enumerator/structures.hpp"

namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
report holds(options o = {}) {
  report r = check<Client>(o);
  EXPECT_EQ(r.verdict, verdict::ok) << r.message << "\n" << r.trace;
  return r;
}

// A lock's executions are the orders in which it is taken: waiting multiplies nothing.
TEST(ExploreStructures, SpinLock) { EXPECT_EQ(holds<spin_lock<2>::client>().executions, 2u); }
TEST(ExploreStructures, TicketLock) {
  EXPECT_EQ(holds<ticket_lock<2>::client>().executions, 2u);
  EXPECT_EQ(holds<ticket_lock<3>::client>().executions, 6u);
  EXPECT_EQ(holds<ticket_lock<4>::client>().executions, 24u);
}
TEST(ExploreStructures, McsLock) {
  EXPECT_GE(holds<mcs_lock<2>::client>().executions, 2u);
  EXPECT_GE(holds<mcs_lock<3>::client>().executions, 6u);
}
TEST(ExploreStructures, Seqlock) { EXPECT_GT(holds<seqlock<1>::client>().executions, 0u); }
TEST(ExploreStructures, TreiberStack) { EXPECT_GT(holds<treiber_stack<2>::client>().executions, 0u); }
TEST(ExploreStructures, MichaelScottQueue) { EXPECT_GT(holds<ms_queue<2>::client>().executions, 0u); }
TEST(ExploreStructures, FutexMutex) {
  holds<futex_mutex<2>::client>();
  holds<futex_mutex<3>::client>();
}
TEST(ExploreStructures, FutexMutexWithSpuriousWakeUps) { holds<futex_mutex<2>::client>({.spurious = 1}); }
TEST(ExploreStructures, DekkerWithAsymmetricFences) { holds<dekker<>::client>(); }

// Under the stronger models the same holds, in no more executions.
TEST(ExploreStructures, UnderStrongerModels) {
  const auto weak = holds<treiber_stack<2>::client>().executions;
  EXPECT_LE(holds<treiber_stack<2>::client>({.model = model::tso}).executions, weak);
  EXPECT_LE(holds<treiber_stack<2>::client>({.model = model::sc}).executions, weak);
}

}  // namespace
