// SPDX-License-Identifier: BSL-1.0
// Random walks: each is an execution of the model, all of a small program's are met, what is broken is found, and nothing passes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include <kit/explore.hpp>

#include "../enumerator/explored.hpp"
#include "../enumerator/random_programs.hpp"
#include "../enumerator/structures.hpp"

namespace explore_walk_test {
namespace {

using namespace sluice::explore;

bool walks_within(const enumerator::program& p, model m, std::uint64_t seed) {
  const auto all = enumerator::explore(p, m);
  for (const auto& [outcome, times] : enumerator::explore(p, {.model = m, .walks = 50, .seed = seed}))
    if (!all.contains(outcome)) return false;
  return true;
}

RC_GTEST_PROP(ExploreWalk, ShowsNothingThatTheModelForbids, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  for (const enumerator::program& p : *rc::gen::container<std::vector<enumerator::program>>(4, enumerator::a_program()))
    for (const model m : {model::rc20, model::rc11, model::ra, model::tso, model::sc}) {
      if (walks_within(p, m, seed)) continue;
      enumerator::log(p);
      RC_FAIL("a walk showed what is no execution");
    }
}

TEST(ExploreWalk, MeetsEveryOutcomeOfASmallProgram) {
  using enumerator::what;
  const enumerator::program store_buffering = {
      {{.how = what::store, .loc = 0, .value = 1}, {.how = what::load, .loc = 1}},
      {{.how = what::store, .loc = 1, .value = 1}, {.how = what::load, .loc = 0}}};
  EXPECT_EQ(enumerator::explore(store_buffering, {.walks = 1000}).size(), 4U);
}

template <template <class> class Client>
void is_found(violation how) {
  const report r = check<Client>({.walks = 20000});
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
  EXPECT_EQ(check<Client>({.replay = r.token}).message, r.message) << r.token << r.trace;
}
TEST(ExploreWalk, FindsBrokenStructuresAndGivesATokenForThem) {
  using namespace structures;
  is_found<spin_lock<2, relaxed>::client>(violation::data_race);
  is_found<ticket_lock<3, acquire, relaxed>::client>(violation::data_race);
  is_found<mcs_lock<2, acq_rel, release, relaxed>::client>(violation::data_race);
  is_found<futex_mutex<2, true>::client>(violation::deadlock);
  is_found<seqlock<1, release, relaxed>::client>(violation::requirement);
  is_found<treiber_stack<2, release, relaxed>::client>(violation::data_race);
  is_found<ms_queue<2, release, relaxed>::client>(violation::data_race);
  is_found<dekker<true>::client>(violation::requirement);
}

RC_GTEST_PROP(ExploreWalkByPriorities, ShowsNothingThatTheModelForbids, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  for (const enumerator::program& p : *rc::gen::container<std::vector<enumerator::program>>(4, enumerator::a_program()))
    for (const model m : {model::rc20, model::rc11, model::ra, model::tso, model::sc}) {
      const auto all = enumerator::explore(p, m);
      for (const auto& [outcome, times] : enumerator::explore(p, {.model = m, .walks = 50, .depth = 3, .seed = seed}))
        if (!all.contains(outcome)) RC_FAIL("a walk showed what is no execution");
    }
}

const enumerator::program store_buffering = {
    {{.how = enumerator::what::store, .loc = 0, .value = 1}, {.how = enumerator::what::load, .loc = 1}},
    {{.how = enumerator::what::store, .loc = 1, .value = 1}, {.how = enumerator::what::load, .loc = 0}}};

TEST(ExploreWalkByPriorities, OfDepth1RunsOneThreadAfterTheOther) {
  EXPECT_EQ(enumerator::explore(store_buffering, {.walks = 1000, .depth = 1}).size(), 2U);
}
TEST(ExploreWalkByPriorities, OfDepth2ChangesThreadsOnceOrReadsOneStaleValue) {
  EXPECT_EQ(enumerator::explore(store_buffering, {.walks = 1000, .depth = 2}).size(), 4U);
}

// How many of 4000 walks, each with a seed of its own, meet it; and the least that the theorem promises of them.
template <template <class> class Client>
void is_met_as_often_as_promised(unsigned depth, unsigned threads, double steps, double alternatives) {
  constexpr int walks = 4000;
  int met = 0;
  for (std::uint64_t seed = 1; seed <= walks; ++seed)
    met += int{check<Client>({.walks = 2, .depth = depth, .seed = seed}).verdict == verdict::violation};
  const double promised = walks / (threads * std::pow(2 * steps * alternatives, depth - 1));
  EXPECT_GT(met, promised) << "at depth " << depth;
}
TEST(ExploreWalkByPriorities, MeetsWhatIsBrokenAsOftenAsItsBoundSays) {
  using namespace structures;
  is_met_as_often_as_promised<dekker<true>::client>(2, 2, 8, 2);  // one stale read
  is_met_as_often_as_promised<futex_mutex<2, true>::client>(2, 2, 20, 1);  // one change of threads
  using std::memory_order::acquire, std::memory_order::relaxed, std::memory_order::release;
  is_met_as_often_as_promised<ticket_lock<3, acquire, relaxed>::client>(1, 3, 30, 1);  // in any order of threads
  is_met_as_often_as_promised<treiber_stack<2, release, relaxed>::client>(3, 2, 30, 1);  // two changes
}

TEST(ExploreWalkByPriorities, SaysWhatAWalkIsWorth) {
  const report r = check<structures::treiber_stack<2>::client>({.walks = 100, .depth = 3});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_NE(r.message.find("a given bug of depth 3 is met by each of the last"), std::string::npos) << r.message;
}

TEST(ExploreWalk, IsNoPass) {
  const report r = check<structures::treiber_stack<2>::client>({.walks = 100});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_NE(r.message.find("100 random executions violate nothing"), std::string::npos) << r.message;
  EXPECT_GT(r.executions, 0U);
}

TEST(ExploreWalk, IsTheSameForTheSameSeed) {
  const auto first = [](std::uint64_t seed) {
    return check<structures::dekker<true>::client>({.walks = 20000, .seed = seed}).token;
  };
  EXPECT_EQ(first(7), first(7));
}

TEST(ExploreWalk, DoesNotGoTogetherWithTheSearchByStates) {
  const report r = check<structures::dekker<>::client>({.states = true, .walks = 1});
  EXPECT_NE(r.message.find("either every state or a random walk"), std::string::npos) << r.message;
}

}  // namespace
}  // namespace explore_walk_test
