// SPDX-License-Identifier: BSL-1.0
// The classical shapes with every mixture of orders and fences: the explorer and brute force have the same outcomes, each
// in the same number of executions. Of each shape stands here by which of its mixtures the outcome that names it is
// forbidden at the least; ../correct/explore_shapes_test.cpp says from which papers single ones are known.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "../enumerator/asymmetric.hpp"

namespace explore_mixtures_test {
namespace {

using namespace enumerator;
constexpr unsigned x = 0, y = 1, z = 2, any = ~0U;

instruction R(unsigned loc) { return {.how = what::load, .loc = loc}; }
instruction W(unsigned loc, unsigned v) { return {.how = what::store, .loc = loc, .value = v}; }
instruction U(unsigned loc, unsigned v) { return {.how = what::fetch_add, .loc = loc, .value = v}; }

using texts = std::set<std::string>;

// One alternative per thread, in every combination.
texts each(const std::vector<texts>& of_threads) {
  texts all{""};
  for (const texts& alternatives : of_threads) {
    texts longer;
    for (const std::string& before : all)
      for (const std::string& mine : alternatives) longer.insert(before.empty() ? mine : before + " | " + mine);
    all = longer;
  }
  return all;
}
texts operator+(texts a, const texts& b) {
  a.insert(b.begin(), b.end());
  return a;
}

// A result is what the reads saw, thread by thread, then the last values of x, y and z.
texts compare(const program& p, const result& weak, axioms m = axioms::rc20) {
  mixtures all(p);
  const auto is_weak = [&](const result& found) {
    for (std::size_t i = 0; i < weak.size(); ++i)
      if (weak[i] != any && weak[i] != found[i]) return false;
    return true;
  };
  for (const auto& d : all.compare(m, is_weak)) {
    ADD_FAILURE() << d.mixture << ": brute force and the explorer differ: " << d.expected.size() << " and "
                  << d.found.size() << " outcomes";
    return {};
  }
  bool monotone = false;
  const std::vector<std::string> weakest = all.weakest_that_forbid(monotone);
  EXPECT_TRUE(monotone) << "a stronger mixture allows what a weaker one forbids";
  return {weakest.begin(), weakest.end()};
}
texts with_fences(const program& p, const result& weak, axioms m = axioms::rc20) {
  return compare(with_gaps(p), weak, m);
}

const program sb{{W(x, 1), R(y)}, {W(y, 1), R(x)}};
const program mp{{W(x, 1), W(y, 1)}, {R(y), R(x)}};
const program s{{W(x, 2), W(y, 1)}, {R(y), W(x, 1)}};
const program r{{W(x, 1), W(y, 1)}, {W(y, 2), R(x)}};
const program two_plus_two{{W(x, 1), W(y, 2)}, {W(y, 1), W(x, 2)}};
const program lb{{R(y), W(x, 1)}, {R(x), W(y, 1)}};

// [x] and [y] from the first thread to the second: what may stand at either end of an edge.
const texts releases_y{"Wx.rlx Wy.rel", "Wx.rlx F.rel Wy.rlx"};
const texts acquires_y{"Ry.acq Rx.rlx", "Ry.rlx F.acq Rx.rlx"};
// A thread that is ordered like sequential consistency: all of it, or by a fence.
texts sc_ordered(const std::string& first, const std::string& second) {
  return {first + ".sc " + second + ".sc", first + ".rlx F.sc " + second + ".rlx"};
}

TEST(ExploreMixtures, StoreBuffering) {
  EXPECT_EQ(with_fences(sb, {0, 0}), each({sc_ordered("Wx", "Ry"), sc_ordered("Wy", "Rx")}));
}
TEST(ExploreMixtures, MessagePassing) { EXPECT_EQ(with_fences(mp, {1, 0}), each({releases_y, acquires_y})); }
TEST(ExploreMixtures, S) {
  EXPECT_EQ(with_fences(s, {1, 2}), each({releases_y, {"Ry.acq Wx.rlx", "Ry.rlx F.acq Wx.rlx"}}));
}
TEST(ExploreMixtures, R) {
  EXPECT_EQ(with_fences(r, {0, any, 2}), each({sc_ordered("Wx", "Wy"), sc_ordered("Wy", "Rx")}));
}
TEST(ExploreMixtures, TwoPlusTwoWrites) {
  EXPECT_EQ(with_fences(two_plus_two, {1, 1}), each({sc_ordered("Wx", "Wy"), sc_ordered("Wy", "Wx")}));
}

// Never: load buffering is outside the model, the others are incoherent.
TEST(ExploreMixtures, LoadBuffering) { EXPECT_EQ(with_fences(lb, {1, 1}), texts{"Ry.rlx Wx.rlx | Rx.rlx Wy.rlx"}); }
TEST(ExploreMixtures, Coherence) {
  EXPECT_EQ(with_fences({{W(x, 1), W(x, 2)}, {R(x), R(x)}}, {2, 1}), texts{"Wx.rlx Wx.rlx | Rx.rlx Rx.rlx"});  // CoRR
  EXPECT_EQ(with_fences({{W(x, 1), R(x)}, {W(x, 2)}}, {0}), texts{"Wx.rlx Rx.rlx | Wx.rlx"});  // CoWR
  EXPECT_EQ(with_fences({{R(x), W(x, 1)}, {W(x, 2)}}, {2, 2}), texts{"Rx.rlx Wx.rlx | Wx.rlx"});  // CoRW
  EXPECT_EQ(with_fences({{R(x), W(x, 1)}}, {1}), texts{"Rx.rlx Wx.rlx"});
  EXPECT_EQ(compare({{W(x, 1)}, {W(x, 2)}, {R(x), R(x)}, {R(x), R(x)}}, {1, 2, 2, 1}),
            texts{"Wx.rlx | Wx.rlx | Rx.rlx Rx.rlx | Rx.rlx Rx.rlx"});
}

TEST(ExploreMixtures, WriteToReadCausality) {
  EXPECT_EQ(with_fences({{W(x, 1)}, {R(x), W(y, 1)}, {R(y), R(x)}}, {1, 1, 0}),
            each({{"Wx.rlx"}, {"Rx.rlx Wy.rel", "Rx.rlx F.rel Wy.rlx"}, acquires_y}));
}
// By release and acquire all the way; or between two seq_cst fences, where one link may be a mere reads-from.
TEST(ExploreMixtures, Isa2) {
  const texts by_edges = each({releases_y,
                               {"Ry.acq Wz.rel", "Ry.acq F.rel Wz.rlx", "Ry.rlx F.acq Wz.rel", "Ry.rlx F.ar Wz.rlx"},
                               {"Rz.acq Rx.rlx", "Rz.rlx F.acq Rx.rlx"}});
  const texts by_fences = each({{"Wx.rlx F.sc Wy.rlx"},
                                {"Ry.rlx Wz.rel", "Ry.rlx F.rel Wz.rlx", "Ry.acq Wz.rlx", "Ry.rlx F.acq Wz.rlx"},
                                {"Rz.rlx F.sc Rx.rlx"}});
  EXPECT_EQ(with_fences({{W(x, 1), W(y, 1)}, {R(y), W(z, 1)}, {R(z), R(x)}}, {1, 1, 0}), by_edges + by_fences);
}
TEST(ExploreMixtures, IndependentReadsOfIndependentWrites) {
  EXPECT_EQ(
      with_fences({{W(x, 1)}, {W(y, 1)}, {R(x), R(y)}, {R(y), R(x)}}, {1, 0, 1, 0}),
      (texts{"Wx.sc | Wy.sc | Rx.sc Ry.sc | Ry.sc Rx.sc", "Wx.rlx | Wy.rlx | Rx.rlx F.sc Ry.rlx | Ry.rlx F.sc Rx.rlx",
             "Wx.sc | Wy.rel | Rx.sc Ry.sc | Ry.rlx F.sc Rx.rlx",
             "Wx.rel | Wy.sc | Rx.rlx F.sc Ry.rlx | Ry.sc Rx.sc"}));
}
// Whatever the update is: both writes of y stand in the same order of seq_cst, or it is not forbidden.
TEST(ExploreMixtures, Z6U) {
  EXPECT_EQ(with_fences({{W(x, 1), W(y, 1)}, {U(y, 1), R(y)}, {W(y, 3), R(x)}}, {1, 3, 0}),
            each({sc_ordered("Wx", "Wy"), {"Uy.rlx Ry.rlx"}, sc_ordered("Wy", "Rx")}));
}
// The last thread is ordered by seq_cst; of the first two, it is the fence of either, or both ends and an edge between.
TEST(ExploreMixtures, WriteAndReadToWriteCausality) {
  const texts last = sc_ordered("Wz", "Rx");
  EXPECT_EQ(with_fences({{W(x, 1), W(y, 1)}, {R(y), R(z)}, {W(z, 1), R(x)}}, {1, 0, 0}),
            each({releases_y, {"Ry.rlx F.sc Rz.rlx"}, last}) +
                each({{"Wx.rlx F.sc Wy.rlx"}, {"Ry.acq Rz.rlx", "Ry.rlx F.acq Rz.rlx"}, last}) +
                each({{"Wx.sc Wy.rel", "Wx.sc F.rel Wy.rlx"}, {"Ry.acq Rz.sc", "Ry.rlx F.acq Rz.sc"}, last}));
}

// What continues a release sequence from y = 1; the reader sees a later value of y. A later store of the same thread does
// so in C++11 only; a fence before the first store releases both.
TEST(ExploreMixtures, ReleaseSequenceBySameThreadStore) {
  const program p{{W(x, 1), W(y, 1), W(y, 2)}, {R(y), R(x)}};
  const texts in_both =
      each({{"Wx.rlx Wy.rlx Wy.rel", "Wx.rlx Wy.rlx F.rel Wy.rlx", "Wx.rlx F.rel Wy.rlx Wy.rlx"}, acquires_y});
  EXPECT_EQ(with_fences(p, {2, 0}), in_both);
  EXPECT_EQ(with_fences(p, {2, 0}, axioms::rc11), in_both + each({{"Wx.rlx Wy.rel Wy.rlx"}, acquires_y}));
}
TEST(ExploreMixtures, ReleaseSequenceByOwnUpdate) {
  const program p{{W(x, 1), W(y, 1), U(y, 1)}, {R(y), R(x)}};
  const texts in_both = each({{"Wx.rlx Wy.rlx Uy.rel", "Wx.rlx Wy.rel Uy.rlx"}, {"Ry.acq Rx.rlx"}});
  EXPECT_EQ(compare(p, {1, 2, 0}), in_both);
  EXPECT_EQ(compare(p, {1, 2, 0}, axioms::rc11), in_both);
}
TEST(ExploreMixtures, ReleaseSequenceByAnothersUpdate) {
  EXPECT_EQ(with_fences({{W(x, 1), W(y, 1)}, {U(y, 1)}, {R(y), R(x)}}, {1, 2, 0}),
            each({releases_y, {"Uy.rlx"}, acquires_y}));
}
TEST(ExploreMixtures, ReleaseSequenceEndsAtAnothersStore) {
  const texts by_edges = each(
      {releases_y, {"Ry.acq Wy.rel", "Ry.acq F.rel Wy.rlx", "Ry.rlx F.acq Wy.rel", "Ry.rlx F.ar Wy.rlx"}, acquires_y});
  // seq_cst at both ends, which coherence of y joins
  const texts by_order{"Wx.rlx F.sc Wy.rlx | Ry.rlx Wy.rlx | Ry.rlx F.sc Rx.rlx",
                       "Wx.rlx F.sc Wy.rlx | Ry.rlx Wy.sc | Ry.sc Rx.sc",
                       "Wx.sc Wy.sc | Ry.rlx Wy.rel | Ry.rlx F.sc Rx.rlx", "Wx.sc Wy.sc | Ry.rlx Wy.sc | Ry.sc Rx.sc"};
  EXPECT_EQ(with_fences({{W(x, 1), W(y, 1)}, {R(y), W(y, 2)}, {R(y), R(x)}}, {1, 2, 0}), by_edges + by_order);
}
TEST(ExploreMixtures, ReleaseSequenceByStoreAndUpdate) {
  const program p{{W(x, 1), W(y, 1), W(y, 2)}, {U(y, 1)}, {R(y), R(x)}};
  const std::string last_store = "Wx.rlx Wy.rlx Wy.rel | Uy.rlx | Ry.acq Rx.rlx";
  EXPECT_EQ(compare(p, {2, 3, 0}), (texts{last_store, "Wx.sc Wy.sc Wy.rlx | Uy.sc | Ry.sc Rx.sc"}));
  EXPECT_EQ(compare(p, {2, 3, 0}, axioms::rc11), (texts{last_store, "Wx.rlx Wy.rel Wy.rlx | Uy.rlx | Ry.acq Rx.rlx"}));
}

// Light and heavy fences. What forbids an outcome here is no matter of weaker and stronger: see explore_shapes_test.
void compare_asymmetric(const program& shape) {
  each_asymmetric(shape, [](const program& p) {
    for (const axioms m : {axioms::rc20, axioms::rc11}) {
      const bool same = explore(p, static_cast<sluice::explore::model>(m)) == enumerate(p, m);
      EXPECT_TRUE(same) << "brute force and the explorer differ";
      if (!same) return false;
    }
    return true;
  });
}
TEST(ExploreMixtures, OfAsymmetricFences) {
  for (const program& shape : {sb, mp, s, r, two_plus_two}) compare_asymmetric(shape);
  compare_asymmetric({{W(x, 1), R(y)}, {W(y, 1), R(z)}, {W(z, 1), R(x)}});
  compare_asymmetric({{W(x, 1), W(y, 1)}, {R(y), R(z)}, {W(z, 1), R(x)}});
  compare_asymmetric({{W(x, 1)}, {W(y, 1)}, {R(x), R(y)}, {R(y), R(x)}});
}

// x86: stores pass later loads, unless a full barrier stands between; nothing else is out of order.
TEST(ExploreMixtures, UnderTso) {
  const auto barrier = [](const std::string& first, const std::string& second) {
    return texts{first + ".sc " + second + ".rlx", first + ".rlx F.sc " + second + ".rlx"};
  };
  EXPECT_EQ(with_fences(sb, {0, 0}, axioms::tso), each({barrier("Wx", "Ry"), barrier("Wy", "Rx")}));
  EXPECT_EQ(with_fences(r, {0, any, 2}, axioms::tso), each({{"Wx.rlx Wy.rlx"}, barrier("Wy", "Rx")}));
  EXPECT_EQ(with_fences(mp, {1, 0}, axioms::tso), texts{"Wx.rlx Wy.rlx | Ry.rlx Rx.rlx"});
  EXPECT_EQ(with_fences(s, {1, 2}, axioms::tso), texts{"Wx.rlx Wy.rlx | Ry.rlx Wx.rlx"});
  EXPECT_EQ(with_fences(two_plus_two, {1, 1}, axioms::tso), texts{"Wx.rlx Wy.rlx | Wy.rlx Wx.rlx"});
  EXPECT_EQ(with_fences(lb, {1, 1}, axioms::tso), texts{"Ry.rlx Wx.rlx | Rx.rlx Wy.rlx"});
}

}  // namespace
}  // namespace explore_mixtures_test
