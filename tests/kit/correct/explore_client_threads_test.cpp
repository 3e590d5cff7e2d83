// SPDX-License-Identifier: BSL-1.0
// A client's own lock and threads: their edges hold, and they add no executions of their own.
#include <gtest/gtest.h>

#include <kit/client_threads.hpp>
#include <kit/explore.hpp>

#include "../enumerator/structures.hpp"

namespace explore_client_threads_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <unsigned Threads>
struct locked {
  template <class Engine>
  struct client : counter<Engine, Threads> {
    sluice::kit::client_mutex<Engine> mutex;
    void thread(unsigned) {
      mutex.lock();
      this->add();
      mutex.unlock();
    }
  };
};
TEST(ExploreClientThreads, AMutexHasTheOrdersInWhichItIsTaken) {
  EXPECT_EQ(check<locked<2>::client>().executions, 2u);
  EXPECT_EQ(check<locked<4>::client>().executions, 24u);
}

template <class Engine>
struct tries : base<Engine, 2> {
  sluice::kit::client_mutex<Engine> mutex;
  unsigned got[2]{};
  void thread(unsigned i) {
    if (!mutex.try_lock()) return;
    got[i] = 1;
    mutex.unlock();
  }
};
// Both in either order, or one while the other holds it.
TEST(ExploreClientThreads, AMutexThatIsTriedMayBeHeld) {
  const report r = check<tries>({}, [](const auto& c) { EXPECT_GE(c.got[0] + c.got[1], 1u); });
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(r.executions, 4u);
}

// Thread 0 starts thread 1 with what it prepared, and uses what that one has made of it.
template <bool Join>
struct parent_and_child {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template var<int> data{0};
    sluice::kit::client_thread<Engine> child;
    void thread(unsigned i) {
      if (i == 1) return child.run([this] { data.store(data.load() + 1); });
      data.store(1);
      child.start();
      if (Join) child.join();
      Engine::require(data.load() == 2, "the child has added one");
    }
  };
};
TEST(ExploreClientThreads, AThreadThatIsStartedAndJoined) {
  const report r = check<parent_and_child<true>::client>();
  EXPECT_EQ(r.verdict, verdict::ok) << r.message << r.trace;
  EXPECT_EQ(r.executions, 1u);
}
TEST(ExploreClientThreads, AThreadThatIsNotJoined) {
  const report r = check<parent_and_child<false>::client>();
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_NE(r.violation, violation::misuse) << r.message;
}

// A word on one thread's stack, which is gone as soon as the other one has rung it.
void write_over_the_stack() {
  volatile unsigned char gone[512];
  for (volatile unsigned char& b : gone) b = 0xff;
}
template <class Engine>
struct bell_on_a_stack : base<Engine, 2> {
  using bell = typename Engine::platform::template atomic<unsigned>;
  typename Engine::platform::template atomic<bell*> where{nullptr};
  void thread(unsigned i) {
    if (i == 1) {
      bell* b = nullptr;
      while ((b = where.load(acquire)) == nullptr) Engine::platform::pause();
      b->exchange(1, release);
      return;
    }
    wait();
    write_over_the_stack();
  }
  [[gnu::noinline]] void wait() {
    bell mine{0};
    where.store(&mine, release);
    while (mine.load(acquire) == 0) Engine::platform::pause();
  }
};
TEST(ExploreClientThreads, AnAtomicMayDieBeforeItsLastUserIsBack) {
  const report r = check<bell_on_a_stack>();
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(r.executions, 1u);
}

template <class Engine>
struct never_started : base<Engine, 2> {
  sluice::kit::client_thread<Engine> child;
  void thread(unsigned i) {
    i == 1 ? child.run([] {}) : child.join();
  }
};
template <class Engine>
struct opposite_orders : base<Engine, 2> {
  sluice::kit::client_mutex<Engine> mutex[2];
  void thread(unsigned i) {
    mutex[i].lock();
    mutex[1 - i].lock();
    mutex[1 - i].unlock();
    mutex[i].unlock();
  }
};
template <class Engine>
struct unlocks_twice : base<Engine, 1> {
  sluice::kit::client_mutex<Engine> mutex;
  void thread(unsigned) {
    mutex.lock();
    mutex.unlock();
    mutex.unlock();
  }
};
TEST(ExploreClientThreads, WhatIsWrongIsFound) {
  EXPECT_EQ(check<never_started>().violation, violation::deadlock);
  EXPECT_EQ(check<opposite_orders>().violation, violation::deadlock);
  EXPECT_EQ(check<unlocks_twice>().violation, violation::requirement);
}

}  // namespace
}  // namespace explore_client_threads_test
