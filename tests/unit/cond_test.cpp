// SPDX-License-Identifier: BSL-1.0
#include <sluice/cond.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/rw_mutex.hpp>
#include <sluice/wait_group.hpp>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"
#include "../support/set_clock.hpp"

namespace sluice::test::cond_test {
namespace {

using namespace std::chrono_literals;

template <class Base>
class any_cond : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  using mutex = basic_mutex<platform>;
  using cond = basic_cond<platform>;
  any_cond() { platform::reset(); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(any_cond, bases);

TYPED_TEST(any_cond, without_waiters_a_notification_does_nothing) {
  typename TestFixture::cond c;
  c.notify_one();
  c.notify_all();
  EXPECT_EQ(TestFixture::platform::wakes, 0U);
}

TYPED_TEST(any_cond, takes_any_lock) {
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  std::mutex standard;
  basic_rw_mutex<std_platform> rw;
  std::unique_lock a(m);
  std::unique_lock b(standard);
  std::shared_lock reading(rw);
  EXPECT_FALSE(c.wait_for(a, 1ms));
  EXPECT_FALSE(c.wait_for(b, 1ms));
  EXPECT_FALSE(c.wait_for(reading, 1ms));
  EXPECT_TRUE(a.owns_lock() && b.owns_lock() && reading.owns_lock());
}

TYPED_TEST(any_cond, a_lock_that_is_not_held_is_refused_and_nobody_waits) {
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  std::unique_lock not_held(m, std::defer_lock);
  EXPECT_THROW(c.wait(not_held), std::system_error);
  EXPECT_THROW(static_cast<void>(c.wait_for(m, 1ms)), std::system_error);
  c.notify_all();
  EXPECT_EQ(TestFixture::platform::wakes, 0U);
}

TYPED_TEST(any_cond, waits_until_times_that_no_clock_can_hold) {
  using std::chrono::hours;
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  const auto is_notified = [&](auto never) {
    std::unique_lock lock(m);
    std::thread notifier([&] {
      const std::lock_guard held(m);
      c.notify_one();
    });
    EXPECT_TRUE(c.wait_until(lock, never));
    lock.unlock();
    notifier.join();
  };
  is_notified(std::chrono::steady_clock::time_point::max());
  is_notified(std::chrono::time_point<std::chrono::steady_clock, hours>::max());
  is_notified(std::chrono::time_point<std::chrono::system_clock, hours>::max());
  is_notified(std::chrono::sys_days(std::chrono::year(2300) / 1 / 1));  // which no nanoseconds since 1970 can tell
  is_notified(std::chrono::file_clock::time_point::max());  // its now is before its epoch
  std::unique_lock lock(m);
  EXPECT_FALSE(c.wait_until(lock, std::chrono::time_point<std::chrono::steady_clock, hours>::min()));
  EXPECT_FALSE(c.wait_until(lock, std::chrono::time_point<std::chrono::system_clock, hours>::min()));
}

TYPED_TEST(any_cond, a_notification_reaches_who_waits_by_a_clock_that_is_set_back) {
  struct here {};
  using clock = set_clock<std::pair<here, TypeParam>>;
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  const std::lock_guard lock(m);
  clock::says({{1h - 1ms}, {1h - 1ms, [&] { c.notify_one(); }}, {2h}});
  EXPECT_TRUE(c.wait_until(m, typename clock::time_point(1h)));
}

TYPED_TEST(any_cond, who_waits_by_a_clock_that_throws_leaves_the_line_and_has_the_lock) {
  struct here {};
  using clock = set_clock<std::pair<here, TypeParam>>;
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  const std::lock_guard lock(m);
  const auto fail = [] { throw std::runtime_error("no time"); };
  for (const auto& says : std::vector<std::vector<typename clock::answer>>{{{0h, fail}}, {{1h - 1ms}, {2h, fail}}}) {
    clock::says(says);
    EXPECT_THROW(static_cast<void>(c.wait_until(m, typename clock::time_point(1h))), std::runtime_error);
    EXPECT_FALSE(m.try_lock()) << "it is held";
    c.notify_one();  // nobody stands in line
  }
}

TYPED_TEST(any_cond, a_notification_of_who_waits_by_a_clock_that_throws_is_the_next_ones) {
  struct here {};
  using clock = set_clock<std::pair<here, TypeParam>>;
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  bool second_waits = false;
  std::thread second;
  clock::says({{1h - 1ms}, {2h, [&] {
                              second = std::thread([&] {
                                const std::lock_guard lock(m);
                                second_waits = true;
                                c.wait(m);
                              });
                              for (bool waits = false; !waits;) {
                                const std::lock_guard lock(m);
                                waits = second_waits;
                              }
                              c.notify_one();  // of the two, it is the first
                              throw std::runtime_error("no time");
                            }}});
  {
    const std::lock_guard lock(m);
    EXPECT_THROW(static_cast<void>(c.wait_until(m, typename clock::time_point(1h))), std::runtime_error);
  }
  second.join();
}

TYPED_TEST(any_cond, wakes_as_many_as_it_is_told) {
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  std::atomic<int> awake{0};
  wait_group waiting(4);
  std::vector<std::thread> waiters;
  for (int i = 0; i != 4; ++i)
    waiters.emplace_back([&] {
      m.lock();
      waiting.done();
      c.wait(m);
      m.unlock();
      ++awake;
    });
  waiting.wait();
  {
    const std::lock_guard lock(m);
  }
  c.notify_one();
  while (awake == 0) std::this_thread::yield();
  EXPECT_EQ(awake, 1);
  c.notify_all();
  for (std::thread& t : waiters) t.join();
  EXPECT_EQ(awake, 4);
}

TYPED_TEST(any_cond, gives_up_when_it_is_told) {
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  std::stop_source stop;
  const std::lock_guard lock(m);
  const auto from = std::chrono::steady_clock::now();
  EXPECT_FALSE(c.wait_for(m, 20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - from, 20ms);
  EXPECT_FALSE(c.wait_until(m, std::chrono::system_clock::now() + 1ms));
  EXPECT_FALSE(c.wait_until(m, std::chrono::steady_clock::time_point::min()));
  EXPECT_FALSE(c.wait_for(m, 1ms, [] { return false; }));
  EXPECT_TRUE(c.wait_for(m, 0ms, [] { return true; }));
  EXPECT_TRUE(c.wait_or_stop(m, [] { return true; }, stop.get_token()));
  stop.request_stop();
  EXPECT_FALSE(c.wait_or_stop(m, stop.get_token()));
  EXPECT_FALSE(c.wait_or_stop(m, [] { return false; }, stop.get_token()));
  EXPECT_FALSE(c.wait_for(m, 1h, stop.get_token()));
}

TYPED_TEST(any_cond, a_stop_request_ends_a_sleep_and_leaves_the_next_waiter_its_signal) {
  typename TestFixture::cond c;
  typename TestFixture::mutex m;
  std::stop_source stop;
  bool ready = false;
  std::thread stopped([&] {
    const std::lock_guard lock(m);
    EXPECT_FALSE(c.wait_or_stop(m, stop.get_token()));
  });
  TestFixture::platform::wait_for_sleepers(1);
  std::thread waiter([&] {
    const std::lock_guard lock(m);
    c.wait(m, [&] { return ready; });
  });
  TestFixture::platform::wait_for_sleepers(2);
  stop.request_stop();
  stopped.join();
  {
    const std::lock_guard lock(m);
    ready = true;
  }
  c.notify_one();
  waiter.join();
}

TYPED_TEST(any_cond, who_was_notified_may_destroy_it) {
  for (int i = 0; i != scaled(300); ++i) {
    typename TestFixture::mutex m;
    auto c = std::make_unique<typename TestFixture::cond>();
    auto* const shared = c.get();
    wait_group waiting(1);
    std::thread notifier([&m, &waiting, shared] {
      waiting.wait();
      {
        const std::lock_guard lock(m);
      }
      shared->notify_all();
    });
    m.lock();
    waiting.done();
    c->wait(m);
    m.unlock();
    c.reset();
    notifier.join();
  }
}

}  // namespace
}  // namespace sluice::test::cond_test
