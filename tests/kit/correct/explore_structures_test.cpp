// SPDX-License-Identifier: BSL-1.0
// Well-known structures as they should be: every execution holds, and there are as many as there must be. Their broken
// siblings are in ../wrong/explore_structures_test.cpp, made from the same source.
#include <gtest/gtest.h>

#include "../enumerator/brute.hpp"
#include "../enumerator/exclusion.hpp"
#include "../enumerator/queues.hpp"

namespace explore_structures_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
report holds(options o = {}) {
  report r = check<Client>(o);
  EXPECT_EQ(r.verdict, verdict::ok) << r.message << "\n" << r.trace;
  return r;
}

// Every execution holds, and brute force over the same source, with the axioms alone, counts as many. Where a client
// retries after something that was no failure of its own (no pause), loops are not taken for waiting here: what counts as
// going round without effect depends on what a compiler leaves on the stack.
template <template <class> class Client>
std::uint64_t as_many_as_brute_force(options o = {}) {
  const report r = holds<Client>(o);
  const auto by_brute_force = enumerator::brute::executions<Client>(static_cast<enumerator::axioms>(o.model));
  EXPECT_EQ(r.executions, by_brute_force) << name_of(o.model);
  return r.executions;
}
template <template <class> class Client>
std::uint64_t as_many_under_each_model(options o = {}) {
  for (const model m : {model::rc11, model::ra, model::tso, model::sc}) {
    o.model = m;
    as_many_as_brute_force<Client>(o);
  }
  o.model = model::rc20;
  return as_many_as_brute_force<Client>(o);
}
const options no_await{.await = false};

// A lock's executions are the orders in which it is taken: waiting multiplies nothing.
TEST(ExploreStructures, SpinLock) {
  EXPECT_EQ(as_many_under_each_model<spin_lock<2>::client>(), 2u);
  EXPECT_EQ(as_many_as_brute_force<spin_lock<3>::client>(), 6u);
}
TEST(ExploreStructures, TicketLock) {
  EXPECT_EQ(as_many_under_each_model<ticket_lock<2>::client>(), 2u);
  EXPECT_EQ(as_many_as_brute_force<ticket_lock<3>::client>(), 6u);
  EXPECT_EQ(holds<ticket_lock<4>::client>().executions, 24u);
}
// Two threads: whoever is first finds, when it unlocks, nobody (and takes itself out), or nobody yet (fails to, and waits
// for its heir), or its heir: 3 executions for each order of the two.
TEST(ExploreStructures, McsLock) {
  EXPECT_EQ(as_many_under_each_model<mcs_lock<2>::client>(), 6u);
  as_many_as_brute_force<mcs_lock<3>::client>();
  EXPECT_EQ((holds<mcs_lock<2, acq_rel, release, acquire, true>::client>().executions), 6u);
}
TEST(ExploreStructures, Seqlock) {
  as_many_under_each_model<seqlock<1, release, acquire, true>::client>();
  as_many_as_brute_force<seqlock<2, release, acquire, true>::client>();
  EXPECT_GT(holds<seqlock<2>::client>().executions, 0u);
}
TEST(ExploreStructures, TreiberStack) { as_many_under_each_model<treiber_stack<2>::client>(no_await); }
TEST(ExploreStructures, MichaelScottQueue) { as_many_under_each_model<ms_queue<2>::client>(no_await); }
TEST(ExploreStructures, ChaseLevDeque) {
  as_many_under_each_model<chase_lev<2, 1>::client>();
  as_many_as_brute_force<chase_lev<2, 2>::client>();
  holds<chase_lev<3, 2>::client>();
}
TEST(ExploreStructures, Ring) {
  as_many_under_each_model<ring<1, 1>::client>(no_await);
  as_many_as_brute_force<ring<2, 1>::client>(no_await);
  holds<ring<2, 2>::client>();
}
// The reader finds the new node, and the writer finds it not yet inside or outside again; or it finds the old one, and
// the writer has to find it outside again: 3.
TEST(ExploreStructures, ReadCopyUpdate) {
  for (const model m : {model::rc20, model::rc11, model::tso, model::sc})
    EXPECT_EQ(as_many_as_brute_force<read_copy_update<>::client>({.model = m}), 3u);
  // Where fences order nothing but what release and acquire do, it is broken.
  EXPECT_EQ(check<read_copy_update<>::client>({.model = model::ra}).violation, violation::data_race);
}
TEST(ExploreStructures, FutexMutex) {
  holds<futex_mutex<2>::client>();
  holds<futex_mutex<3>::client>();
}
TEST(ExploreStructures, FutexMutexWithSpuriousWakeUps) { holds<futex_mutex<2>::client>({.spurious = 1}); }
TEST(ExploreStructures, DekkerWithAsymmetricFences) {
  EXPECT_EQ(as_many_as_brute_force<dekker<>::client>(), 3u);
  as_many_as_brute_force<dekker<>::client>({.model = model::rc11});
}

TEST(ExploreStructures, PetersonsLock) {
  for (const model m : {model::rc20, model::rc11, model::tso, model::sc})
    as_many_as_brute_force<peterson_lock<>::client>({.model = m});
  as_many_under_each_model<peterson_lock<acq_rel, acquire, true>::client>();
  // Where seq_cst orders no more than release and acquire do, both may enter.
  EXPECT_EQ(check<peterson_lock<>::client>({.model = model::ra}).violation, violation::data_race);
}
// Some of its rounds without effect count, as the compiler leaves other registers behind in the first one than in later ones.
TEST(ExploreStructures, DekkersLock) {
  for (const model m : {model::rc20, model::rc11, model::tso, model::sc}) {
    const std::uint64_t fewest =
        enumerator::brute::executions<dekker_lock<>::client>(static_cast<enumerator::axioms>(m));
    EXPECT_EQ(fewest, 4u) << name_of(m);
    EXPECT_GE(holds<dekker_lock<>::client>({.model = m}).executions, fewest) << name_of(m);
  }
}
TEST(ExploreStructures, BakeryLock) {
  for (const model m : {model::rc20, model::rc11, model::tso, model::sc})
    as_many_as_brute_force<bakery_lock<2>::client>({.model = m});
  holds<bakery_lock<3>::client>();
}
// In each round any of the threads may be the last to come: a factor of n! for each of the two.
TEST(ExploreStructures, SenseBarrier) {
  EXPECT_EQ(as_many_under_each_model<sense_barrier<2>::client>(), 4u);
  EXPECT_EQ(holds<sense_barrier<3>::client>().executions, 36u);
}

// Under the stronger models the same holds, in no more executions.
TEST(ExploreStructures, UnderStrongerModels) {
  const auto weak = holds<treiber_stack<2>::client>().executions;
  EXPECT_LE(holds<treiber_stack<2>::client>({.model = model::tso}).executions, weak);
  EXPECT_LE(holds<treiber_stack<2>::client>({.model = model::sc}).executions, weak);
}

}  // namespace
}  // namespace explore_structures_test
