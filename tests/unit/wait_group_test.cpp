// SPDX-License-Identifier: BSL-1.0
// What wait_group and sharded_wait_group have in common, and what is wait_group's alone.
#include <sluice/wait_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/scheduler.hpp>
#include <sluice/sharded_wait_group.hpp>
#include <sluice/task.hpp>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::wait_group_test {
namespace {

using namespace std::chrono_literals;

template <class Base>
struct plain {
  using platform = observed_platform<Base>;
  using group = basic_wait_group<platform>;
  template <class Platform>
  using on = basic_wait_group<Platform>;
};
template <class Base, std::uint32_t Shards>
struct sharded {
  using platform = observed_platform<Base>;
  using group = basic_sharded_wait_group<platform, Shards>;
  template <class Platform>
  using on = basic_sharded_wait_group<Platform, Shards>;
};
template <class Kind>
class any_wait_group : public testing::Test {
 public:
  using platform = typename Kind::platform;
  using group = typename Kind::group;
  any_wait_group() { platform::reset(); }
};
using kinds = testing::Types<plain<std_platform>, plain<portable_platform>, sharded<std_platform, 16>,
                             sharded<portable_platform, 1>>;
TYPED_TEST_SUITE(any_wait_group, kinds);

// What `f` throws says each of `words`.
template <class F>
void expect_refusal(F f, std::initializer_list<const char*> words) {
  try {
    f();
    FAIL() << "it must throw";
  } catch (const std::logic_error& e) {
    for (const char* w : words) EXPECT_NE(std::string(e.what()).find(w), std::string::npos) << e.what();
  }
}

TYPED_TEST(any_wait_group, without_tasks_a_wait_returns_at_once) {
  typename TestFixture::group g;
  g.wait();
  EXPECT_TRUE(g.try_wait());
  EXPECT_TRUE(g.wait_for(0s));
  EXPECT_TRUE(g.wait_until(std::chrono::system_clock::time_point::min()));
  EXPECT_EQ(TestFixture::platform::sleeps, 0U);
}

TYPED_TEST(any_wait_group, counts) {
  typename TestFixture::group g(2);
  EXPECT_EQ(g.count(), 2U);
  g.add(3);
  g.done();
  g.done(2);
  EXPECT_EQ(g.count(), 2U);
  EXPECT_FALSE(g.try_wait());
  g.done(2);
  EXPECT_TRUE(g.try_wait());
  EXPECT_EQ(TestFixture::platform::wakes, 0U) << "nobody waited";
}

TYPED_TEST(any_wait_group, eight_waiters_are_woken_by_one_call) {
  typename TestFixture::group g(1);
  std::vector<std::thread> waiters;
  for (int i = 0; i != 8; ++i) waiters.emplace_back([&] { g.wait(); });
  TestFixture::platform::wait_for_sleepers(8);
  g.done();
  for (std::thread& t : waiters) t.join();
  EXPECT_EQ(TestFixture::platform::wakes, 1U);
  g.add();  // nobody is counted as waiting any more
  g.done();
  EXPECT_EQ(TestFixture::platform::wakes, 1U);
}

TYPED_TEST(any_wait_group, a_wait_has_seen_what_the_tasks_did) {
  typename TestFixture::group g;
  for (int round = 0; round != scaled(200); ++round) {
    int parts[4] = {};
    g.add(4);
    std::vector<std::thread> workers;
    for (int& part : parts)
      workers.emplace_back([&] {
        part = 1;
        g.done();
      });
    g.wait();
    EXPECT_EQ(parts[0] + parts[1] + parts[2] + parts[3], 4);
    for (std::thread& t : workers) t.join();
  }
}

TYPED_TEST(any_wait_group, a_time_out_and_a_stop_end_a_wait_and_only_that) {
  typename TestFixture::group g(1);
  const auto from = std::chrono::steady_clock::now();
  EXPECT_FALSE(g.wait_for(20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - from, 20ms);
  EXPECT_FALSE(g.wait_for(std::chrono::hours::min()));
  EXPECT_FALSE(g.wait_until(std::chrono::system_clock::now() + 1ms));
  std::stop_source stop;
  std::thread waiter([&] {
    EXPECT_FALSE(g.wait_or_stop(stop.get_token()));
    EXPECT_FALSE(g.wait_for(1h, stop.get_token()));
  });
  stop.request_stop();
  waiter.join();
  g.done();
  EXPECT_EQ(TestFixture::platform::wakes, 0U) << "nobody is left to wake";
  EXPECT_TRUE(g.wait_or_stop(stop.get_token())) << "none left is none left";
}

TYPED_TEST(any_wait_group, done_below_zero_is_refused_and_leaves_the_count) {
  typename TestFixture::group g(1);
  expect_refusal([&] { g.done(2); }, {"done(2)", "count of 1", "add()"});
  EXPECT_EQ(g.count(), 1U);
  g.done();
  expect_refusal([&] { g.done(); }, {"done(1)", "count of 0"});
  EXPECT_EQ(g.count(), 0U);
  g.wait();
}

TEST(wait_group, more_tasks_than_fit_are_refused) {
  wait_group g(5);
  expect_refusal([&] { g.add(2147483643); }, {"add(2147483643)", "count of 5", "2147483647"});
  expect_refusal([&] { g.add(4294967295); }, {"add(4294967295)"});
  EXPECT_EQ(g.count(), 5U);
  g.add(2147483642);
  EXPECT_EQ(g.count(), 2147483647U);
  g.done(2147483647);
  EXPECT_TRUE(g.try_wait());
}

// A platform on which a waiter stays inside wait, in the moment after its wake-up, for as long as a test likes.
struct lingering : observed_platform<std_platform> {
  static inline std::atomic<bool> linger{false};
  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline = no_deadline,
                          const stop_token& stop = {}) {
    const wait_result r = observed_platform<std_platform>::wait(word, expected, deadline, stop);
    while (linger.load()) std::this_thread::yield();
    return r;
  }
};

TYPED_TEST(any_wait_group, reuse_before_every_wait_has_returned_is_refused) {
  lingering::reset();
  lingering::linger = true;
  typename TypeParam::template on<lingering> g(1);
  std::thread waiter([&] { g.wait(); });
  lingering::wait_for_sleepers(1);
  g.done();
  expect_refusal([&] { g.add(); }, {"add(1)", "still returning", "before wait"});
  EXPECT_EQ(g.count(), 0U);
  lingering::linger = false;
  waiter.join();
  g.add();
  g.done();
}

// One worker: the task that waited is ready to go on, and has not, when the other one adds.
TEST(wait_group, a_task_that_returns_is_woken_once_though_an_add_is_refused_meanwhile) {
  int refused = 0;
  int returned = 0;
  scheduler({.workers = 1}).run([&] {
    wait_group g(1);
    go([&] {
      g.done();
      expect_refusal([&] { g.add(); }, {"add(1)", "still returning"});
      ++refused;
    });
    g.wait();
    ++returned;
    while (refused == 0) yield();
    EXPECT_EQ(g.count(), 0U);
  });
  EXPECT_EQ(returned, 1);
}

TYPED_TEST(any_wait_group, go_counts_the_task_until_it_has_returned) {
  typename TestFixture::group g;
  std::atomic<int> ran{0};
  for (int i = 0; i != 8; ++i) g.go([&] { ++ran; });
  g.wait();
  EXPECT_EQ(ran, 8);
}

TYPED_TEST(any_wait_group, go_starts_where_it_is_told) {
  typename TestFixture::group g;
  std::vector<std::function<void()>> later;
  int ran = 0;
  const auto start = [&](auto run) {
    later.emplace_back([r = std::make_shared<decltype(run)>(std::move(run))] { (*r)(); });
  };
  g.go(start, [&] { ++ran; });
  g.go(start, [&] { ++ran; });
  EXPECT_EQ(g.count(), 2U);
  later[0]();
  EXPECT_EQ(g.count(), 1U);
  later[1]();
  EXPECT_EQ(ran, 2);
  g.wait();
}

TYPED_TEST(any_wait_group, what_a_task_holds_is_gone_before_it_is_done) {
  typename TestFixture::group g;
  bool was_done = true;
  std::shared_ptr<int> held(new int(1), [&](const int* one) {
    was_done = g.try_wait();
    delete one;
  });
  g.go([](auto run) { run(); }, [const_copy = std::as_const(held), held = std::exchange(held, nullptr)] {});
  EXPECT_FALSE(was_done);
}
TYPED_TEST(any_wait_group, a_task_that_throws_is_done_and_one_that_does_not_start_never_was) {
  typename TestFixture::group g;
  EXPECT_THROW(g.go([](auto run) { run(); }, [] { throw std::runtime_error("task"); }), std::runtime_error);
  EXPECT_EQ(g.count(), 0U);
  EXPECT_THROW(g.go([](auto) { throw std::runtime_error("no thread"); }, [] {}), std::runtime_error);
  EXPECT_EQ(g.count(), 0U);
}

// Whoever waited frees it at once, while the last done is on its way out.
TYPED_TEST(any_wait_group, the_waiter_may_destroy_it) {
  for (int i = 0; i != scaled(400); ++i) {
    auto g = std::make_unique<typename TestFixture::group>(2);
    auto* const shared = g.get();
    std::thread a([shared] { shared->done(); });
    std::thread b([shared] { shared->done(); });
    if (i % 2 == 0)
      g->wait();
    else
      while (!g->wait_for(1us)) {
      }
    g.reset();
    a.join();
    b.join();
  }
}

}  // namespace
}  // namespace sluice::test::wait_group_test
