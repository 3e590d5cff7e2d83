// SPDX-License-Identifier: BSL-1.0
#include <sluice/mutex.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::mutex_test {
namespace {

using namespace std::chrono_literals;

template <class Base>
class any_mutex : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  using mutex = basic_mutex<platform>;
  using impatient = basic_mutex<platform, 0>;
  any_mutex() { platform::reset(); }

  // Nobody holds it, nobody waits for it, and nobody is counted who has left.
  template <class M>
  static bool idle(const M& m) {
    std::uint32_t word = 1;
    static_assert(sizeof m == sizeof word);
    std::memcpy(&word, static_cast<const void*>(&m), sizeof word);
    return word == 0;
  }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(any_mutex, bases);

TYPED_TEST(any_mutex, is_four_bytes_and_fits_the_standard_locks) {
  typename TestFixture::mutex a;
  typename TestFixture::mutex b;
  static_assert(sizeof a == 4);
  {
    const std::scoped_lock both(a, b);
    EXPECT_FALSE(a.try_lock());
    EXPECT_FALSE(b.try_lock());
  }
  {
    std::unique_lock lock(a, std::try_to_lock);
    EXPECT_TRUE(lock.owns_lock());
    lock.unlock();
    EXPECT_TRUE(lock.try_lock_for(1h));
    lock.unlock();
    EXPECT_TRUE(lock.try_lock_until(std::chrono::system_clock::now() + 1h));
  }
  EXPECT_TRUE(this->idle(a));
}

TYPED_TEST(any_mutex, works_with_condition_variable_any) {
  typename TestFixture::mutex m;
  std::condition_variable_any changed;
  bool ready = false;
  std::thread other([&] {
    const std::lock_guard lock(m);
    ready = true;
    changed.notify_one();
  });
  {
    std::unique_lock lock(m);
    changed.wait(lock, [&] { return ready; });
  }
  other.join();
  EXPECT_TRUE(this->idle(m));
}

TYPED_TEST(any_mutex, wakes_nobody_while_nobody_waits) {
  typename TestFixture::mutex m;
  for (int i = 0; i != 3; ++i) {
    m.lock();
    m.unlock();
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  }
  EXPECT_EQ(TestFixture::platform::sleeps, 0U);
  EXPECT_EQ(TestFixture::platform::wakes, 0U);
}

TYPED_TEST(any_mutex, an_unlock_wakes_a_sleeper) {
  typename TestFixture::mutex m;
  m.lock();
  std::thread waiter([&] {
    m.lock();
    m.unlock();
  });
  TestFixture::platform::wait_for_sleepers(1);
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  waiter.join();
  EXPECT_TRUE(this->idle(m));
}

TYPED_TEST(any_mutex, eight_sleepers_all_get_in) {
  typename TestFixture::mutex m;
  int in = 0;
  m.lock();
  std::vector<std::thread> waiters;
  for (int i = 0; i != 8; ++i)
    waiters.emplace_back([&] {
      const std::lock_guard lock(m);
      ++in;
    });
  TestFixture::platform::wait_for_sleepers(8);
  m.unlock();
  for (std::thread& t : waiters) t.join();
  EXPECT_EQ(in, 8);
  EXPECT_TRUE(this->idle(m));
}

TYPED_TEST(any_mutex, one_sleeper_is_woken_at_a_time_however_often_others_unlock) {
  typename TestFixture::mutex m;
  m.lock();
  std::vector<std::thread> waiters;
  for (int i = 0; i != 4; ++i)
    waiters.emplace_back([&] {
      m.lock();
      m.unlock();
    });
  TestFixture::platform::wait_for_sleepers(4);
  m.unlock();
  for (std::thread& t : waiters) t.join();
  EXPECT_LE(TestFixture::platform::wakes, 4U) << "each of the four was woken once";
}

TYPED_TEST(any_mutex, a_deadline_that_has_passed_gives_up_at_once_but_takes_what_is_free) {
  using clock = typename TestFixture::platform;
  typename TestFixture::mutex m;
  for (const auto passed : {clock::now(), clock::now() - 1h, clock::time_point::min(), typename clock::time_point{}}) {
    ASSERT_TRUE(m.try_lock_until(passed));
    EXPECT_FALSE(m.try_lock_until(passed));
    m.unlock();
  }
  for (const auto d : {std::chrono::hours(0), std::chrono::hours(-1), std::chrono::hours::min()}) {
    ASSERT_TRUE(m.try_lock_for(d));
    EXPECT_FALSE(m.try_lock_for(d));
    m.unlock();
  }
  using days = std::chrono::system_clock;
  ASSERT_TRUE(m.try_lock_until(days::time_point::min()));
  EXPECT_FALSE(m.try_lock_until(days::time_point::min()));
  EXPECT_FALSE(m.try_lock_until(days::now() - 1h));
  m.unlock();
  EXPECT_TRUE(this->idle(m));
}

TYPED_TEST(any_mutex, a_deadline_is_not_early_on_either_clock) {
  typename TestFixture::mutex m;
  m.lock();
  const auto until = std::chrono::steady_clock::now() + 20ms;
  EXPECT_FALSE(m.try_lock_until(until));
  EXPECT_GE(std::chrono::steady_clock::now(), until);
  const auto wall = std::chrono::system_clock::now() + 20ms;
  EXPECT_FALSE(m.try_lock_until(wall));
  EXPECT_GE(std::chrono::system_clock::now(), wall);
  const auto from = std::chrono::steady_clock::now();
  EXPECT_FALSE(m.try_lock_for(20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - from, 20ms);
  m.unlock();
  EXPECT_TRUE(this->idle(m));
}

TYPED_TEST(any_mutex, a_stop_request_ends_a_wait_and_only_that) {
  typename TestFixture::mutex m;
  std::stop_source stop;
  m.lock();
  std::thread waiter([&] {
    EXPECT_FALSE(m.lock_or_stop(stop.get_token()));
    EXPECT_FALSE(m.try_lock_for(1h, stop.get_token()));
    EXPECT_FALSE(m.try_lock_until(std::chrono::system_clock::now() + 1h, stop.get_token()));
  });
  TestFixture::platform::wait_for_sleepers(1);
  stop.request_stop();
  waiter.join();
  m.unlock();
  EXPECT_TRUE(this->idle(m));
  EXPECT_TRUE(m.lock_or_stop(stop.get_token())) << "what is free is taken";
  m.unlock();
}

TYPED_TEST(any_mutex, unlocking_what_nobody_holds_says_so) {
  typename TestFixture::mutex m;
  try {
    m.unlock();
    FAIL() << "it must throw";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::operation_not_permitted);
    EXPECT_NE(std::string(e.what()).find("nobody holds this mutex"), std::string::npos) << e.what();
  }
  EXPECT_TRUE(this->idle(m)) << "and leaves it as it was";
  m.lock();
  m.unlock();
}

// However fast another thread takes it back, the waiter gets in: it is hungry soon, and then inherits.
template <class M>
void outlast_an_eager_owner() {
  M m;
  std::atomic<bool> through{false};
  m.lock();
  std::thread waiter([&] {
    m.lock();
    through = true;
    m.unlock();
  });
  while (!through) {
    m.unlock();
    m.lock();
  }
  m.unlock();
  waiter.join();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}
TYPED_TEST(any_mutex, nobody_starves_beside_an_eager_owner) {
  outlast_an_eager_owner<typename TestFixture::mutex>();
  outlast_an_eager_owner<typename TestFixture::impatient>();
}

TEST(mutex, nobody_starves_beside_an_eager_owner_where_waiters_spin) { outlast_an_eager_owner<mutex>(); }

template <class M>
void count_to(M& m, int threads, int rounds) {
  std::uint64_t sum = 0;
  std::latch start(threads);
  std::vector<std::thread> crew;
  for (int t = 0; t != threads; ++t)
    crew.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i != rounds; ++i) {
        if (t % 3 == 2) {  // some try first, some give up at once and come back
          if (!m.try_lock() && !m.try_lock_for(10us)) m.lock();
        } else {
          m.lock();
        }
        ++sum;
        m.unlock();
      }
    });
  for (std::thread& t : crew) t.join();
  EXPECT_EQ(sum, static_cast<std::uint64_t>(threads) * static_cast<std::uint64_t>(rounds));
}

TYPED_TEST(any_mutex, excludes_many_threads) {
  typename TestFixture::mutex m;
  count_to(m, 6, scaled(4'000));
  EXPECT_TRUE(this->idle(m));
}
TYPED_TEST(any_mutex, excludes_many_hungry_threads) {
  typename TestFixture::impatient m;
  count_to(m, 6, scaled(2'000));
  EXPECT_TRUE(this->idle(m));
}

// Some are slow to fall asleep: the lock may look just as before by then, though it came and went.
struct slow_to_fall_asleep : std_threads {
  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline,
                          const stop_token& stop) {
    thread_local std::minstd_rand draw(static_cast<unsigned>(std::hash<std::thread::id>{}(std::this_thread::get_id())));
    const unsigned n = static_cast<unsigned>(draw() % 40);
    if (n < 4)
      std::this_thread::sleep_for(std::chrono::microseconds(60 * n));
    else if (n < 20)
      std::this_thread::yield();
    return std_threads::wait(word, expected, deadline, stop);
  }
  static unsigned cpus() noexcept { return 1; }  // and nobody spins instead
};

TEST(mutex, who_falls_asleep_late_is_woken_though_the_lock_looks_as_it_did_before) {
  constexpr int threads = 4;
  constexpr int rounds = 10000;
  basic_mutex<slow_to_fall_asleep> m;
  int sum = 0;
  {
    std::vector<std::jthread> crew;
    for (int t = 0; t != threads; ++t)
      crew.emplace_back([&] {
        for (int k = 0; k != rounds; ++k) {
          const std::lock_guard held(m);
          ++sum;
          if (k % 8 == 0) std::this_thread::yield();
          if (k % 32 == 5) std::this_thread::sleep_for(1us);
        }
      });
  }
  EXPECT_EQ(sum, threads * rounds);
}

TEST(mutex, excludes_many_threads_that_spin) {
  mutex m;
  count_to(m, 4, scaled(20'000));
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

// Whoever takes the count to zero destroys mutex and all while the others are still on their way out of unlock.
TYPED_TEST(any_mutex, the_next_owner_may_destroy_it) {
  struct shared {
    typename TestFixture::mutex guard;
    int users = 3;
  };
  for (int i = 0; i != scaled(400); ++i) {
    auto* const s = new shared;
    const auto leave = [s] {
      s->guard.lock();
      const int left = --s->users;
      s->guard.unlock();
      if (left == 0) delete s;
    };
    std::thread a(leave);
    std::thread b(leave);
    leave();
    a.join();
    b.join();
  }
}

}  // namespace
}  // namespace sluice::test::mutex_test
