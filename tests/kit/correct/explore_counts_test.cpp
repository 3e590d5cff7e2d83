// SPDX-License-Identifier: BSL-1.0
// How many execution graphs a program has is a fact of the model, not of the tool. All operations here are relaxed.
#include <gtest/gtest.h>

#include <kit/explore.hpp>
#include <set>
#include <vector>

namespace explore_counts_test {
namespace {

using namespace sluice::explore;
constexpr auto relaxed = std::memory_order::relaxed;

template <class Engine>
struct two_locations {
  using platform = typename Engine::platform;
  static constexpr const char* property = "none: executions are counted";
  static constexpr unsigned threads = 2;
  typename platform::template atomic<int> x{0};
  typename platform::template atomic<int> y{0};
  int r[4]{};
  void finish() {}
};

template <class Engine>
struct store_buffering : two_locations<Engine> {
  void thread(unsigned i) {
    (i == 0 ? this->x : this->y).store(1, relaxed);
    this->r[i] = (i == 0 ? this->y : this->x).load(relaxed);
  }
};
template <class Engine>
struct load_buffering : two_locations<Engine> {
  void thread(unsigned i) {
    this->r[i] = (i == 0 ? this->y : this->x).load(relaxed);
    (i == 0 ? this->x : this->y).store(1, relaxed);
  }
};
template <class Engine>
struct message_passing : two_locations<Engine> {
  void thread(unsigned i) {
    if (i == 0) {
      this->x.store(1, relaxed);
      this->y.store(1, relaxed);
    } else {
      this->r[0] = this->y.load(relaxed);
      this->r[1] = this->x.load(relaxed);
    }
  }
};
template <class Engine>
struct two_plus_two_writes : two_locations<Engine> {
  void thread(unsigned i) {
    (i == 0 ? this->x : this->y).store(1, relaxed);
    (i == 0 ? this->y : this->x).store(2, relaxed);
  }
};
template <class Engine>
struct independent_reads : two_locations<Engine> {
  static constexpr unsigned threads = 4;
  void thread(unsigned i) {
    if (i < 2) return (i == 0 ? this->x : this->y).store(1, relaxed);
    this->r[2 * i - 4] = (i == 2 ? this->x : this->y).load(relaxed);
    this->r[2 * i - 3] = (i == 2 ? this->y : this->x).load(relaxed);
  }
};

template <template <class> class Client>
std::uint64_t executions(options o = {}) {
  const report r = check<Client>(o);
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(r.blocked, 0u);
  return r.executions;
}

// Each of two reads sees the initial write or the other thread's: 2 x 2.
TEST(ExploreCounts, StoreBufferingHas4) { EXPECT_EQ(executions<store_buffering>(), 4u); }
// 2 x 2, but both reads seeing the other's write is a cycle of po u rf.
TEST(ExploreCounts, LoadBufferingHas3) {
  std::set<std::vector<int>> seen;
  const auto note = [&](const auto& c) { seen.insert({c.r[0], c.r[1]}); };
  EXPECT_EQ(check<load_buffering>({}, note).executions, 3u);
  EXPECT_FALSE(seen.contains({1, 1}));
}
// 2 x 2: without orders, seeing the flag says nothing about the data.
TEST(ExploreCounts, MessagePassingHas4) { EXPECT_EQ(executions<message_passing>(), 4u); }
// Two orders for x times two for y.
TEST(ExploreCounts, TwoPlusTwoWritesHas4) { EXPECT_EQ(executions<two_plus_two_writes>(), 4u); }
// Four reads of two candidates each: 2^4.
TEST(ExploreCounts, IndependentReadsHave16) { EXPECT_EQ(executions<independent_reads>(), 16u); }

// Under SC an execution is a class of interleavings. SB loses 0/0; 2+2W loses the two orders that contradict program
// order; IRIW loses the one outcome in which the readers disagree. TSO gives 0/0 back, and forbids the other two.
TEST(ExploreCounts, UnderSc) {
  EXPECT_EQ(executions<store_buffering>({.model = model::sc}), 3u);
  EXPECT_EQ(executions<load_buffering>({.model = model::sc}), 3u);
  EXPECT_EQ(executions<message_passing>({.model = model::sc}), 3u);
  EXPECT_EQ(executions<two_plus_two_writes>({.model = model::sc}), 3u);
  EXPECT_EQ(executions<independent_reads>({.model = model::sc}), 15u);
}
TEST(ExploreCounts, UnderTso) {
  EXPECT_EQ(executions<store_buffering>({.model = model::tso}), 4u);
  EXPECT_EQ(executions<message_passing>({.model = model::tso}), 3u);
  EXPECT_EQ(executions<two_plus_two_writes>({.model = model::tso}), 3u);
  EXPECT_EQ(executions<independent_reads>({.model = model::tso}), 15u);
}

template <unsigned N>
struct increments {
  template <class Engine>
  struct client {
    using platform = typename Engine::platform;
    static constexpr const char* property = "no increment is lost";
    static constexpr unsigned threads = N;
    typename platform::template atomic<unsigned> x{0};
    void thread(unsigned) { x.fetch_add(1, relaxed); }
    void finish() { Engine::require(x.load(relaxed) == N, "the sum"); }
  };
};
template <unsigned N>
struct writers {
  template <class Engine>
  struct client {
    using platform = typename Engine::platform;
    static constexpr const char* property = "none: executions are counted";
    static constexpr unsigned threads = N;
    typename platform::template atomic<unsigned> x{0};
    void thread(unsigned i) { x.store(i, relaxed); }
    void finish() {}
  };
};

// Read-modify-writes of one location form a chain: each order of the n is one execution.
TEST(ExploreCounts, ParallelIncrementsHaveFactorial) {
  EXPECT_EQ(executions<increments<2>::client>(), 2u);
  EXPECT_EQ(executions<increments<3>::client>(), 6u);
  EXPECT_EQ(executions<increments<4>::client>(), 24u);
  EXPECT_EQ(executions<increments<5>::client>(), 120u);
  EXPECT_EQ(executions<increments<6>::client>(), 720u);
  EXPECT_EQ(executions<increments<7>::client>(), 5040u);
}
// The coherence order of n unread writes is any permutation.
TEST(ExploreCounts, WritersOfOneLocationHaveFactorial) {
  EXPECT_EQ(executions<writers<2>::client>(), 2u);
  EXPECT_EQ(executions<writers<5>::client>(), 120u);
  EXPECT_EQ(executions<writers<7>::client>(), 5040u);
}

// `Rounds` stores against `Rounds` loads of one location. The loads see a non-decreasing sequence out of Rounds + 1
// writes: C(2 Rounds, Rounds). With a second writer of one store, it has Rounds + 1 places, and the loads choose among
// Rounds + 2 writes: (Rounds + 1) C(2 Rounds + 1, Rounds).
template <unsigned Rounds, unsigned Writers>
struct coherence {
  template <class Engine>
  struct client {
    using platform = typename Engine::platform;
    static constexpr const char* property = "none: executions are counted";
    static constexpr unsigned threads = 1 + Writers;
    typename platform::template atomic<unsigned> x{0};
    void thread(unsigned i) {
      for (unsigned n = 0; n < (i == 2 ? 1 : Rounds); ++n) i == 0 ? void(x.load(relaxed)) : x.store(n, relaxed);
    }
    void finish() {}
  };
};
TEST(ExploreCounts, Coherence) {
  EXPECT_EQ((executions<coherence<3, 1>::client>()), 20u);
  EXPECT_EQ((executions<coherence<5, 1>::client>()), 252u);
  EXPECT_EQ((executions<coherence<3, 2>::client>()), 4u * 35u);
}

// choose(n) has n outcomes, wherever it is made: 2 in the set-up, 3 in each of two threads, 2 at the end.
template <class Engine>
struct choices {
  static constexpr const char* property = "none: executions are counted";
  static constexpr unsigned threads = 2;
  unsigned first = Engine::choose(2);
  unsigned mine[2]{};
  unsigned last = 0;
  void thread(unsigned i) { mine[i] = Engine::choose(3); }
  void finish() { last = Engine::choose(2); }
};
TEST(ExploreCounts, Choices) {
  std::set<std::vector<unsigned>> seen;
  const auto note = [&](const auto& c) { seen.insert({c.first, c.mine[0], c.mine[1], c.last}); };
  EXPECT_EQ(check<choices>({}, note).executions, 36u);
  EXPECT_EQ(seen.size(), 36u);
}

}  // namespace
}  // namespace explore_counts_test
