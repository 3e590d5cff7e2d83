// SPDX-License-Identifier: BSL-1.0
// The classical shapes, with the mixtures of orders and fences that decide them. Each line says whether the outcome that
// names the shape is allowed; all outcomes and how many executions each has must be those of brute force besides.
//
// What stands here is known from: Lahav et al. (PLDI 2017) for SB, IRIW, RWC, W+RWC, Z6.U, 2+2W with seq_cst and fences;
// Batty et al. (POPL 2011) and C++20 [intro.races] for the rest.
#include <gtest/gtest.h>

#include "../enumerator/enumerate.hpp"
#include "../enumerator/explored.hpp"

namespace explore_shapes_test {
namespace {

using namespace enumerator;
constexpr unsigned x = 0, y = 1, z = 2;
constexpr order rlx = order::relaxed, acq = order::acquire, rel = order::release, ar = order::acq_rel,
                sc = order::seq_cst;

instruction R(unsigned loc, order o) { return {.how = what::load, .loc = loc, .mode = o}; }
instruction W(unsigned loc, unsigned v, order o) { return {.how = what::store, .loc = loc, .value = v, .mode = o}; }
instruction U(unsigned loc, unsigned v, order o) { return {.how = what::fetch_add, .loc = loc, .value = v, .mode = o}; }
instruction F(order o) { return {.how = what::fence, .mode = o}; }
const instruction light{.how = what::fence_light, .mode = sc};
const instruction heavy{.how = what::fence_heavy, .mode = sc};

// A result is what the reads saw, thread by thread, then the last values of x, y and z; any stands for any value.
constexpr unsigned any = ~0U;
bool matches(const result& found, const result& wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] != any && wanted[i] != found[i]) return false;
  return true;
}

bool allows(const program& p, const result& outcome, axioms m = axioms::rc20) {
  const results found = explore(p, static_cast<sluice::explore::model>(m));
  EXPECT_EQ(found, enumerate(p, m));
  for (const auto& [r, times] : found)
    if (matches(r, outcome)) return true;
  return false;
}

TEST(ExploreShapes, StoreBuffering) {
  const auto sb = [](order w, order r) { return program{{W(x, 1, w), R(y, r)}, {W(y, 1, w), R(x, r)}}; };
  EXPECT_TRUE(allows(sb(rlx, rlx), {0, 0}));
  EXPECT_TRUE(allows(sb(rel, acq), {0, 0}));
  EXPECT_FALSE(allows(sb(sc, sc), {0, 0}));
  EXPECT_TRUE(allows(sb(sc, acq), {0, 0}));
  EXPECT_TRUE(allows(sb(rel, sc), {0, 0}));
  const auto fenced = [](instruction f, instruction g) {
    return program{{W(x, 1, rlx), f, R(y, rlx)}, {W(y, 1, rlx), g, R(x, rlx)}};
  };
  EXPECT_FALSE(allows(fenced(F(sc), F(sc)), {0, 0}));
  EXPECT_TRUE(allows(fenced(F(sc), F(ar)), {0, 0}));
  EXPECT_FALSE(allows(fenced(light, heavy), {0, 0}));
  EXPECT_FALSE(allows(fenced(heavy, heavy), {0, 0}));
  EXPECT_TRUE(allows(fenced(light, light), {0, 0}));
  // One side by accesses, the other by a fence: forbidden since P0668.
  EXPECT_FALSE(allows({{W(x, 1, sc), R(y, sc)}, {W(y, 1, rlx), F(sc), R(x, rlx)}}, {0, 0}));
  // Reading by a relaxed read-modify-write changes nothing.
  EXPECT_TRUE(allows({{W(x, 1, rlx), U(y, 0, rlx)}, {W(y, 1, rlx), U(x, 0, rlx)}}, {0, 0}));
}

// P1202: the compiler's half of a fence, to which heavy fences bring the other. x86 shows what is allowed here: there a
// light fence is no instruction, and a seq_cst load a plain one.
TEST(ExploreShapes, ALightFenceCountsAgainstHeavyOnesOnly) {
  const auto sb = [](instruction f, instruction g, order r) {
    return program{{W(x, 1, rlx), f, R(y, r)}, {W(y, 1, rlx), g, R(x, r)}};
  };
  EXPECT_TRUE(allows(sb(light, light, sc), {0, 0}));
  EXPECT_TRUE(allows(sb(light, F(sc), rlx), {0, 0}));
  EXPECT_TRUE(allows(sb(light, F(sc), sc), {0, 0}));
  EXPECT_FALSE(allows(sb(light, heavy, sc), {0, 0}));
  EXPECT_FALSE(allows(sb(F(sc), heavy, rlx), {0, 0}));
  EXPECT_TRUE(allows({{W(x, 1, rlx), light, R(y, sc)}, {W(y, 1, sc), R(x, sc)}}, {0, 0}));
  EXPECT_FALSE(allows({{W(x, 1, rlx), heavy, R(y, rlx)}, {W(y, 1, sc), R(x, sc)}}, {0, 0}));
  EXPECT_TRUE(allows({{W(x, 1, sc), light, W(y, 1, rlx)}, {W(y, 2, rlx), light, R(x, sc)}}, {0, any, 2}));
  // By way of a heavy fence, from a light one to a heavy one; not from light to light, nor to a seq_cst access.
  const auto ring = [](const thread& last) {
    return program{{W(x, 1, rlx), light, R(y, rlx)}, {W(y, 1, rlx), heavy, R(z, rlx)}, last};
  };
  EXPECT_FALSE(allows(ring({W(z, 1, rlx), heavy, R(x, rlx)}), {0, 0, 0}));
  EXPECT_TRUE(allows(ring({W(z, 1, rlx), light, R(x, rlx)}), {0, 0, 0}));
  EXPECT_TRUE(allows(ring({W(z, 1, rlx), F(sc), R(x, rlx)}), {0, 0, 0}));
  EXPECT_TRUE(allows(ring({W(z, 1, sc), R(x, sc)}), {0, 0, 0}));
}

TEST(ExploreShapes, MessagePassing) {
  const auto mp = [](order w, order r) { return program{{W(x, 1, rlx), W(y, 1, w)}, {R(y, r), R(x, rlx)}}; };
  EXPECT_TRUE(allows(mp(rlx, rlx), {1, 0}));
  EXPECT_TRUE(allows(mp(rel, rlx), {1, 0}));
  EXPECT_TRUE(allows(mp(rlx, acq), {1, 0}));
  EXPECT_FALSE(allows(mp(rel, acq), {1, 0}));
  EXPECT_FALSE(allows({{W(x, 1, rlx), F(rel), W(y, 1, rlx)}, {R(y, rlx), F(acq), R(x, rlx)}}, {1, 0}));
  EXPECT_TRUE(allows({{W(x, 1, rlx), F(acq), W(y, 1, rlx)}, {R(y, rlx), F(acq), R(x, rlx)}}, {1, 0}));
}

// What continues a release sequence. y = 1 is the release store; the reader acquires a later value.
TEST(ExploreShapes, ReleaseSequences) {
  const program same_thread{{W(x, 1, rlx), W(y, 1, rel), W(y, 2, rlx)}, {R(y, acq), R(x, rlx)}};
  EXPECT_TRUE(allows(same_thread, {2, 0}, axioms::rc20));  // P0982: a later store of the same thread does not
  EXPECT_FALSE(allows(same_thread, {2, 0}, axioms::rc11));
  const program by_rmw{{W(x, 1, rlx), W(y, 1, rel)}, {U(y, 1, rlx)}, {R(y, acq), R(x, rlx)}};
  EXPECT_FALSE(allows(by_rmw, {1, 2, 0}));
  const program by_own_rmw{{W(x, 1, rlx), W(y, 1, rel), U(y, 1, rlx)}, {R(y, acq), R(x, rlx)}};
  EXPECT_FALSE(allows(by_own_rmw, {1, 2, 0}));
  const program by_others_store{{W(x, 1, rlx), W(y, 1, rel)}, {R(y, rlx), W(y, 2, rlx)}, {R(y, acq), R(x, rlx)}};
  EXPECT_TRUE(allows(by_others_store, {1, 2, 0}));
  const program both{{W(x, 1, rlx), W(y, 1, rel), W(y, 2, rlx)}, {U(y, 1, rlx)}, {R(y, acq), R(x, rlx)}};
  EXPECT_TRUE(allows(both, {2, 3, 0}, axioms::rc20));
  EXPECT_FALSE(allows(both, {2, 3, 0}, axioms::rc11));
}

TEST(ExploreShapes, LoadBufferingIsOutside) {
  EXPECT_FALSE(allows({{R(y, rlx), W(x, 1, rlx)}, {R(x, rlx), W(y, 1, rlx)}}, {1, 1}));
}

// Two writes each; x ends as 1 and y as 1, as if both first writes came last.
TEST(ExploreShapes, TwoPlusTwoWrites) {
  const auto w = [](order o) { return program{{W(x, 1, o), W(y, 2, o)}, {W(y, 1, o), W(x, 2, o)}}; };
  EXPECT_TRUE(allows(w(rlx), {1, 1}));
  EXPECT_TRUE(allows(w(rel), {1, 1}));
  EXPECT_FALSE(allows(w(sc), {1, 1}));
  EXPECT_FALSE(allows({{W(x, 1, rlx), F(sc), W(y, 2, rlx)}, {W(y, 1, rlx), F(sc), W(x, 2, rlx)}}, {1, 1}));
}

// S: a write that was seen, then overwritten by the seen thread's earlier write. R: as SB, with a write for a read.
TEST(ExploreShapes, SAndR) {
  const auto s = [](order w, order r) { return program{{W(x, 2, rlx), W(y, 1, w)}, {R(y, r), W(x, 1, rlx)}}; };
  EXPECT_TRUE(allows(s(rlx, rlx), {1, 2}));
  EXPECT_FALSE(allows(s(rel, acq), {1, 2}));
  const auto r = [](order o) { return program{{W(x, 1, o), W(y, 1, o)}, {W(y, 2, o), R(x, o == rel ? acq : o)}}; };
  EXPECT_TRUE(allows(r(rlx), {0, any, 2}));
  EXPECT_TRUE(allows(r(rel), {0, any, 2}));
  EXPECT_FALSE(allows(r(sc), {0, any, 2}));
}

TEST(ExploreShapes, Coherence) {
  EXPECT_FALSE(allows({{W(x, 1, rlx), W(x, 2, rlx)}, {R(x, rlx), R(x, rlx)}}, {2, 1}));  // CoRR
  EXPECT_FALSE(allows({{W(x, 1, rlx), R(x, rlx)}, {W(x, 2, rlx)}}, {0}));  // CoWR
  EXPECT_FALSE(allows({{R(x, rlx), W(x, 1, rlx)}}, {1}));  // CoRW
  EXPECT_FALSE(allows({{W(x, 1, rlx), W(x, 2, rlx)}}, {1}));  // CoWW
  EXPECT_FALSE(allows({{U(x, 1, rlx)}, {U(x, 1, rlx)}}, {0, 0}));  // atomicity
}

TEST(ExploreShapes, CausalityOverThreeThreads) {
  const auto wrc = [](order w, order r) {
    return program{{W(x, 1, rlx)}, {R(x, rlx), W(y, 1, w)}, {R(y, r), R(x, rlx)}};
  };
  EXPECT_TRUE(allows(wrc(rlx, rlx), {1, 1, 0}));
  EXPECT_FALSE(allows(wrc(rel, acq), {1, 1, 0}));
  const auto isa2 = [](order w, order r) {
    return program{{W(x, 1, rlx), W(y, 1, w)}, {R(y, r), W(z, 1, w)}, {R(z, r), R(x, rlx)}};
  };
  EXPECT_TRUE(allows(isa2(rlx, rlx), {1, 1, 0}));
  EXPECT_TRUE(allows(isa2(rel, rlx), {1, 1, 0}));
  EXPECT_FALSE(allows(isa2(rel, acq), {1, 1, 0}));
}

TEST(ExploreShapes, IndependentReadsOfIndependentWrites) {
  const auto iriw = [](order w, order first, order second) {
    return program{{W(x, 1, w)}, {W(y, 1, w)}, {R(x, first), R(y, second)}, {R(y, first), R(x, second)}};
  };
  EXPECT_TRUE(allows(iriw(rlx, rlx, rlx), {1, 0, 1, 0}));
  EXPECT_TRUE(allows(iriw(rel, acq, acq), {1, 0, 1, 0}));
  EXPECT_FALSE(allows(iriw(sc, sc, sc), {1, 0, 1, 0}));
  EXPECT_TRUE(allows(iriw(sc, acq, sc), {1, 0, 1, 0}));  // PLDI 2017, section 2.1: what Power and ARM do
  const program fenced{{W(x, 1, rlx)}, {W(y, 1, rlx)}, {R(x, rlx), F(sc), R(y, rlx)}, {R(y, rlx), F(sc), R(x, rlx)}};
  EXPECT_FALSE(allows(fenced, {1, 0, 1, 0}));
}

TEST(ExploreShapes, ReadToWriteCausality) {
  const auto rwc = [](order o, order r) { return program{{W(x, 1, o)}, {R(x, r), R(y, r)}, {W(y, 1, o), R(x, r)}}; };
  EXPECT_TRUE(allows(rwc(rel, acq), {1, 0, 0}));
  EXPECT_FALSE(allows(rwc(sc, sc), {1, 0, 0}));
  const program fences{{W(x, 1, rlx)}, {R(x, rlx), F(sc), R(y, rlx)}, {W(y, 1, rlx), F(sc), R(x, rlx)}};
  EXPECT_FALSE(allows(fences, {1, 0, 0}));
  // W+RWC: release/acquire into the seq_cst fence (PLDI 2017, section 2.2: fences are cumulative).
  const auto w_rwc = [](instruction f) {
    return program{{W(x, 1, rlx), W(y, 1, rel)}, {R(y, acq), f, R(z, rlx)}, {W(z, 1, rlx), F(sc), R(x, rlx)}};
  };
  EXPECT_FALSE(allows(w_rwc(F(sc)), {1, 0, 0}));
  EXPECT_TRUE(allows(w_rwc(F(ar)), {1, 0, 0}));
}

// Z6.U (PLDI 2017, section 2.1): seq_cst accesses joined by release/acquire do not add up to a total order.
TEST(ExploreShapes, Z6U) {
  const program z6u{{W(x, 1, sc), W(y, 1, rel)}, {U(y, 1, sc), R(y, rlx)}, {W(y, 3, sc), R(x, sc)}};
  EXPECT_TRUE(allows(z6u, {1, 3, 0}));
  const program strong{{W(x, 1, sc), W(y, 1, sc)}, {U(y, 1, sc), R(y, sc)}, {W(y, 3, sc), R(x, sc)}};
  EXPECT_FALSE(allows(strong, {1, 3, 0}));
}

TEST(ExploreShapes, UnderOtherModels) {
  const program sb{{W(x, 1, rlx), R(y, rlx)}, {W(y, 1, rlx), R(x, rlx)}};
  EXPECT_TRUE(allows(sb, {0, 0}, axioms::ra));
  EXPECT_TRUE(allows(sb, {0, 0}, axioms::tso));
  EXPECT_FALSE(allows(sb, {0, 0}, axioms::sc));
  const program mp{{W(x, 1, rlx), W(y, 1, rlx)}, {R(y, rlx), R(x, rlx)}};
  EXPECT_FALSE(allows(mp, {1, 0}, axioms::ra));
  EXPECT_FALSE(allows(mp, {1, 0}, axioms::tso));
  const program iriw{{W(x, 1, rlx)}, {W(y, 1, rlx)}, {R(x, rlx), R(y, rlx)}, {R(y, rlx), R(x, rlx)}};
  EXPECT_TRUE(allows(iriw, {1, 0, 1, 0}, axioms::ra));
  EXPECT_FALSE(allows(iriw, {1, 0, 1, 0}, axioms::tso));
  const program locked{{W(x, 1, rlx), U(z, 1, rlx), R(y, rlx)}, {W(y, 1, rlx), U(z, 1, rlx), R(x, rlx)}};
  EXPECT_FALSE(allows(locked, {any, 0, any, 0}, axioms::tso));
}

}  // namespace
}  // namespace explore_shapes_test
