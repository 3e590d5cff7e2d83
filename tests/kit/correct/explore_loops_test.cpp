// SPDX-License-Identifier: BSL-1.0
// Loops whose rounds change something that is not on the stack: they are no loops without effect; and loops that time ends.
#include <gtest/gtest.h>

#include <chrono>
#include <kit/explore.hpp>
#include <string>

namespace explore_loops_test {
namespace {

using namespace sluice::explore;

// One thread shows that it has written; the other gives up after three looks, and then reads all the same.
template <class Engine>
struct looks_and_gives_up {
  using platform = typename Engine::platform;
  static constexpr const char* property = "none";
  static constexpr unsigned threads = 2;
  typename platform::template atomic<unsigned> shown{0};
  typename platform::template var<int> data{0};

  void show() {
    data.store(1);
    shown.store(1, std::memory_order_release);
  }
  bool is_shown() { return shown.load(std::memory_order_acquire) == 1; }
  void finish() {}
};

template <class Engine>
struct counts_in_the_client : looks_and_gives_up<Engine> {
  struct back_off {
    unsigned rounds = 0;
    bool again() {
      Engine::platform::pause();
      return ++rounds < 3;
    }
  };
  back_off of[2];
  void thread(unsigned index) {
    if (index == 0) return this->show();
    while (!this->is_shown())
      if (!of[index].again()) break;
    static_cast<void>(this->data.load());
  }
};
template <class Engine>
struct counts_in_memory : looks_and_gives_up<Engine> {
  void thread(unsigned index) {
    if (index == 0) return this->show();
    typename Engine::platform::template allocator<unsigned> memory;
    unsigned* const rounds = memory.allocate(1);
    for (*rounds = 0; *rounds != 3 && !this->is_shown(); ++*rounds) Engine::platform::pause();
    memory.deallocate(rounds, 1);
    static_cast<void>(this->data.load());
  }
};

template <template <class> class Client>
void races(options o = {}) {
  EXPECT_EQ(check<Client>(o).violation, violation::data_race);
  o.states = true;
  EXPECT_EQ(check<Client>(o).violation, violation::data_race);
}
TEST(ExploreLoops, ACountInTheClientEndsALoop) { races<counts_in_the_client>(); }
TEST(ExploreLoops, ACountInMemoryOfThePlatformEndsALoop) { races<counts_in_memory>(); }

// Nobody else will end it.
template <class Engine>
struct ends_its_loop_itself {
  using platform = typename Engine::platform;
  static constexpr const char* property = "none";
  static constexpr unsigned threads = 2;
  typename platform::template atomic<unsigned> never{0};
  unsigned rounds[2]{};
  void thread(unsigned index) {
    while (never.load(std::memory_order_relaxed) == 0 && ++rounds[index] != 4) platform::pause();
  }
  void finish() { Engine::require(rounds[0] == 4 && rounds[1] == 4, "each went round"); }
};
TEST(ExploreLoops, ALoopThatEndsItselfIsNoDeadlock) {
  EXPECT_EQ(check<ends_its_loop_itself>().verdict, verdict::ok);
  EXPECT_EQ(check<ends_its_loop_itself>({.states = true}).verdict, verdict::ok);
}

// What the others do to memory meanwhile is no effect of the loop's.
template <class Engine>
struct others_write_meanwhile {
  using platform = typename Engine::platform;
  static constexpr const char* property = "none";
  static constexpr unsigned threads = 2;
  typename platform::template atomic<unsigned> flag{0};
  unsigned mine[2]{};
  void thread(unsigned index) {
    if (index == 1) {
      for (mine[1] = 1; mine[1] != 5; ++mine[1]) flag.store(mine[1], std::memory_order_relaxed);
    } else {
      while (flag.load(std::memory_order_relaxed) != 4) platform::pause();
    }
  }
  void finish() {}
};
// Whatever else of it the reader has seen before leads nowhere else.
TEST(ExploreLoops, WhatOthersWriteMeanwhileMakesNoMoreRounds) {
  const report r = check<others_write_meanwhile>();
  EXPECT_EQ(r.verdict, verdict::ok);
  EXPECT_EQ(r.executions, 1U);
}

template <class Engine, bool Set, bool Timed>
struct waits_for_a_while {
  using platform = typename Engine::platform;
  static constexpr const char* property = "it is in time";
  static constexpr unsigned threads = 2;
  typename platform::template atomic<unsigned> flag{0};
  bool late = false;

  void thread(unsigned index) {
    if (index == 1) {
      if (Set) flag.store(1, std::memory_order_release);
      return;
    }
    const auto deadline = platform::now() + std::chrono::hours(1);
    while (flag.load(std::memory_order_acquire) == 0) {
      late = platform::now() >= deadline;
      if (late && Timed) return;
      platform::pause();
    }
  }
  void finish() { Engine::require(!late, "in time"); }
};
template <class Engine>
using may_be_late = waits_for_a_while<Engine, true, true>;
template <class Engine>
using must_be_late = waits_for_a_while<Engine, false, true>;
template <class Engine>
using waits_for_ever = waits_for_a_while<Engine, false, false>;

TEST(ExploreLoops, ADeadlineMayPassWhileAThreadLooksAtTheClock) {
  for (const bool states : {false, true}) {
    EXPECT_EQ(check<may_be_late>({.states = states}).violation, violation::requirement);
    EXPECT_EQ(check<must_be_late>({.states = states}).violation, violation::requirement);
    EXPECT_EQ(check<waits_for_ever>({.states = states}).violation, violation::deadlock);
  }
  const report late = check<may_be_late>();
  EXPECT_EQ(check<may_be_late>({.replay = late.token}).violation, violation::requirement);
  const report by_steps = check<may_be_late>({.states = true});
  EXPECT_EQ(check<may_be_late>({.replay = by_steps.token}).violation, violation::requirement);
}

}  // namespace
}  // namespace explore_loops_test
