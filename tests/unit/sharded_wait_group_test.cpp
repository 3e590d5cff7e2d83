// SPDX-License-Identifier: BSL-1.0
// What sharded_wait_group adds to wait_group; wait_group_test.cpp has what they have in common.
#include <sluice/sharded_wait_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <sluice/task.hpp>

#include "../support/sanitizers.hpp"

namespace sluice::test::sharded_wait_group_test {
namespace {

// `job(who)` in so many threads.
template <class Job>
void in_threads(unsigned n, Job job) {
  std::vector<std::thread> crew;
  for (unsigned who = 0; who != n; ++who) crew.emplace_back(job, who);
  for (std::thread& t : crew) t.join();
}

TEST(sharded_wait_group, what_one_thread_adds_others_finish) {
  constexpr unsigned threads = 4;
  const auto each = static_cast<std::uint32_t>(scaled(5'000));
  sharded_wait_group g(threads * each);
  in_threads(threads, [&](unsigned) {
    for (std::uint32_t i = 0; i != each; ++i) {
      EXPECT_FALSE(g.try_wait());
      g.done();
    }
  });
  EXPECT_TRUE(g.try_wait());
  EXPECT_EQ(g.count(), 0U);
}

TEST(sharded_wait_group, more_threads_than_shards_share_them) {
  basic_sharded_wait_group<std_platform, 2> g(1);
  in_threads(5, [&](unsigned who) {
    for (int i = 0; i != scaled(2'000); ++i) {
      g.add(1 + who);
      for (unsigned n = 0; n != who; ++n) g.done();
      g.done();
    }
  });
  EXPECT_FALSE(g.try_wait());
  EXPECT_EQ(g.count(), 1U);
  g.done();
  EXPECT_TRUE(g.try_wait());
}

TEST(sharded_wait_group, a_wait_beside_tasks_that_add_tasks_sees_all_of_their_work) {
  for (int round = 0; round != scaled(200); ++round) {
    sharded_wait_group g(3);
    std::uint32_t work[3][2] = {};
    std::vector<std::thread> crew;
    for (auto& mine : work)
      crew.emplace_back([&] {
        for (std::uint32_t& part : mine) {
          g.add();
          part = 1;
          g.done();
        }
        g.done();
      });
    g.wait();
    for (const auto& [first, second] : work) EXPECT_EQ(first + second, 2U);
    for (std::thread& t : crew) t.join();
  }
}

TEST(sharded_wait_group, waits_for_tasks_which_run_on_any_worker) {
  default_scheduler().run([] {
    sharded_wait_group g;
    std::atomic<int> ran{0};
    for (int i = 0; i != 100; ++i) g.go([&] { ++ran; });
    g.wait();
    EXPECT_EQ(ran, 100);
  });
}

TEST(sharded_wait_group, no_number_of_tasks_is_too_large) {
  sharded_wait_group g;
  for (int i = 0; i != 4; ++i) g.add(4294967295);
  EXPECT_EQ(g.count(), 4 * 4294967295ULL);
  for (int i = 0; i != 4; ++i) g.done(4294967295);
  EXPECT_TRUE(g.try_wait());
}

TEST(sharded_wait_group, nothing_is_added_and_nothing_is_done) {
  sharded_wait_group g(0);
  g.add(0);
  EXPECT_TRUE(g.try_wait());
  g.done(0);
  EXPECT_TRUE(g.try_wait());
}

TEST(sharded_wait_group, a_done_of_too_many_is_refused_wherever_the_tasks_are) {
  detail::sharded_count<std_platform, 3> count;
  count.add(0, 5);
  count.add(1, 2);
  EXPECT_THROW(count.done(2, 8), std::logic_error);
  EXPECT_EQ(count.sum(), 7U);
  count.done(2, 7);
  EXPECT_TRUE(count.held().try_wait());
}

TEST(sharded_wait_group, threads_have_numbers_of_their_own) {
  const std::uint32_t mine = detail::thread_number::get();
  EXPECT_EQ(detail::thread_number::get(), mine);
  std::uint32_t others[3] = {};
  in_threads(3, [&](unsigned who) { others[who] = detail::thread_number::get(); });
  EXPECT_EQ((std::set<std::uint32_t>{mine, others[0], others[1], others[2]}.size()), 4U);
}

}  // namespace
}  // namespace sluice::test::sharded_wait_group_test
