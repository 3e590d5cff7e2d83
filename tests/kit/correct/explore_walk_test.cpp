// SPDX-License-Identifier: BSL-1.0
// Random walks: each is an execution of the model, all of a small program's are met, what is broken is found, and nothing passes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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
