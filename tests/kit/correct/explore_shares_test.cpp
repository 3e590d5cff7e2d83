// SPDX-License-Identifier: BSL-1.0
// A client's executions can be shared by searches: each execution is some search's, none is two's. And their number can be
// estimated before.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include <kit/explore.hpp>
#include <kit/explore/entry.hpp>
#include <kit/explore/workers.hpp>

#include "../enumerator/explored.hpp"
#include "../enumerator/random_programs.hpp"
#include "../enumerator/structures.hpp"

namespace explore_shares_test {
namespace {

using namespace sluice::explore;

options share_of(std::uint64_t index, std::uint64_t of) {
  options o;
  o.takes = [=](std::uint64_t number) { return number % of == index; };
  return o;
}

template <class Client>
report in_shares(std::uint64_t of) {
  report all;
  for (std::uint64_t i = 0; i != of; ++i) merge(all, run_client<Client>(share_of(i, of)));
  return all;
}

template <class Client>
void adds_up() {
  const report whole = run_client<Client>({});
  ASSERT_EQ(whole.verdict, verdict::ok) << whole.message;
  for (const std::uint64_t of : {1U, 2U, 7U, 40U}) {
    const report parts = in_shares<Client>(of);
    EXPECT_EQ(parts.verdict, verdict::ok) << parts.message;
    EXPECT_EQ(parts.executions, whole.executions) << of << " shares";
    EXPECT_EQ(parts.blocked, whole.blocked) << of << " shares";
  }
  const report by_processes = run_shared(&run_client<Client>, {}, 3);
  EXPECT_EQ(by_processes.verdict, verdict::ok) << by_processes.message;
  EXPECT_EQ(by_processes.executions, whole.executions);
  EXPECT_EQ(by_processes.blocked, whole.blocked);
}

TEST(ExploreShares, AddUpToTheWhole) {
  adds_up<structures::treiber_stack<2>::client<engine>>();
  adds_up<structures::ms_queue<2>::client<engine>>();
  adds_up<structures::ticket_lock<3>::client<engine>>();
  adds_up<structures::futex_mutex<3>::client<engine>>();
  adds_up<structures::mcs_lock<3>::client<engine>>();
}

// Executions of a random program, which count where they are some share's.
std::uint64_t counted_in_shares(const enumerator::program& p, model m, std::uint64_t of) {
  report all;
  for (std::uint64_t i = 0; i != of; ++i) {
    options o = share_of(i, of);
    o.model = m;
    switch (p.size()) {
      case 1: merge(all, run_client<enumerator::interpreter<engine, 1>>(o)); break;
      case 2: merge(all, run_client<enumerator::interpreter<engine, 2>>(o)); break;
      case 3: merge(all, run_client<enumerator::interpreter<engine, 3>>(o)); break;
      default: merge(all, run_client<enumerator::interpreter<engine, 4>>(o));
    }
  }
  return all.executions;
}
RC_GTEST_PROP(ExploreShares, OfARandomProgramHaveEachExecutionOnce, ()) {
  for (const enumerator::program& p : *rc::gen::container<std::vector<enumerator::program>>(4, enumerator::a_program()))
    for (const model m : {model::rc20, model::sc}) {
      enumerator::explored_program = p;
      RC_ASSERT(counted_in_shares(p, m, 1) == counted_in_shares(p, m, 5));
    }
}

template <class Client>
void some_share_finds(violation how) {
  EXPECT_STREQ(name_of(in_shares<Client>(5).violation), name_of(how));
  const report r = run_shared(&run_client<Client>, {}, 2);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
  EXPECT_EQ(run_client<Client>({.replay = r.token}).violation, how) << r.token;
}
TEST(ExploreShares, FindWhatTheWholeFinds) {
  some_share_finds<
      structures::treiber_stack<2, std::memory_order::release, std::memory_order::relaxed>::client<engine>>(
      violation::data_race);
  some_share_finds<structures::futex_mutex<2, true>::client<engine>>(violation::deadlock);
  some_share_finds<structures::dekker<true>::client<engine>>(violation::requirement);
}

TEST(ExploreShares, OfWhichOneIsNotFinishedAreNoPass) {
  report all = run_client<structures::dekker<>::client<engine>>(share_of(0, 2));
  options o = share_of(1, 2);
  o.max_executions = 0;
  merge(all, run_client<structures::dekker<>::client<engine>>(o));
  EXPECT_EQ(all.verdict, verdict::unknown);
  EXPECT_FALSE(all.broken);
  EXPECT_EQ(all.message, "stopped at max_executions");
}

// Ends like a process that somebody kills.
report killed(const options&) {
  raise(SIGKILL);
  return {};
}
TEST(ExploreShares, OfAWorkerThatDiesAreNoPass) {
  const report r = run_shared(&killed, {}, 2);
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_TRUE(r.broken);
  EXPECT_EQ(r.message, "a worker was ended by signal 9");
}

TEST(ExploreShares, DoNotGoTogetherWithTheSearchByStates) {
  options o = share_of(0, 2);
  o.states = true;
  const report r = run_client<structures::dekker<>::client<engine>>(o);
  EXPECT_NE(r.message.find("only the search through every execution can be shared"), std::string::npos) << r.message;
}

// Without bias: over many probes the estimate comes as near as its own standard error says.
template <class Client>
void is_estimated() {
  const auto exact = static_cast<double>(run_client<Client>({}).executions);
  const report r = run_client<Client>({.probes = 2000, .seed = 3});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_NEAR(r.estimate, exact, std::max(5 * r.estimate_error, 1e-9 * exact)) << r.message;
  EXPECT_LT(r.estimate_error, exact / 10) << "an estimate that says little";
  EXPECT_NE(r.message.find("complete executions, standard error"), std::string::npos) << r.message;
}
TEST(ExploreEstimate, ComesNearTheNumberOfExecutions) {
  is_estimated<structures::treiber_stack<2>::client<engine>>();
  is_estimated<structures::ms_queue<2>::client<engine>>();
  is_estimated<structures::ticket_lock<3>::client<engine>>();
  is_estimated<structures::futex_mutex<3>::client<engine>>();
}
TEST(ExploreEstimate, ReportsWhatAProbeFinds) {
  const report r = run_client<structures::dekker<true>::client<engine>>({.probes = 1000});
  EXPECT_EQ(r.verdict, verdict::violation);
}

}  // namespace
}  // namespace explore_shares_test
