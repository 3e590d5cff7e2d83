// SPDX-License-Identifier: BSL-1.0
// The search by states against the search by executions: the same results, and the same verdicts, with states merged.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <kit/explore.hpp>
#include <kit/token.hpp>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "../enumerator/asymmetric.hpp"
#include "../enumerator/explored.hpp"
#include "../enumerator/random_programs.hpp"
#include "../enumerator/structures.hpp"

namespace explore_states_test {
namespace {

using namespace sluice::explore;

std::set<enumerator::result> outcomes(const enumerator::results& r) {
  std::set<enumerator::result> all;
  for (const auto& [outcome, times] : r) all.insert(outcome);
  return all;
}

// In whichever order the states are visited: what is wrongly taken for known costs a result only if it comes second. And
// both where the search knows how far threads have come, so that what they can do no more does not count, and where not.
bool has_same_results(const enumerator::program& p, model m) {
  const auto expected = outcomes(enumerator::explore(p, m));
  bool same = true;
  for (std::uint64_t seed = 0; same && seed < 4; ++seed) {
    enumerator::explored_counted = seed % 2 == 0;
    const unsigned learns_from = seed < 2 ? 20'000 : 0;
    same = outcomes(enumerator::explore(p, {.model = m, .states = true, .seed = seed, .learns_from = learns_from})) ==
           expected;
  }
  enumerator::explored_counted = false;
  return same;
}
// Threads that forget what they read come to the same state in many ways: what is merged has to go on alike.
bool has_same_results_when_forgetting(const enumerator::program& p, model m) {
  bool same = true;
  for (unsigned forgetful = 1; same && forgetful + 1 < 1U << p.size(); ++forgetful) {
    enumerator::explored_forgetful = forgetful;
    same = has_same_results(p, m);
  }
  enumerator::explored_forgetful = 0;
  return same;
}

template <class Agrees>
void must_agree(model m, const Agrees& agrees) {
  for (const enumerator::program& p :
       *rc::gen::container<std::vector<enumerator::program>>(20, enumerator::a_program())) {
    if (agrees(p, m)) continue;
    enumerator::log(p);
    RC_FAIL("the two searches differ");
  }
}

RC_GTEST_PROP(ExploreStates, FindEveryResultOfRandomProgramsUnderRc20, ()) {
  must_agree(model::rc20, has_same_results);
}
RC_GTEST_PROP(ExploreStates, FindEveryResultOfRandomProgramsUnderRa, ()) { must_agree(model::ra, has_same_results); }
RC_GTEST_PROP(ExploreStates, MergeOnlyWhatGoesOnAlikeUnderRc20, ()) {
  must_agree(model::rc20, has_same_results_when_forgetting);
}
RC_GTEST_PROP(ExploreStates, MergeOnlyWhatGoesOnAlikeUnderRa, ()) {
  must_agree(model::ra, has_same_results_when_forgetting);
}

enumerator::instruction R(unsigned loc) { return {.how = enumerator::what::load, .loc = loc}; }
enumerator::instruction W(unsigned loc, unsigned v) { return {.how = enumerator::what::store, .loc = loc, .value = v}; }
enumerator::instruction U(unsigned loc) { return {.how = enumerator::what::fetch_add, .loc = loc, .value = 1}; }
enumerator::instruction F() { return {.how = enumerator::what::fence}; }

// Mixtures of orders of the shape: one in 29, a number that shares no factor with those of orders. EXPLORE_ALL_MIXTURES in
// the environment asks for each.
void shape_merges(const enumerator::program& shape) {
  const unsigned stride = std::getenv("EXPLORE_ALL_MIXTURES") != nullptr ? 1 : 29;
  unsigned n = 0;
  enumerator::mixtures(shape).each([&](const enumerator::program& p) {
    if (n++ % stride != 0) return true;
    const bool same = has_same_results_when_forgetting(p, model::rc20);
    EXPECT_TRUE(same) << enumerator::text(p);
    return same;
  });
}
constexpr unsigned x = 0, y = 1, z = 2;

// All accesses seq_cst, and all fences: where the order of what nobody remembers decides what others may still see. z is
// relaxed: what is read there says that the other thread has forgotten already.
void sc_merges(enumerator::program p) {
  for (const bool accesses : {true, false}) {
    for (enumerator::thread& t : p)
      for (enumerator::instruction& i : t)
        i.mode = i.loc != z && accesses == (i.how != enumerator::what::fence) ? enumerator::order::seq_cst
                                                                              : enumerator::order::relaxed;
    EXPECT_TRUE(has_same_results_when_forgetting(p, model::rc20)) << enumerator::text(p);
  }
}
TEST(ExploreStates, MergeNoTotalOrders) {
  sc_merges({{W(x, 1)}, {W(y, 1)}, {R(x), F(), R(y), W(z, 1)}, {R(z), R(y), F(), R(x)}});
  sc_merges({{W(x, 1)}, {W(y, 1), F(), R(x), W(z, 1)}, {R(z), R(x), F(), R(y)}});
  sc_merges({{W(x, 1), F(), R(y), W(z, 1)}, {R(z), W(y, 1), F(), R(x)}});
  sc_merges({{U(x), F(), R(y), W(z, 1)}, {R(z), U(y), F(), R(x)}, {W(y, 2), F(), R(x)}});
}
// Which of two writes a read saw that nobody remembers: a third, which is yet to come, may stand between them.
TEST(ExploreStates, MergeNoPlacesOfReads) {
  enumerator::program p{{W(x, 1)}, {W(y, 1), R(x), W(z, 1)}, {R(z), W(x, 2), R(y)}};
  for (enumerator::instruction* const i : {&p[1][0], &p[1][1], &p[2][1], &p[2][2]})
    i->mode = enumerator::order::seq_cst;
  EXPECT_TRUE(has_same_results_when_forgetting(p, model::rc20)) << enumerator::text(p);
}
TEST(ExploreStates, MergeNoOrderOfReadersThatDisagree) {
  shape_merges({{W(x, 1)}, {W(y, 1)}, {R(x), F(), R(y)}, {R(y), F(), R(x)}});
}
TEST(ExploreStates, MergeNoOrderOfWritesThatFencesSee) {
  shape_merges({{W(x, 1), F(), R(y)}, {W(y, 1)}, {R(y), F(), R(x), R(y)}});
  shape_merges({{R(x), F(), R(y)}, {W(y, 1), F(), R(x)}, {W(x, 1)}});
}
TEST(ExploreStates, MergeNoReleaseSequenceAndNoPendingAcquire) {
  shape_merges({{W(x, 1), W(y, 1)}, {U(y), R(x)}, {R(y), F(), R(x)}});
  shape_merges({{W(x, 1), F(), W(y, 1)}, {R(y), R(y), F(), R(x)}, {W(y, 2)}});
}
void asymmetric_merges(const enumerator::program& shape, unsigned stride) {
  unsigned n = 0;
  enumerator::each_asymmetric(shape, [&](const enumerator::program& p) {
    if (n++ % stride != 0) return true;
    const bool same = has_same_results_when_forgetting(p, model::rc20);
    EXPECT_TRUE(same) << enumerator::text(p);
    return same;
  });
}
TEST(ExploreStates, MergeNoOrderOfAsymmetricFences) {
  asymmetric_merges({{W(x, 1), R(y)}, {W(y, 1), R(x)}}, 1);
  asymmetric_merges({{W(x, 1), R(y), R(x)}, {R(y), W(y, 1), R(x)}}, 7);
  asymmetric_merges({{W(x, 1), R(y)}, {W(y, 1), R(z)}, {W(z, 1), R(x)}}, 29);
  asymmetric_merges({{W(x, 1)}, {W(y, 1)}, {R(x), R(y)}, {R(y), R(x)}}, 29);
}
TEST(ExploreStates, MergeNoReadModifyWritesThatHaveTheirPlaceFromOthers) {
  shape_merges({{U(x), R(y)}, {W(x, 2), R(x)}, {U(x), U(y)}});
}

template <template <class> class Client>
report by_states() {
  return check<Client>({.states = true});
}

template <template <class> class Client>
void fails(violation how, unsigned learns_from = 0) {
  const report r = check<Client>({.states = true, .learns_from = learns_from});
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
  EXPECT_NE(r.trace, "");
  EXPECT_EQ(check<Client>({.replay = r.token}).message, r.message) << r.token << r.trace;
  if (learns_from == 0) fails<Client>(how, 20'000);
}

TEST(ExploreStates, BrokenStructuresAreFound) {
  using namespace structures;
  fails<spin_lock<2, relaxed>::client>(violation::data_race);
  fails<ticket_lock<3, acquire, relaxed>::client>(violation::data_race);
  fails<mcs_lock<2, acq_rel, relaxed>::client>(violation::data_race);
  fails<mcs_lock<2, acq_rel, release, relaxed>::client>(violation::data_race);
  fails<futex_mutex<2, true>::client>(violation::deadlock);
  fails<futex_mutex<2, false, relaxed>::client>(violation::data_race);
  fails<seqlock<1, relaxed>::client>(violation::requirement);
  fails<seqlock<1, release, relaxed>::client>(violation::requirement);
  fails<treiber_stack<2, relaxed>::client>(violation::data_race);
  fails<treiber_stack<2, release, relaxed>::client>(violation::data_race);
  fails<treiber_stack<2, release, acquire, false, true>::client>(violation::leak);
  fails<ms_queue<2, relaxed>::client>(violation::data_race);
  fails<ms_queue<2, release, relaxed>::client>(violation::data_race);
  fails<dekker<true>::client>(violation::requirement);
}

// T0 uses `used` and says so; T1 hears it, acquires it or does not, forgets which, and destroys. Only the knowledge of a use
// tells its two states apart, and only the destruction asks for it.
template <unsigned Unordered>
struct destroyed {
  template <class Engine>
  struct client : structures::base<Engine, 2> {
    using platform = typename Engine::platform;
    std::optional<typename platform::template atomic<unsigned>> used{std::in_place, 0U};
    typename platform::template atomic<unsigned> said{0};
    void thread(unsigned i) {
      if (i == 0) {
        static_cast<void>(used->load(structures::relaxed));
        said.store(1, structures::release);
        return;
      }
      const auto how = Engine::choose(2) == Unordered ? structures::relaxed : structures::acquire;
      if (said.load(how) == 1) used.reset();
    }
    void finish() {}
  };
};
TEST(ExploreStates, TellApartWhoMayDestroyWhatTheSetUpMade) {
  fails<destroyed<0>::client>(violation::data_race);
  fails<destroyed<1>::client>(violation::data_race);
  EXPECT_EQ(by_states<destroyed<2>::client>().verdict, verdict::ok);
}

// Dekker's entry, where one side's fence may be heavy or, if `Merely` is chosen, seq_cst, which counts for nothing against
// the other's light one. Once that side is done, only the kind of its fence tells its two states apart.
template <unsigned Merely>
struct fenced {
  template <class Engine>
  struct client : structures::base<Engine, 2> {
    using platform = typename Engine::platform;
    typename platform::template atomic<bool> wants[2]{false, false};
    bool entered[2]{};
    void thread(unsigned i) {
      wants[i].store(true, structures::relaxed);
      if (i == 0)
        platform::fence_light();
      else if (Engine::choose(2) == Merely)
        platform::fence(std::memory_order::seq_cst);
      else
        platform::fence_heavy();
      entered[i] = !wants[1 - i].load(structures::relaxed);
    }
    void finish() { Engine::require(!entered[0] || !entered[1], "at most one enters"); }
  };
};
TEST(ExploreStates, TellApartHeavyFencesAndOthers) {
  fails<fenced<0>::client>(violation::requirement);
  fails<fenced<1>::client>(violation::requirement);
  EXPECT_EQ(by_states<fenced<2>::client>().verdict, verdict::ok);
}

// Who holds something may have a block of the heap for it, whose address is the same in executions that go alike.
template <bool OnTheHeap>
struct held {
  template <class Engine>
  struct client : structures::base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned i) {
      std::optional<sluice::kit::token> mine;
      if constexpr (OnTheHeap) mine.emplace(static_cast<int>(i));
      for (int round = 0; round != 2; ++round) x.fetch_add(1, structures::relaxed);
      Engine::require(!mine || mine->id() == static_cast<int>(i), "what it holds is its own");
    }
  };
};
// What a call has left below a frame is no part of the state, where a later frame has a gap there either.
[[gnu::noinline]] void leave(int v) {
  volatile int below[64];
  for (volatile int& word : below) word = v;
}
[[gnu::noinline]] void touch(unsigned* p) { asm volatile("" : : "r"(p) : "memory"); }
template <bool What>
struct leaves_below {
  template <class Engine>
  struct client : structures::base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> x{0}, y{0};
    void thread(unsigned i) {
      if (i == 0) return x.store(1, structures::relaxed);
      const unsigned seen = x.load(structures::relaxed);
      leave(What ? static_cast<int>(seen) : 0);
      y.store(1, structures::relaxed);
      look_beside_a_gap();
    }
    [[gnu::noinline]] void look_beside_a_gap() {
      unsigned gap[64];
      touch(gap);
      static_cast<void>(y.load(structures::relaxed));
      touch(gap);
    }
  };
};
TEST(ExploreStates, AreNotMultipliedByWhatCallsLeaveBelowAFrame) {
  EXPECT_EQ(by_states<leaves_below<true>::client>().states, by_states<leaves_below<false>::client>().states);
}

TEST(ExploreStates, AreNotMultipliedByWhereTokensLie) {
  EXPECT_EQ(by_states<held<true>::client>().states, by_states<held<false>::client>().states);
}
template <class Engine>
struct lost_token : structures::base<Engine, 1> {
  alignas(sluice::kit::token) std::byte room[sizeof(sluice::kit::token)];
  void thread(unsigned) { new (room) sluice::kit::token(1); }
};
TEST(ExploreStates, TokensThatAreNotDestroyedAreALeak) {
  EXPECT_EQ(check<lost_token>().violation, violation::leak);
  EXPECT_EQ(by_states<lost_token>().violation, violation::leak);
}

// The search goes on from copies of states, in which what a thread keeps on the ordinary heap is not, nor what it has caught.
template <class Engine>
struct keeps_a_set : structures::base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0};
  void thread(unsigned i) {
    const std::set<unsigned> mine{i, i + 10};
    for (int round = 0; round != 2; ++round) x.fetch_add(1, structures::relaxed);
    Engine::require(mine == std::set<unsigned>{i, i + 10}, "nobody else has freed it");
  }
};
template <class Engine>
struct holds_an_exception : structures::base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0};
  void thread(unsigned i) {
    try {
      throw std::set<unsigned>{i, i + 10};
    } catch (const std::set<unsigned>& mine) {
      for (int round = 0; round != 2; ++round) x.fetch_add(1, structures::relaxed);
      Engine::require(mine == std::set<unsigned>{i, i + 10}, "nobody else has caught it");
    }
  }
};
TEST(ExploreStates, AreNotGoneOnFromWithWhatIsFreedByThen) {
  EXPECT_EQ(by_states<keeps_a_set>().verdict, verdict::ok);
  EXPECT_EQ(by_states<holds_an_exception>().verdict, verdict::ok);
}

// What stands where nothing is kept any more, on a stack or in the memory, is part of no state: else it would show by which
// way a state was come to. And in the end the search knows the same of what threads may do, whatever it was shown at first.
template <template <class> class Client>
void are_the_same_states_in_any_order() {
  const std::uint64_t states = by_states<Client>().states;
  for (std::uint64_t seed = 1; seed < 4; ++seed)
    for (const unsigned learns_from : {0U, 10U, 20'000U})
      EXPECT_EQ(check<Client>({.states = true, .seed = seed, .learns_from = learns_from}).states, states) << seed;
}
TEST(ExploreStates, AreAsManyInWhicheverOrderTheyAreVisited) {
  using namespace structures;
  are_the_same_states_in_any_order<ticket_lock<3>::client>();
  are_the_same_states_in_any_order<mcs_lock<2>::client>();
  are_the_same_states_in_any_order<ms_queue<2>::client>();
  are_the_same_states_in_any_order<treiber_stack<2>::client>();
  are_the_same_states_in_any_order<futex_mutex<3>::client>();
  are_the_same_states_in_any_order<futex_mutex<2>::client>();
}

// Whoever touches what nobody else will write to goes first, alone; and so does who has the rest of a location to itself.
template <bool Shared>
struct counting {
  template <class Engine>
  struct client : structures::base<Engine, 3> {
    typename Engine::platform::template atomic<unsigned> x[3]{0, 0, 0};
    void thread(unsigned i) {
      for (unsigned round = 0; round != 3; ++round) x[Shared ? 0 : i].fetch_add(1, structures::relaxed);
    }
  };
};
TEST(ExploreStates, AreNotMultipliedByThreadsThatShareNothing) {
  EXPECT_LE(by_states<counting<false>::client>().states, 3U * 3U + 2U);
  EXPECT_GE(by_states<counting<true>::client>().states, 4U * 4U * 4U);
}
// The first thread goes round for ever, and depends on nobody: what the other one does is looked at all the same.
template <class Engine>
struct goes_round : structures::base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0}, y{0};
  void thread(unsigned i) {
    if (i == 0)
      while (x.load(structures::relaxed) == 0) Engine::platform::pause();
    else
      Engine::require(y.load(structures::relaxed) == 1, "somebody has written");
  }
};
TEST(ExploreStates, WhoGoesRoundAloneHidesNoOther) { fails<goes_round>(violation::requirement); }

// The other thread has to come in between two exchanges, which always see the newest value.
template <class Engine>
struct come_between : structures::base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned i) {
    if (i == 1) return void(x.exchange(9, std::memory_order_relaxed));
    x.exchange(1, std::memory_order_relaxed);
    Engine::require(x.exchange(2, std::memory_order_relaxed) == 1, "nobody comes in between");
  }
};
TEST(ExploreStates, WithoutPreemptionNobodyComesInBetween) {
  const report none = check<come_between>({.states = true, .preemptions = 0});
  EXPECT_EQ(none.verdict, verdict::unknown);
  EXPECT_NE(none.message.find("at most 0 preemptions"), std::string::npos) << none.message;
  EXPECT_EQ(check<come_between>({.states = true, .preemptions = 1}).verdict, verdict::violation);
  EXPECT_EQ(check<come_between>({.preemptions = 1}).violation, violation::misuse);
}
TEST(ExploreStates, WhoPausesGivesWayAndIsNotPreempted) {
  const report r = check<structures::ticket_lock<2>::client>({.states = true, .preemptions = 0});
  EXPECT_EQ(r.verdict, verdict::unknown) << r.message;
  EXPECT_GT(r.executions, 0U);
}

TEST(ExploreStates, CorrectStructuresHold) {
  using namespace structures;
  EXPECT_EQ(by_states<ticket_lock<3>::client>().verdict, verdict::ok);
  EXPECT_EQ(by_states<mcs_lock<3>::client>().verdict, verdict::ok);
  EXPECT_EQ(by_states<seqlock<1>::client>().verdict, verdict::ok);
  EXPECT_EQ(by_states<treiber_stack<2>::client>().verdict, verdict::ok);
  EXPECT_EQ(by_states<ms_queue<2>::client>().verdict, verdict::ok);
  EXPECT_EQ(by_states<futex_mutex<3>::client>().verdict, verdict::ok);
  EXPECT_EQ(by_states<dekker<>::client>().verdict, verdict::ok);
}

}  // namespace
}  // namespace explore_states_test
