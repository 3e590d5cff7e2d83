// SPDX-License-Identifier: BSL-1.0
// Tasks and threads that push and pop in any mixture, on a scheduler of any size: nothing is lost or duplicated, and all end.
#include <sluice/task.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <sluice/bounded_queue.hpp>
#include <sluice/chan.hpp>
#include <sluice/mutex.hpp>
#include <sluice/wait_group.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::task_property_test {
namespace {

struct network {
  int workers;
  std::size_t capacity;
  int pushing_tasks, popping_tasks, pushing_threads, popping_threads;
  int items;
};

rc::Gen<network> networks() {
  return rc::gen::exec([] {
    const auto some = [] { return *rc::gen::inRange(0, 4); };
    network n{*rc::gen::inRange(1, 5), *rc::gen::inRange<std::size_t>(0, 3), some(), some(), some(), some(), 0};
    if (n.pushing_tasks + n.pushing_threads == 0) n.pushing_tasks = 1;
    if (n.popping_tasks + n.popping_threads == 0) n.popping_tasks = 1;
    n.items = *rc::gen::inRange(1, 200);
    return n;
  });
}

// Each pusher pushes 1 .. items, with a turn for others or a sleep now and then; what is popped is added up.
template <class Channel>
std::int64_t sum_through(const network& n, Channel& c) {
  std::atomic<std::int64_t> sum{0};
  wait_group pushing(static_cast<std::uint32_t>(n.pushing_tasks + n.pushing_threads));
  wait_group popping(static_cast<std::uint32_t>(n.popping_tasks + n.popping_threads));
  const auto push = [&] {
    for (int i = 1; i <= n.items; ++i) {
      c.push(i);
      if (i % 16 == 0) yield();
      if (i % 64 == 0) sleep_for(std::chrono::microseconds(1));
    }
    pushing.done();
  };
  const auto pop = [&] {
    std::int64_t mine = 0;
    while (const auto v = c.pop()) mine += *v;
    sum += mine;
    popping.done();
  };
  scheduler s({.workers = n.workers});
  std::vector<std::jthread> threads;
  for (int i = 0; i != n.pushing_tasks; ++i) s.go(push);
  for (int i = 0; i != n.popping_tasks; ++i) s.go(pop);
  for (int i = 0; i != n.pushing_threads; ++i) threads.emplace_back(push);
  for (int i = 0; i != n.popping_threads; ++i) threads.emplace_back(pop);
  pushing.wait();
  c.close();
  popping.wait();
  s.join();
  return sum.load();
}

void all_arrives(const network& n, std::int64_t sum) {
  const std::int64_t pushers = n.pushing_tasks + n.pushing_threads;
  RC_ASSERT(sum == pushers * n.items * (n.items + 1) / 2);
}

TEST(task_property, tasks_and_threads_lose_nothing_on_a_channel) {
  EXPECT_TRUE(holds(scaled(100), [] {
    const network n = *networks();
    auto c = make_chan<int>(n.capacity);
    all_arrives(n, sum_through(n, c));
  }));
}

TEST(task_property, tasks_and_threads_lose_nothing_in_a_queue) {
  EXPECT_TRUE(holds(scaled(100), [] {
    const network n = *networks();
    bounded_queue<int> q(n.capacity + 1);
    all_arrives(n, sum_through(n, q));
  }));
}

// A tree of tasks, each of which starts two and waits for them: stealing, parking and stacks that are used again.
int leaves_below(int depth) {
  if (depth == 0) return 1;
  int left = 0;
  wait_group both(1);
  go([&] {
    left = leaves_below(depth - 1);
    both.done();
  });
  const int right = leaves_below(depth - 1);
  both.wait();
  return left + right;
}
TEST(task_property, a_tree_of_tasks_is_whole_with_any_number_of_workers) {
  for (const int workers : {1, 2, 3, 8}) {
    scheduler s({.workers = workers});
    const int depth = scaled(100) < 20 ? 7 : 11;
    EXPECT_EQ(s.run([&] { return leaves_below(depth); }), 1 << depth);
    s.join();
  }
}

// Who wakes, the clock and who stops reach for the same sleeper.
TEST(task_property, a_wait_that_may_end_in_three_ways_ends_once) {
  scheduler s({.workers = 3});
  std::atomic<int> ended{0};
  const int rounds = scaled(2'000);
  s.run([&] {
    for (int i = 0; i != rounds; ++i) {
      std::stop_source stop;
      auto c = make_chan<int>(0);
      wait_group all(3);
      go([&, c]() mutable {
        const auto got = c.pop_for(std::chrono::microseconds(i % 30), stop.get_token());
        if (got || got.error() != wait_status::success) ++ended;
        all.done();
      });
      go([&, c]() mutable {
        static_cast<void>(c.try_push(1));
        all.done();
      });
      go([&] {
        if (i % 3 == 0) stop.request_stop();
        all.done();
      });
      all.wait();
    }
  });
  EXPECT_EQ(ended.load(), rounds);
}

}  // namespace
}  // namespace sluice::test::task_property_test
