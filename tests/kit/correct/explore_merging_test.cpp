// SPDX-License-Identifier: BSL-1.0
// The search by states against the search by executions: the same results, with states merged.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <kit/explore.hpp>
#include <set>
#include <utility>

#include "../enumerator/asymmetric.hpp"
#include "../enumerator/blocking_programs.hpp"
#include "../enumerator/explored.hpp"
#include "../enumerator/random_programs.hpp"

namespace explore_merging_test {
namespace {

using namespace sluice::explore;

std::set<enumerator::result> outcomes(const enumerator::results& r) {
  std::set<enumerator::result> all;
  for (const auto& [outcome, times] : r) all.insert(outcome);
  return all;
}

// In whichever order the states are visited: what is wrongly taken for known costs a result only if it comes second. And
// both where the search knows how far threads have come, so that what they can do no more does not count, and where not.
bool has_same_results(const enumerator::program& p, model m, std::uint64_t seeds = 4) {
  const auto expected = outcomes(enumerator::explore(p, m));
  bool same = true;
  for (std::uint64_t seed = 0; same && seed < seeds; ++seed) {
    enumerator::explored_counted = seed % 2 == 0;
    const unsigned learns_from = seed % 4 < 2 ? 20'000 : 0;
    same = outcomes(enumerator::explore(p, {.model = m, .states = true, .seed = seed, .learns_from = learns_from})) ==
           expected;
  }
  enumerator::explored_counted = false;
  return same;
}
// Threads that forget what they read come to the same state in many ways: what is merged has to go on alike. Each thread
// remembers all that it read, or nothing, or what it read last.
enum class memory { all, none, last };
void remember(enumerator::thread& t, memory what) {
  bool forgotten = what == memory::none;
  for (auto i = t.rbegin(); i != t.rend(); ++i) {
    i->forgotten = forgotten;
    forgotten = forgotten || (what == memory::last && enumerator::reads(*i));
  }
}
// Of the ways to do so, which are numbered: all in which threads forget all or nothing, and of the others every `step`-th.
bool has_same_results_when_forgetting(enumerator::program p, model m, unsigned first = 0, unsigned step = 1) {
  unsigned ways = 1;
  for (std::size_t i = 0; i < p.size(); ++i) ways *= 3;
  bool same = true;
  for (unsigned way = 1; same && way < ways; ++way) {
    unsigned left = way;
    bool whole = true;
    for (enumerator::thread& t : p) {
      const auto what = static_cast<memory>(left % 3);
      remember(t, what);
      whole = whole && what != memory::last;
      left /= 3;
    }
    same = (!whole && way % step != first) || has_same_results(p, m);
  }
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

RC_GTEST_PROP(ExploreMerging, FindEveryResultOfRandomProgramsUnderRc20, ()) {
  must_agree(model::rc20, [](const auto& p, model m) { return has_same_results(p, m); });
}
RC_GTEST_PROP(ExploreMerging, FindEveryResultOfRandomProgramsUnderRa, ()) {
  must_agree(model::ra, [](const auto& p, model m) { return has_same_results(p, m); });
}
// By threads, all of what they read or nothing, and then any reads, in four ways.
bool has_same_results_whatever_it_forgets(enumerator::program p, model m) {
  constexpr unsigned never = 1U << 31;
  bool same = has_same_results_when_forgetting(p, m, never - 1, never);
  for (int way = 0; same && way != 4; ++way) {
    for (enumerator::thread& t : p)
      for (enumerator::instruction& i : t) i.forgotten = *rc::gen::inRange(0, 3) != 0;
    same = has_same_results(p, m);
  }
  return same;
}
RC_GTEST_PROP(ExploreMerging, MergeOnlyWhatGoesOnAlikeUnderRc20, ()) {
  must_agree(model::rc20, has_same_results_whatever_it_forgets);
}
RC_GTEST_PROP(ExploreMerging, MergeOnlyWhatGoesOnAlikeUnderRa, ()) {
  must_agree(model::ra, has_same_results_whatever_it_forgets);
}

using enumerator::order;
enumerator::instruction R(unsigned loc, order o = order::relaxed) {
  return {.how = enumerator::what::load, .loc = loc, .mode = o};
}
enumerator::instruction forgotten(enumerator::instruction i) {
  i.forgotten = true;
  return i;
}
enumerator::instruction W(unsigned loc, unsigned v, order o = order::relaxed) {
  return {.how = enumerator::what::store, .loc = loc, .value = v, .mode = o};
}
enumerator::instruction U(unsigned loc, order o = order::relaxed) {
  return {.how = enumerator::what::fetch_add, .loc = loc, .value = 1, .mode = o};
}
enumerator::instruction F(order o = order::relaxed) { return {.how = enumerator::what::fence, .mode = o}; }

// One program in `stride`, with every fourth of the ways in which a thread remembers only its last read; EXPLORE_ALL_MIXTURES in the environment asks for all.
bool all_mixtures() { return std::getenv("EXPLORE_ALL_MIXTURES") != nullptr; }
class some_of {
 public:
  explicit some_of(unsigned stride) : stride_(all_mixtures() ? 1 : stride), step_(all_mixtures() ? 1 : 4) {}
  bool merges(const enumerator::program& p) {
    if (n_++ % stride_ != 0) return true;
    const bool same = has_same_results_when_forgetting(p, model::rc20, n_ % step_, step_);
    EXPECT_TRUE(same) << enumerator::text(p);
    return same;
  }

 private:
  unsigned n_ = 0;
  unsigned stride_;
  unsigned step_;
};

// Mixtures of orders of the shape: one in 29, a number that shares no factor with those of orders.
void shape_merges(const enumerator::program& shape) {
  some_of all(29);
  enumerator::mixtures(shape).each([&](const enumerator::program& p) { return all.merges(p); });
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
TEST(ExploreMerging, MergeNoTotalOrders) {
  sc_merges({{W(x, 1)}, {W(y, 1)}, {R(x), F(), R(y), W(z, 1)}, {R(z), R(y), F(), R(x)}});
  sc_merges({{W(x, 1)}, {W(y, 1), F(), R(x), W(z, 1)}, {R(z), R(x), F(), R(y)}});
  sc_merges({{W(x, 1), F(), R(y), W(z, 1)}, {R(z), W(y, 1), F(), R(x)}});
  sc_merges({{U(x), F(), R(y), W(z, 1)}, {R(z), U(y), F(), R(x)}, {W(y, 2), F(), R(x)}});
}
TEST(ExploreMerging, MergeNoOrderOfReadersThatDisagree) {
  shape_merges({{W(x, 1)}, {W(y, 1)}, {R(x), F(), R(y)}, {R(y), F(), R(x)}});
}
TEST(ExploreMerging, MergeNoOrderOfWritesThatFencesSee) {
  shape_merges({{W(x, 1), F(), R(y)}, {W(y, 1)}, {R(y), F(), R(x), R(y)}});
  shape_merges({{R(x), F(), R(y)}, {W(y, 1), F(), R(x)}, {W(x, 1)}});
}
TEST(ExploreMerging, MergeNoReleaseSequenceAndNoPendingAcquire) {
  shape_merges({{W(x, 1), W(y, 1)}, {U(y), R(x)}, {R(y), F(), R(x)}});
  shape_merges({{W(x, 1), F(), W(y, 1)}, {R(y), R(y), F(), R(x)}, {W(y, 2)}});
}
void asymmetric_merges(const enumerator::program& shape, unsigned stride) {
  some_of all(stride);
  enumerator::each_asymmetric(shape, [&](const enumerator::program& p) { return all.merges(p); });
}
TEST(ExploreMerging, MergeNoOrderOfAsymmetricFences) {
  asymmetric_merges({{W(x, 1), R(y)}, {W(y, 1), R(x)}}, 1);
  asymmetric_merges({{W(x, 1), R(y), R(x)}, {R(y), W(y, 1), R(x)}}, 7);
  asymmetric_merges({{W(x, 1), R(y)}, {W(y, 1), R(z)}, {W(z, 1), R(x)}}, 29);
  asymmetric_merges({{W(x, 1)}, {W(y, 1)}, {R(x), R(y)}, {R(y), R(x)}}, 29);
}
TEST(ExploreMerging, MergeNoReadModifyWritesThatHaveTheirPlaceFromOthers) {
  shape_merges({{U(x), R(y)}, {W(x, 2), R(x)}, {U(x), U(y)}});
}

// What follows depends on what is forgotten, and in each program differently. It takes many seeds until that of which more
// follows comes second.
void goes_on_differently(const enumerator::program& p) {
  EXPECT_TRUE(has_same_results(p, model::rc20, 64)) << enumerator::text(p);
}
constexpr order acq = order::acquire, rel = order::release, sc = order::seq_cst;

TEST(ExploreMerging, TellsApartWhatAFenceWillAcquire) {
  goes_on_differently({{W(y, 1), W(z, 1, rel)}, {forgotten(R(z)), forgotten(R(x)), F(acq), R(y)}});
}
// Which of two writes a read saw that nobody remembers: a third, which is yet to come, may stand between them.
TEST(ExploreMerging, TellsApartPlacesOfReads) {
  const enumerator::program p{{W(x, 1)}, {W(y, 1, sc), forgotten(R(x, sc)), W(z, 1)}, {R(z), W(x, 2, sc), R(y, sc)}};
  goes_on_differently(p);
  EXPECT_TRUE(has_same_results_when_forgetting(p, model::rc20));
}
// Nobody will access x any more (in the first program) or y (in the second one), but a fence to come knows of a write there
// that stands behind what a seq_cst access saw or wrote: it comes after that access. First found at random.
TEST(ExploreMerging, TellsApartWhatAFenceWillComeAfterWhereNobodyComesAnyMore) {
  goes_on_differently({{forgotten(R(x)), forgotten(R(y)), F(sc), R(y)},
                       {W(y, 2, sc), forgotten(R(x, sc)), W(y, 1)},
                       {forgotten(U(x, order::acq_rel))}});
  goes_on_differently({{W(x, 1, sc), W(y, 2, sc)}, {W(y, 1)}, {W(y, 1), forgotten(R(x)), F(sc), W(x, 2)}});
}
// The first thread's fence comes before its read. If that saw no write to x, a fence after the read that will see it comes
// later, though nobody will write there any more.
TEST(ExploreMerging, TellsApartWhatWasReadAfterAFenceWhereOthersOnlyReadAnyMore) {
  goes_on_differently({{W(y, 1), F(sc), forgotten(R(x))}, {W(x, 1)}, {R(x), F(sc), R(y)}});
  goes_on_differently({{W(y, 1, sc), forgotten(R(x, sc))}, {W(x, 1, rel)}, {R(x), F(sc), R(y)}});
}
// The fence to come has heard, by way of z, of the write to x or only of a read of it. Where it knows of the write, it comes
// after the seq_cst read that does not see it.
TEST(ExploreMerging, TellsApartWhoKnowsOfAWriteAndWhoOfAReadOfIt) {
  goes_on_differently({{W(x, 1), W(z, 1, rel)},
                       {R(x), W(z, 1, rel)},
                       {R(z, acq), forgotten(R(x)), F(sc), R(y)},
                       {W(y, 1, sc), R(x, sc)}});
  goes_on_differently({{W(y, 1, sc), R(x, sc)},
                       {W(x, 1), W(z, 1, rel)},
                       {R(x), W(z, 1, rel)},
                       {R(z, acq), forgotten(R(x)), F(sc), R(y)}});
  goes_on_differently(
      {{W(y, 1, sc), R(x, sc)}, {W(x, 1), W(z, 1, rel)}, {forgotten(R(z, acq)), R(x), forgotten(R(y)), F(sc), R(y)}});
}

// By way of z the fence to come has heard, or not, of a read of what the first thread wrote after its own fence.
TEST(ExploreMerging, TellsApartWhoKnowsOfAReadOfWhatComesAfterAFence) {
  goes_on_differently(
      {{W(y, 1), F(sc), W(x, 1)}, {R(x), W(z, 1, rel)}, {forgotten(R(z, acq)), forgotten(R(y)), F(sc), R(y)}});
}

// Whether something goes wrong, and if not, all that comes out. What goes wrong first is not the same, but its token shows it.
namespace programs = blocking_programs;
bool gives_the_verdict(const programs::program& p, unsigned spurious) {
  const programs::answer expected = programs::run(p, {.max_executions = 20'000, .spurious = spurious});
  if (expected.report.verdict == verdict::unknown) return true;
  const auto is_shown_by_its_token = [&](const report& r) {
    return programs::run(p, {.spurious = spurious, .replay = r.token}).report.violation == r.violation;
  };
  if (expected.report.verdict == verdict::violation && !is_shown_by_its_token(expected.report))
    return RC_LOG() << "token " << expected.report.token << "\n", false;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    programs::counted = seed % 2 == 0;
    const unsigned learns_from = seed < 2 ? 20'000 : 0;
    const programs::answer found =
        programs::run(p, {.spurious = spurious, .states = true, .seed = seed, .learns_from = learns_from});
    const bool same = found.report.verdict == expected.report.verdict &&
                      (found.report.verdict == verdict::ok ? found.outcomes == expected.outcomes
                                                           : is_shown_by_its_token(found.report));
    programs::counted = false;
    if (!same) return RC_LOG() << "seed " << seed << ", token " << found.report.token << "\n", false;
  }
  return true;
}
RC_GTEST_PROP(ExploreMerging, GivesTheVerdictsOfEveryExecution, ()) {
  for (const programs::program& p : *rc::gen::container<std::vector<programs::program>>(20, programs::a_program())) {
    const unsigned spurious = *rc::gen::inRange(0U, 2U);
    if (!gives_the_verdict(p, spurious)) RC_FAIL("spurious " + std::to_string(spurious) + "\n" + programs::text(p));
  }
}

programs::instruction does(programs::what how, unsigned loc, unsigned value = 1) {
  return {.how = how, .loc = loc, .value = value};
}
// The first thread wakes whoever sleeps at y. That the sleeper can leave by itself before, nobody has seen if it is always
// woken first.
TEST(ExploreMerging, KnowsThatSleepersMayLeaveByThemselves) {
  using programs::what;
  EXPECT_TRUE(gives_the_verdict(
      {{does(what::store, y), does(what::load, x), does(what::wake_all, y)}, {does(what::wait_for, y, 2)}}, 0));
}
TEST(ExploreMerging, HidesNoDeadlockBehindWakesForNoReason) {
  using programs::what;
  const programs::program p{{does(what::wait, x, 2)}, {does(what::load, x)}};
  EXPECT_TRUE(gives_the_verdict(p, 1));
  EXPECT_EQ(programs::run(p, {.spurious = 1, .states = true}).report.violation, violation::deadlock);
}
// The first thread sleeps for ever once it has seen what the second one does when the third one has woken it.
TEST(ExploreMerging, ATokenShowsWhoWokeWhomFirst) {
  using programs::what;
  EXPECT_TRUE(gives_the_verdict(
      {{does(what::wait, y, 1)}, {does(what::wait, x, 2), does(what::add, y)}, {does(what::wake_one, x)}}, 0));
}

}  // namespace
}  // namespace explore_merging_test
