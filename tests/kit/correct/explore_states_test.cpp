// SPDX-License-Identifier: BSL-1.0
// The search by states: its verdicts, and what multiplies no states. That it merges none that go on differently is looked at
// in explore_merging_test.cpp.
#include <gtest/gtest.h>

#include <chrono>
#include <kit/explore.hpp>
#include <kit/token.hpp>
#include <new>
#include <optional>
#include <set>

#include "../enumerator/structures.hpp"

namespace explore_states_test {
namespace {

using namespace sluice::explore;

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

// How often compare-exchanges, and waits, have failed for no reason: who used up the one may still do the other. T0's first wait
// ends in either way alike; what came of its second try or second wait is forgotten.
template <class Engine>
struct fails_for_no_reason : structures::base<Engine, 2> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> x{0}, y{0}, z{0};
  bool other = false, exchanged = false;
  void thread(unsigned i) {
    if (i == 1) {
      z.store(1, structures::relaxed);
      platform::wake_all(y);
      return;
    }
    x.store(0, structures::relaxed);
    if (!wakes()) other = true;
    fail_once();
    exchanged = exchanges();
  }
  bool wakes() { return platform::wait(y, 0, platform::now() + std::chrono::seconds(1)) == sluice::wait_result::woken; }
  bool exchanges() {
    std::uint32_t zero = 0;
    return x.compare_exchange_weak(zero, 0, structures::relaxed, structures::relaxed);
  }
  [[gnu::noinline]] void fail_once() {
    if (z.load(structures::relaxed) == 0 ? exchanges() : !wakes()) other = true;
  }
};
TEST(ExploreStates, TellApartWhatFailedForNoReason) {
  using result = std::pair<bool, bool>;
  const auto outcomes = [](const options& how) {
    std::set<result> all;
    check<fails_for_no_reason>(how, [&](const auto& c) { all.insert({c.other, c.exchanged}); });
    return all;
  };
  const std::set<result> expected = outcomes({.spurious = 1});
  EXPECT_EQ(expected.size(), 4U);
  for (std::uint64_t seed = 0; seed < 32; ++seed)
    EXPECT_EQ(outcomes({.spurious = 1, .states = true, .seed = seed}), expected) << seed;
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

// Executions that the search learns from end, too, where threads go round for ever because nobody does what they wait for.
template <class Engine>
struct waits_for_nobody : structures::base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0}, y{0};
  void thread(unsigned i) {
    if (i == 1) return y.store(1, structures::relaxed);
    while (x.load(structures::relaxed) == 0) Engine::platform::pause();
  }
};
TEST(ExploreStates, WhoGoesRoundForEverIsADeadlock) { fails<waits_for_nobody>(violation::deadlock); }

// It comes to the bound before it has asked for anything, in the first execution and in later ones.
template <bool InAnyExecution>
struct pauses_for_ever {
  template <class Engine>
  struct client : structures::base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned i) {
      if (i == 1) return void(x.fetch_add(1, structures::relaxed));
      if (!InAnyExecution && Engine::choose(2) == 0) return void(x.fetch_add(1, structures::relaxed));
      for (;;) Engine::platform::pause();
    }
  };
};
TEST(ExploreStates, WhoOnlyPausesLeavesTheAnswerUnknown) {
  EXPECT_EQ(by_states<pauses_for_ever<true>::client>().verdict, verdict::unknown);
  EXPECT_EQ(by_states<pauses_for_ever<false>::client>().verdict, verdict::unknown);
}

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
