// SPDX-License-Identifier: BSL-1.0
// Of the executions that differ only in which thread of a role did what, the explorer visits one. Straight-line programs
// are held against brute force: as many executions as there are orbits. Structures, with loops, waiting and the futex, are
// held against the explorer without symmetry: the same orbits, and none twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "../enumerator/blocking_programs.hpp"
#include "../enumerator/explored.hpp"
#include "../enumerator/orbits.hpp"
#include "../enumerator/random_programs.hpp"
#include "../enumerator/signature.hpp"
#include "../enumerator/structures.hpp"

namespace explore_symmetry_test {
namespace {

using namespace enumerator;
using structures::base;

inline std::vector<unsigned> roles;

template <class Client>
struct in_roles : Client {
  static unsigned role(unsigned index) { return roles[index]; }
};

struct seen {
  std::set<std::string> orbits;
  std::size_t executions = 0;
  bool twice = false;
};

template <class Client>
seen explored(const sluice::explore::options& how) {
  namespace ex = sluice::explore;
  const auto ignore = [](const Client&) {};
  ex::machine m(ex::detail::program_of<in_roles<Client>>(ignore), how);
  seen s;
  do {
    const ex::outcome end = m.run();
    if (end == ex::outcome::failed) throw std::logic_error(m.message());
    if (end != ex::outcome::complete) continue;
    ++s.executions;
    s.twice = !s.orbits.insert(orbit_of(m.events(), roles)).second || s.twice;
  } while (m.backtrack());
  return s;
}

seen explored(const program& p, axioms of) {
  explored_program = p;
  const sluice::explore::options how{.model = static_cast<sluice::explore::model>(of)};
  using sluice::explore::engine;
  return p.size() == 2   ? explored<interpreter<engine, 2>>(how)
         : p.size() == 3 ? explored<interpreter<engine, 3>>(how)
                         : explored<interpreter<engine, 4>>(how);
}

instruction load(unsigned at) { return {what::load, at}; }
instruction store(unsigned at) { return {what::store, at, 1}; }
instruction add(unsigned at) { return {what::fetch_add, at, 1}; }

// How many orbits there are, if each was visited once.
std::size_t visited_once(const program& p, const std::vector<unsigned>& in, axioms m = axioms::rc20) {
  roles = in;
  const std::size_t expected = orbits(p, m, roles).size();
  const seen found = explored(p, m);
  EXPECT_FALSE(found.twice);
  EXPECT_EQ(found.executions, expected) << text(p);
  return expected;
}

TEST(ExploreSymmetry, OfThreadsThatAllAddOrAllWriteOneOrderIsEnough) {
  EXPECT_EQ(visited_once({{add(0)}, {add(0)}, {add(0)}, {add(0)}}, {0, 0, 0, 0}), 1U);
  EXPECT_EQ(visited_once({{store(0)}, {store(0)}, {store(0)}, {store(0)}}, {0, 0, 0, 0}), 1U);
  EXPECT_EQ(visited_once({{add(0)}, {add(0)}, {add(0)}, {add(0)}}, {0, 1, 0, 1}), 6U);  // which of the two roles when
}
TEST(ExploreSymmetry, OfThreadsThatReadItIsEnoughHowManyReadWhat) {
  EXPECT_EQ(visited_once({{load(0)}, {load(0)}, {store(0), store(0)}}, {0, 0, 1}),
            6U);  // two of three, with repetition
  EXPECT_EQ(visited_once({{store(0), store(0)}, {load(0)}, {load(0)}, {load(0)}}, {1, 0, 0, 0}), 10U);
  EXPECT_EQ(visited_once({{load(0)}, {load(0)}, {add(0), add(0)}, {add(0), add(0)}}, {0, 0, 1, 1}), 45U);
}
// The earlier twin may have to read what is later in coherence order: where what the other one reads depends on it.
TEST(ExploreSymmetry, CoherenceOrderMayGoAgainstWhatDependsOnWhat) {
  const thread reads_x{load(0), store(1)};
  const thread reads_y{load(1), store(0)};
  EXPECT_EQ(visited_once({reads_x, reads_x, {store(0)}, reads_y}, {0, 0, 1, 2}), 42U);
  EXPECT_EQ(visited_once({reads_x, reads_x, reads_y, reads_y}, {0, 0, 1, 1}), 45U);
  EXPECT_EQ(visited_once({reads_x, reads_x, reads_y, reads_y}, {0, 0, 1, 1}, axioms::sc), 30U);
}

program of_bodies(const std::array<thread, 3>& bodies) {
  program p;
  for (const unsigned r : roles) p.push_back(bodies[r]);
  return p;
}
program in_random_roles() {
  static const std::vector<std::vector<unsigned>> shapes{
      {0, 0}, {0, 0, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 0, 0, 1}, {0, 0, 1, 2}};
  roles = *rc::gen::elementOf(shapes);
  const bool strong = *rc::gen::inRange(0, 2) == 1;
  std::array<thread, 3> bodies;
  for (thread& t : bodies)
    for (std::size_t n = *rc::gen::inRange<std::size_t>(1, 7 - roles.size()); n-- > 0;) {
      t.push_back(*an_instruction(strong));
      if (roles.size() == 4) t.back().loc %= 2;
      if (tries(of_bodies(bodies)) > most_tries) t.pop_back();
    }
  return of_bodies(bodies);
}
void must_agree(axioms of) {
  const program p = in_random_roles();
  log(p);
  const seen found = explored(p, of);
  RC_ASSERT(found.orbits.size() == orbits(p, of, roles).size());
  RC_ASSERT(!found.twice);
}
RC_GTEST_PROP(ExploreSymmetry, VisitsEachOrbitOnceUnderRc20, ()) { must_agree(axioms::rc20); }
RC_GTEST_PROP(ExploreSymmetry, VisitsEachOrbitOnceUnderRc11, ()) { must_agree(axioms::rc11); }
RC_GTEST_PROP(ExploreSymmetry, VisitsEachOrbitOnceUnderRa, ()) { must_agree(axioms::ra); }
RC_GTEST_PROP(ExploreSymmetry, VisitsEachOrbitOnceUnderTso, ()) { must_agree(axioms::tso); }
RC_GTEST_PROP(ExploreSymmetry, VisitsEachOrbitOnceUnderSc, ()) { must_agree(axioms::sc); }

// The executions visited; the orbits are those that a search without symmetry finds.
template <template <class> class Client>
std::size_t loses_no_orbit(const std::vector<unsigned>& in, sluice::explore::options how = {}) {
  using client = Client<sluice::explore::engine>;
  roles = in;
  const seen found = explored<client>(how);
  how.symmetry = false;
  const seen all = explored<client>(how);
  EXPECT_EQ(found.orbits, all.orbits);
  EXPECT_FALSE(found.twice);
  EXPECT_GE(all.executions, 2 * found.executions);
  return found.executions;
}

template <unsigned Wakers>
struct sleepers {
  template <class Engine>
  struct client : base<Engine, 2 + Wakers> {
    using platform = typename Engine::platform;
    typename platform::template atomic<std::uint32_t> word{0};
    void thread(unsigned i) {
      if (i < 2) return void(platform::wait(word, 0, platform::now() + std::chrono::seconds(1)));
      word.fetch_add(1, std::memory_order::relaxed);
      platform::wake_one(word);
    }
  };
};

TEST(ExploreSymmetry, OfLocks) {
  EXPECT_EQ(loses_no_orbit<structures::spin_lock<3>::client>({0, 0, 0}), 1U);
  EXPECT_EQ(loses_no_orbit<structures::ticket_lock<3>::client>({0, 0, 0}), 1U);
  loses_no_orbit<structures::mcs_lock<3>::client>({0, 0, 0});
  loses_no_orbit<structures::mcs_lock<3>::client>({0, 1, 1});
}
TEST(ExploreSymmetry, OfStructures) {
  loses_no_orbit<structures::treiber_stack<2>::client>({0, 0});
  loses_no_orbit<structures::ms_queue<2>::client>({0, 0});
}
TEST(ExploreSymmetry, OfTheFutex) {
  loses_no_orbit<structures::futex_mutex<2>::client>({0, 0}, {.spurious = 1});
  EXPECT_EQ(loses_no_orbit<structures::futex_mutex<3>::client>({0, 0, 0}), 613U);  // of 3,678
  loses_no_orbit<sleepers<1>::client>({0, 0, 1});
  EXPECT_EQ(loses_no_orbit<sleepers<2>::client>({0, 0, 1, 1}), 66U);  // of 264
  loses_no_orbit<sleepers<2>::client>({0, 0, 1, 2}, {.spurious = 1});
}
// What the last one does may take away from the others what they do at the second word, but no half of a wait.
template <class Engine>
struct sleeps_twice : base<Engine, 3> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> words[2]{0, 0};
  void thread(unsigned) {
    for (auto& word : words) static_cast<void>(platform::wait(word, 0, platform::now() + std::chrono::seconds(1)));
  }
};
// In each word's queue three come and go, one who comes before he goes: 6! / 2^3 = 90 orders, of which those of the two words are
// independent; and each of the 3! ways to name the threads is another one.
TEST(ExploreSymmetry, OfThreadsThatSleepAgain) {
  EXPECT_EQ(loses_no_orbit<sleeps_twice>({0, 0, 0}), 1350U);  // of 8,100
}

// Random threads that sleep for a time and wake each other.
template <unsigned Threads>
void loses_no_orbit_of_random_sleepers() {
  using blocking_programs::what;
  const std::size_t most = Threads == 2 ? 4 : 3;
  blocking_programs::program bodies(2), p;
  for (auto& t : bodies)
    for (std::size_t n = *rc::gen::inRange<std::size_t>(1, most); n-- > 0;) {
      t.push_back(*blocking_programs::an_instruction(false, false));
      t.back().how = *rc::gen::weightedElement<what>({{4, what::wait_for},
                                                      {2, what::wake_one},
                                                      {1, what::wake_all},
                                                      {1, what::load},
                                                      {1, what::store},
                                                      {1, what::add}});
      t.back().loc %= 2;
      t.back().mode = std::memory_order::seq_cst;
    }
  for (unsigned t = 0; t != Threads; ++t) p.push_back(bodies[roles[t]]);
  RC_LOG() << blocking_programs::text(p);
  blocking_programs::explored = p;
  const seen found = explored<blocking_programs::interpreter<sluice::explore::engine, Threads>>({});
  const seen all = explored<blocking_programs::interpreter<sluice::explore::engine, Threads>>({.symmetry = false});
  RC_ASSERT(found.orbits == all.orbits);
  RC_ASSERT(!found.twice);
}
RC_GTEST_PROP(ExploreSymmetry, LosesNoOrbitOfThreadsThatSleep, ()) {
  roles = *rc::gen::elementOf(std::vector<std::vector<unsigned>>{{0, 0}, {0, 0, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}});
  roles.size() == 2 ? loses_no_orbit_of_random_sleepers<2>() : loses_no_orbit_of_random_sleepers<3>();
}

// By states: of threads that do the same, the earlier one writes first, and results are the same but for who is who.
template <template <class> class Client>
struct of_roles {
  template <class Engine>
  using client = in_roles<Client<Engine>>;
};
template <class Client>
std::string result_of(const Client& c) {
  const auto text_of = [](const std::vector<unsigned>& values) { return std::string(values.begin(), values.end()); };
  const std::string last = text_of(c.observed.in_the_end());
  return least_text(roles, [&](const std::vector<unsigned>& names) {
    std::string text;
    for (const unsigned t : names) text += text_of(c.observed.read_by(t)) + '|';
    return text + last;
  });
}
template <unsigned Threads>
std::set<std::string> results_by_states(const program& p, sluice::explore::options how) {
  how.states = true;
  explored_program = p;
  std::set<std::string> all;
  const auto report = sluice::explore::check<of_roles<interpreted<Threads>::template client>::template client>(
      how, [&](const auto& client) { all.insert(result_of(client)); });
  if (report.verdict != sluice::explore::verdict::ok) throw std::logic_error(report.message);
  return all;
}
std::set<std::string> results_by_states(const program& p, const sluice::explore::options& how) {
  return p.size() == 2   ? results_by_states<2>(p, how)
         : p.size() == 3 ? results_by_states<3>(p, how)
                         : results_by_states<4>(p, how);
}
RC_GTEST_PROP(ExploreSymmetry, LosesNoResultBetweenStates, ()) {
  const program p = in_random_roles();
  log(p);
  const auto all = results_by_states(p, {.symmetry = false});
  for (std::uint64_t seed = 0; seed < 3; ++seed) RC_ASSERT(results_by_states(p, {.seed = seed}) == all);
}

template <template <class> class Client>
sluice::explore::report by_states(const std::vector<unsigned>& in, bool symmetry = true) {
  roles = in;
  return sluice::explore::check<of_roles<Client>::template client>({.states = true, .symmetry = symmetry});
}
template <template <class> class Client>
void saves_states(const std::vector<unsigned>& in, double left = 2.0 / 3) {
  const auto found = by_states<Client>(in);
  EXPECT_EQ(found.verdict, sluice::explore::verdict::ok) << found.message;
  const auto without = by_states<Client>(in, false).states;
  EXPECT_LE(static_cast<double>(found.states), left * static_cast<double>(without)) << "of " << without;
}
TEST(ExploreSymmetry, SavesStates) {
  saves_states<structures::ticket_lock<3>::client>({0, 0, 0});
  saves_states<structures::mcs_lock<3>::client>({0, 1, 1});
  saves_states<structures::ms_queue<2>::client>({0, 0});
  saves_states<structures::futex_mutex<3>::client>({0, 0, 0});
  saves_states<sleepers<2>::client>({0, 0, 1, 1}, 0.75);  // of whom most go one by one anyway, being independent
  saves_states<sleepers<3>::client>({0, 0, 1, 1, 1});
}
TEST(ExploreSymmetry, HidesNoFailureBetweenStates) {
  using namespace structures;
  using sluice::explore::violation;
  EXPECT_EQ((by_states<ticket_lock<3, acquire, relaxed>::client>({0, 0, 0}).violation), violation::data_race);
  EXPECT_EQ((by_states<mcs_lock<2, acq_rel, relaxed>::client>({0, 0}).violation), violation::data_race);
  EXPECT_EQ((by_states<futex_mutex<2, true>::client>({0, 0}).violation), violation::deadlock);
  EXPECT_EQ((by_states<ms_queue<2, release, relaxed>::client>({0, 0}).violation), violation::data_race);
}

}  // namespace
}  // namespace explore_symmetry_test
