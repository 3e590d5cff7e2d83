// SPDX-License-Identifier: BSL-1.0
// What Go's src/sync tests check of Mutex, RWMutex, Cond, Once, OnceFunc and WaitGroup, in our words and code. Goroutines
// are threads here, so there are fewer.
#include <sluice/cond.hpp>
#include <sluice/mutex.hpp>
#include <sluice/once.hpp>
#include <sluice/rw_mutex.hpp>
#include <sluice/wait_group.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::go_sync_test {
namespace {

using namespace std::chrono_literals;
using observed = observed_platform<std_platform>;

// `f(0) .. f(n - 1)`, each on a thread of its own.
template <class F>
void in_threads(int n, F f) {
  std::vector<std::thread> crew;
  for (int i = 0; i != n; ++i) crew.emplace_back([&f, i] { f(i); });
  for (std::thread& t : crew) t.join();
}

// TestMutex
TEST(go_mutex, ten_threads_lock_and_unlock_a_thousand_times) {
  mutex m;
  m.lock();
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
  int sum = 0;
  in_threads(10, [&](int) {
    for (int i = 0; i != scaled(1000); ++i) {
      if (m.try_lock()) ++sum, m.unlock();
      m.lock();
      ++sum;
      m.unlock();
    }
  });
  EXPECT_GE(sum, 10 * scaled(1000));
}

// TestMutexMisuse, each of its eight cases.
template <class F>
void expect_unheld(F misuse) {
  try {
    misuse();
    FAIL() << "it must throw";
  } catch (const std::system_error& e) {
    EXPECT_NE(std::string(e.what()).find("nobody holds"), std::string::npos) << e.what();
  }
}
TEST(go_mutex, misuse_is_told) {
  mutex m;
  expect_unheld([&] { m.unlock(); });
  m.lock();
  m.unlock();
  expect_unheld([&] { m.unlock(); });
  rw_mutex rw;
  expect_unheld([&] { rw.unlock(); });
  rw.lock_shared();
  expect_unheld([&] { rw.unlock(); });
  rw.unlock_shared();
  rw.lock();
  rw.unlock();
  expect_unheld([&] { rw.unlock(); });
  expect_unheld([&] { rw.unlock_shared(); });
  rw.lock();
  expect_unheld([&] { rw.unlock_shared(); });
  rw.unlock();
  rw.lock_shared();
  rw.unlock_shared();
  expect_unheld([&] { rw.unlock_shared(); });
}

// TestMutexFairness: one thread holds it nearly always; the other must get it ten times all the same.
TEST(go_mutex, one_that_holds_it_nearly_always_starves_nobody) {
  mutex m;
  std::atomic<bool> over{false};
  std::thread greedy([&] {
    while (!over) {
      m.lock();
      const auto until = std::chrono::steady_clock::now() + 100us;
      while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
      m.unlock();
    }
  });
  for (int i = 0; i != 10; ++i) {
    m.lock();
    m.unlock();
  }
  over = true;
  greedy.join();
}

// TestParallelReaders
TEST(go_rw_mutex, readers_are_inside_together) {
  for (const int readers : {1, 3, 4}) {
    rw_mutex m;
    wait_group inside(static_cast<std::uint32_t>(readers));
    in_threads(readers, [&](int) {
      m.lock_shared();
      inside.done();
      inside.wait();  // all of them, or for ever
      m.unlock_shared();
    });
  }
}

// TestRWMutex: the number of readers inside plus 10000 for each writer.
void hammer(int readers, int rounds) {
  rw_mutex m;
  std::atomic<int> activity{0};
  in_threads(readers + 2, [&](int who) {
    for (int i = 0; i != rounds; ++i) {
      if (who < 2) {
        m.lock();
        EXPECT_EQ(activity += 10000, 10000);
        activity -= 10000;
        m.unlock();
      } else {
        m.lock_shared();
        const int n = ++activity;
        EXPECT_TRUE(n >= 1 && n < 10000) << n;
        --activity;
        m.unlock_shared();
      }
    }
  });
}
TEST(go_rw_mutex, writers_are_alone_and_readers_are_not) {
  rw_mutex m;
  m.lock();
  EXPECT_FALSE(m.try_lock() || m.try_lock_shared());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
  m.lock_shared();
  EXPECT_FALSE(m.try_lock());
  EXPECT_TRUE(m.try_lock_shared());
  m.unlock_shared();
  m.unlock_shared();
  for (const int readers : {1, 3, 5, 10}) hammer(readers, scaled(1000));
}

// TestRLocker: std::shared_lock is the locker of the reading side.
TEST(go_rw_mutex, a_writer_waits_for_both_readers_and_the_readers_for_it) {
  basic_rw_mutex<observed> m;
  for (int i = 0; i != 10; ++i) {
    observed::reset();
    std::shared_lock first(m);
    std::shared_lock second(m);
    std::atomic<bool> written{false};
    std::thread writer([&] {
      const std::lock_guard lock(m);
      written = true;
    });
    observed::wait_for_sleepers(1);
    first.unlock();
    EXPECT_FALSE(written) << "one reader is inside";
    EXPECT_FALSE(m.try_lock_shared()) << "a writer waits";
    second.unlock();
    writer.join();
    EXPECT_TRUE(written);
  }
}

class go_cond : public testing::Test {
 public:
  go_cond() { observed::reset(); }
  basic_mutex<observed> m;
  basic_cond<observed> c;
};

// TestCondSignal
TEST_F(go_cond, each_signal_wakes_one) {
  constexpr int n = 2;
  std::atomic<int> awake{0};
  wait_group running(n);
  std::vector<std::thread> waiters;
  for (int i = 0; i != n; ++i)
    waiters.emplace_back([&] {
      const std::lock_guard lock(m);
      running.done();
      c.wait(m);
      ++awake;
    });
  running.wait();
  for (int i = 0; i != n; ++i) {
    {
      const std::lock_guard lock(m);
      EXPECT_EQ(awake, i) << "nobody wakes up without a signal";
      c.notify_one();
    }
    while (awake != i + 1) std::this_thread::yield();
  }
  for (std::thread& t : waiters) t.join();
  c.notify_one();
}

// TestCondSignalGenerations
TEST_F(go_cond, a_signal_wakes_who_waited_before_it) {
  std::vector<std::thread> waiters;
  std::atomic<int> last{-1};
  for (int i = 0; i != 50; ++i) {
    wait_group running(1);
    waiters.emplace_back([&, i] {
      const std::lock_guard lock(m);
      running.done();
      c.wait(m);
      EXPECT_EQ(last.exchange(i), i - 1);
    });
    // The one before was signalled before this one came: it wakes up, though this one may wait by then.
    while (last != i - 1) std::this_thread::yield();
    running.wait();
    const std::lock_guard lock(m);
    c.notify_one();
  }
  for (std::thread& t : waiters) t.join();
  EXPECT_EQ(last, 49);
}

// TestCondBroadcast
TEST_F(go_cond, each_broadcast_wakes_everybody_once) {
  constexpr int n = 16;
  const int rounds = scaled(40);
  bool over = false;
  int asleep = 0;
  basic_cond<observed> all_asleep;
  std::array<int, n> woken{};
  std::vector<std::thread> waiters;
  for (int i = 0; i != n; ++i)
    waiters.emplace_back([&, i] {
      const std::lock_guard lock(m);
      while (!over) {
        if (++asleep == n) all_asleep.notify_one();
        c.wait(m);
        ++woken[static_cast<std::size_t>(i)];
      }
    });
  for (int round = 0; round != rounds; ++round) {
    const std::lock_guard lock(m);
    all_asleep.wait(m, [&] { return asleep == n; });
    for (const int w : woken) EXPECT_EQ(w, round);
    asleep = 0;
    over = round == rounds - 1;
    c.notify_all();
  }
  for (std::thread& t : waiters) t.join();
  for (const int w : woken) EXPECT_EQ(w, rounds);
}

// TestRace
TEST_F(go_cond, a_value_goes_through_three_hands) {
  int x = 0;
  const auto until = [&](auto wanted) {
    while (!wanted()) {
      m.unlock();
      std::this_thread::yield();
      m.lock();
    }
  };
  in_threads(3, [&](int who) {
    const std::lock_guard lock(m);
    if (who == 0) {
      x = 1;
      c.wait(m);
      EXPECT_EQ(x, 2);
      x = 3;
      c.notify_one();
    } else if (who == 1) {
      until([&] { return x == 1; });
      x = 2;
      c.notify_one();
    } else {
      until([&] { return x >= 2; });
      if (x == 3) return;
      c.wait(m);
      EXPECT_EQ(x, 3);
    }
  });
}

// TestCondSignalStealing
TEST_F(go_cond, a_waiter_that_comes_during_a_broadcast_does_not_take_it_from_one_that_waited) {
  for (int i = 0; i != scaled(300); ++i) {
    bool over = false;
    wait_group waiting(1);
    std::thread first([&] {
      const std::lock_guard lock(m);
      waiting.done();
      c.wait(m);
    });
    waiting.wait();
    {
      const std::lock_guard lock(m);
    }  // so the first one waits
    std::thread notifier([&] { c.notify_all(); });
    std::thread second([&] {
      const std::lock_guard lock(m);
      c.wait(m, [&] { return over; });
    });
    first.join();
    {
      const std::lock_guard lock(m);
      over = true;
    }
    notifier.join();
    c.notify_all();
    second.join();
  }
}

// TestCondCopy: here it does not compile.
static_assert(!std::is_copy_constructible_v<cond> && !std::is_copy_assignable_v<cond>);
static_assert(!std::is_copy_constructible_v<mutex> && !std::is_copy_constructible_v<wait_group>);

// TestOnce
TEST(go_once, ten_threads_increment_once) {
  once o;
  int sum = 0;
  in_threads(10, [&](int) {
    o.call([&] { ++sum; });
    EXPECT_EQ(sum, 1);
  });
  EXPECT_EQ(sum, 1);
}

// TestOncePanic, under the policy that is Go's.
TEST(go_once, one_that_threw_is_done) {
  basic_once<std_platform, once_policy::give_up> o;
  EXPECT_THROW(o.call([] { throw std::runtime_error("failed"); }), std::runtime_error);
  o.call([] { throw std::runtime_error("again"); });
  o.call([] { ADD_FAILURE() << "called twice"; });
}

// TestOnceFunc, TestOnceValue, TestOnceValues
TEST(go_once_func, runs_once_and_gives_the_same_every_time) {
  int calls = 0;
  auto f = once_func([&] { ++calls; });
  auto value = once_func([&] { return ++calls; });
  auto values = once_func([&] {
    ++calls;
    return std::tuple(calls, calls + 1);
  });
  for (int i = 0; i != 10; ++i) {
    f();
    EXPECT_EQ(value(), 2);
    EXPECT_EQ(values(), std::tuple(3, 4));
  }
  EXPECT_EQ(calls, 3);
}

// TestOnceFuncPanic, TestOnceValuePanic, TestOnceValuesPanic
TEST(go_once_func, throws_the_same_every_time_and_runs_once) {
  int calls = 0;
  auto f = once_func([&] { ++calls, throw std::string("x"); });
  auto value = once_func([&]() -> int { ++calls, throw std::string("x"); });
  for (int i = 0; i != 2; ++i) {
    EXPECT_THROW(f(), std::string);
    EXPECT_THROW(value(), std::string);
  }
  EXPECT_EQ(calls, 2);
}

// TestOnceXGC: what the function holds is let go once it has run, whether it returned or threw.
TEST(go_once_func, lets_go_of_what_it_held) {
  for (const bool throws : {false, true}) {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> seen = held;
    auto f = once_func([held, throws] {
      if (throws) throw std::runtime_error("x");
    });
    held.reset();
    EXPECT_FALSE(seen.expired()) << "too early";
    for (int i = 0; i != 2; ++i) {
      try {
        f();
      } catch (const std::runtime_error&) {
      }
      EXPECT_TRUE(seen.expired()) << "not let go";
    }
  }
}

// TestWaitGroup
TEST(go_wait_group, is_a_barrier_again_and_again) {
  wait_group first;
  wait_group second;
  for (int round = 0; round != 8; ++round) {
    constexpr int n = 16;
    first.add(n);
    second.add(n);
    std::atomic<int> left{0};
    std::vector<std::thread> crew;
    for (int i = 0; i != n; ++i)
      crew.emplace_back([&] {
        first.done();
        second.wait();
        ++left;
      });
    first.wait();
    for (int i = 0; i != n; ++i) {
      EXPECT_EQ(left, 0) << "released too soon";
      second.done();
    }
    for (std::thread& t : crew) t.join();
    EXPECT_EQ(left, n);
  }
}

// TestWaitGroupMisuse
TEST(go_wait_group, a_negative_count_is_refused) {
  wait_group g;
  g.add();
  g.done();
  EXPECT_THROW(g.done(), std::logic_error);
}

// TestWaitGroupMisuse2 and 3 look for a panic in a million races; here the moment is made. In unit/wait_group_test.cpp.

// TestWaitGroupRace
TEST(go_wait_group, a_wait_does_not_return_early) {
  for (int i = 0; i != scaled(1000); ++i) {
    wait_group g;
    std::atomic<int> n{0};
    for (int k = 0; k != 2; ++k) g.go([&] { ++n; });
    g.wait();
    EXPECT_EQ(n, 2);
  }
}

// TestWaitGroupAlign
TEST(go_wait_group, may_stand_anywhere_in_a_struct) {
  struct {
    char x = 0;
    wait_group g{1};
  } s;
  std::thread t([&] { s.g.done(); });
  s.g.wait();
  t.join();
  EXPECT_EQ(s.g.count(), 0U);
}

}  // namespace
}  // namespace sluice::test::go_sync_test
