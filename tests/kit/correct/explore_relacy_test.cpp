// SPDX-License-Identifier: BSL-1.0
// What Relacy shows, the explorer allows: the same litmus programs under both engines. Relacy's outcomes come from a
// thousand random schedules each, and from its full search where there are two threads. The other way round it does not
// hold, nor has it to: Relacy's stores commit in execution order, its loads look back at most a few stores, and its release
// sequences go on through later stores of the same thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <kit/relacy/platform.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../enumerator/explored.hpp"

namespace explore_relacy_test {
namespace {

using namespace enumerator;
constexpr unsigned x = 0, y = 1, z = 2;
using outcomes = std::set<result>;

// The outcomes that Relacy shows, one digit a value: what is allocated while it simulates, it takes for a leak.
inline std::array<std::uint64_t, 1000> shown;
inline std::size_t shown_count = 0;
void show(const result& r) {
  std::uint64_t digits = 1;
  for (const unsigned v : r) digits = digits << 4 | v;
  if (std::find(shown.begin(), shown.begin() + shown_count, digits) != shown.begin() + shown_count) return;
  if (shown_count < shown.size()) shown[shown_count++] = digits;
}
outcomes all_shown() {
  outcomes all;
  for (std::size_t n = 0; n < shown_count; ++n) {
    result r;
    std::uint64_t digits = shown[n];
    for (; digits >= 16; digits >>= 4) r.insert(r.begin(), static_cast<unsigned>(digits & 15));
    all.insert(r);
  }
  return all;
}

template <unsigned Threads>
struct suite : rl::test_suite<suite<Threads>, Threads> {
  std::optional<interpreter<sluice::relacy::engine, Threads>> client;
  void before() {
    sluice::relacy::the_fences.forget();
    client.emplace();
  }
  void thread(unsigned i) { client->thread(i); }
  void after() {
    client->finish();
    show(client->outcome());
    client.reset();
  }
};

// How many executions it took.
template <unsigned Threads>
unsigned long simulate(rl::scheduler_type_e how) {
  rl::ostringstream out;
  rl::ostringstream progress;
  rl::test_params p;
  p.iteration_count = how == rl::sched_full ? 0 : 1000;
  p.search_type = how;
  p.output_stream = &out;
  p.progress_stream = &progress;
  EXPECT_TRUE(rl::simulate<suite<Threads>>(p)) << rl::test_result_str(p.test_result);
  return p.stop_iteration;
}

outcomes by_relacy(const program& p) {
  explored_program = p;
  shown_count = 0;
  switch (p.size()) {
    case 2:
      simulate<2>(rl::sched_full);
      simulate<2>(rl::sched_random);
      break;
    case 3: simulate<3>(rl::sched_random); break;
    case 4: simulate<4>(rl::sched_random); break;
    default: ADD_FAILURE() << "two to four threads";
  }
  return all_shown();
}
outcomes by_explorer(const program& p) {
  outcomes all;
  for (const auto& [r, times] : explore(p, sluice::explore::model::rc20)) all.insert(r);
  return all;
}

instruction R(unsigned loc, order o = order::relaxed) { return {.how = what::load, .loc = loc, .mode = o}; }
instruction W(unsigned loc, unsigned v, order o = order::relaxed) {
  return {.how = what::store, .loc = loc, .value = v, .mode = o};
}
instruction U(unsigned loc, unsigned v) { return {.how = what::fetch_add, .loc = loc, .value = v}; }
instruction F(order o) { return {.how = what::fence, .mode = o}; }

struct shape {
  const char* name;
  program accesses;
};
const std::vector<shape> shapes{
    {"SB", {{W(x, 1), R(y)}, {W(y, 1), R(x)}}},
    {"MP", {{W(x, 1), W(y, 1)}, {R(y), R(x)}}},
    {"LB", {{R(y), W(x, 1)}, {R(x), W(y, 1)}}},
    {"S", {{W(x, 2), W(y, 1)}, {R(y), W(x, 1)}}},
    {"R", {{W(x, 1), W(y, 1)}, {W(y, 2), R(x)}}},
    {"2+2W", {{W(x, 1), W(y, 2)}, {W(y, 1), W(x, 2)}}},
    {"CoRR", {{W(x, 1), W(x, 2)}, {R(x), R(x)}}},
    {"CoWR", {{W(x, 1), R(x)}, {W(x, 2)}}},
    {"CoRW", {{R(x), W(x, 1)}, {W(x, 2)}}},
    {"WRC", {{W(x, 1)}, {R(x), W(y, 1)}, {R(y), R(x)}}},
    {"RWC", {{W(x, 1)}, {R(x), R(y)}, {W(y, 1), R(x)}}},
    {"ISA2", {{W(x, 1), W(y, 1)}, {R(y), W(z, 1)}, {R(z), R(x)}}},
    {"W+RWC", {{W(x, 1), W(y, 1)}, {R(y), R(z)}, {W(z, 1), R(x)}}},
    {"Z6.U", {{W(x, 1), W(y, 1)}, {U(y, 1), R(y)}, {W(y, 3), R(x)}}},
    {"IRIW", {{W(x, 1)}, {W(y, 1)}, {R(x), R(y)}, {R(y), R(x)}}},
    {"release sequence, own store", {{W(x, 1), W(y, 1), W(y, 2)}, {R(y), R(x)}}},
    {"release sequence, update", {{W(x, 1), W(y, 1)}, {U(y, 1)}, {R(y), R(x)}}},
    {"release sequence, other's store", {{W(x, 1), W(y, 1)}, {R(y), W(y, 2)}, {R(y), R(x)}}},
};

order order_of(const instruction& i, order strength) {
  if (strength != order::acq_rel) return strength;
  return i.how == what::load ? order::acquire : i.how == what::store ? order::release : order::acq_rel;
}
// All accesses of one strength (relaxed, release and acquire, seq_cst), a fence (or none) between any two.
program styled(const program& accesses, order strength, order fence) {
  program p;
  for (const thread& t : accesses) {
    thread& more = p.emplace_back();
    for (instruction i : t) {
      if (!more.empty() && fence != order::relaxed) more.push_back(F(fence));
      i.mode = order_of(i, strength);
      more.push_back(i);
    }
  }
  return p;
}

TEST(ExploreRelacy, WhatRelacyShowsIsAllowed) {
  constexpr order strengths[] = {order::relaxed, order::acq_rel, order::seq_cst};
  for (const shape& s : shapes)
    for (const order strength : strengths)
      for (const order fence : strengths) {
        const program p = styled(s.accesses, strength, fence);
        const outcomes allowed = by_explorer(p);
        for (const result& r : by_relacy(p))
          EXPECT_TRUE(allowed.contains(r)) << s.name << ", accesses " << static_cast<int>(strength) << ", fences "
                                           << static_cast<int>(fence) << ": " << testing::PrintToString(r);
      }
}

// The exception: an outcome that C++20 and RC11 forbid (P0668) and Relacy shows. It keeps one order of seq_cst accesses and
// one of fences, and nothing joins the two.
TEST(ExploreRelacy, WhatRelacyShowsAndCxx20Forbids) {
  constexpr order sc = order::seq_cst;
  const program p{{W(x, 1, sc), R(y, sc)}, {W(y, 1), F(sc), R(x)}};
  const result neither_sees{0, 0, 1, 1, 0};
  EXPECT_TRUE(by_relacy(p).contains(neither_sees)) << "no exception any more";
  EXPECT_FALSE(by_explorer(p).contains(neither_sees));
}

// What it costs to see all there is of IRIW: the explorer visits its 15 executions.
TEST(ExploreRelacy, IriwTakesAHundredthOfTheExecutions) {
  const program p = styled(shapes[14].accesses, order::seq_cst, order::relaxed);
  unsigned explored = 0;
  for (const auto& [r, times] : explore(p, sluice::explore::model::rc20)) explored += times;
  EXPECT_EQ(explored, 15U);
  explored_program = p;
  shown_count = 0;
  EXPECT_GE(simulate<4>(rl::sched_full), 100U * explored);
  EXPECT_EQ(all_shown(), by_explorer(p));
}

// And one that both show and C++20's text forbids: it orders seq_cst reads by "coherence-ordered before", which is
// transitive, while RC11 asks for a single step of mo or rb between seq_cst events. Where a relaxed write joins two
// seq_cst reads, RC20 as we have it is the weaker one: it may raise an alarm too many, and misses none.
TEST(ExploreRelacy, WhatBothShowAndCxx20Forbids) {
  constexpr order sc = order::seq_cst;
  const program p{{W(x, 1)}, {W(y, 1)}, {R(x, sc), R(y, sc)}, {R(y, sc), R(x, sc)}};
  const result readers_disagree{1, 0, 1, 0, 1, 1, 0};
  EXPECT_TRUE(by_relacy(p).contains(readers_disagree));
  EXPECT_TRUE(by_explorer(p).contains(readers_disagree));
}

}  // namespace
}  // namespace explore_relacy_test
