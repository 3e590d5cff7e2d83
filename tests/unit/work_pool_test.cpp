// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/work_pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace sluice::test::work_pool_test {
namespace {

struct item {
  std_threads::var<item*> pool_next{nullptr};
};
// Time goes on by as much as is said each time that somebody looks.
struct with_slow_clock : std_threads {
  static inline time_point::duration step{};
  static time_point now() { return the_time += step; }

 private:
  static inline time_point the_time{};
};
using pool = detail::work_pool<item, with_slow_clock>;
using bench = detail::work_bench<item, std_threads>;

// A worker that always has something newer, and finds something in line.
class busy {
 public:
  explicit busy(pool& p) : pool_(p) {
    p.push(&in_line_);
    p.push(0, &newer_);
  }
  // How many times it comes before it takes `awaited`.
  int turns_until(const item& awaited) {
    for (int turn = 0; turn != 1000; ++turn) {
      item* const taken = pool_.next(0, [](bool) {});
      if (taken == &awaited) return turn;
      if (taken == &in_line_)
        pool_.push(taken);
      else
        pool_.push(0, taken);
    }
    return 1000;
  }

 private:
  pool& pool_;
  item in_line_, newer_;
};

TEST(work_pool, what_a_worker_was_given_first_is_done_though_newer_things_and_the_line_never_end) {
  pool p(1);
  item eldest, second;
  with_slow_clock::step = std::chrono::microseconds(detail::between_eldest) / 2;
  p.push(0, &eldest);
  p.push(0, &second);
  busy worker(p);
  EXPECT_LT(worker.turns_until(eldest), 200);
  EXPECT_LT(worker.turns_until(second), 400);
}

TEST(work_pool, what_a_worker_was_given_first_is_left_for_a_millisecond_while_there_are_newer_things) {
  pool p(1);
  item eldest, second;
  with_slow_clock::step = {};
  p.push(0, &eldest);
  p.push(0, &second);
  busy worker(p);
  EXPECT_LT(worker.turns_until(eldest), 200);
  EXPECT_EQ(worker.turns_until(second), 1000);
}

TEST(work_pool, what_is_in_line_is_done_though_newer_things_never_end) {
  pool p(1);
  item in_line;
  p.push(&in_line);
  EXPECT_LT(busy(p).turns_until(in_line), 200);
}

// Worker 1 has `count` items, and worker 0 takes one of them; how many are left to worker 1. What worker 0 does next comes first.
std::size_t left_by_a_thief(std::size_t count, std::size_t does_then) {
  pool p(2, 256, {.looks = 2, .pauses = 0, .watches = 0});
  std::vector<item> items(count);
  for (item& i : items) p.push(1, &i);
  for (std::size_t n = 0; n <= does_then; ++n) EXPECT_EQ(p.next(0, [](bool) {}), &items[n]) << "in their order";
  std::size_t left = 0;
  while (p.at_hand(1) != nullptr) ++left;
  return left;
}

TEST(work_pool, a_thief_takes_one_where_few_lie) { EXPECT_EQ(left_by_a_thief(16, 0), 15U); }

TEST(work_pool, a_thief_takes_some_more_along_where_many_lie) {
  EXPECT_EQ(left_by_a_thief(17, 1), 15U);
  EXPECT_EQ(left_by_a_thief(60, 3), 56U);
  EXPECT_EQ(left_by_a_thief(200, 3), 196U) << "but not most of them";
}

TEST(work_bench, what_was_to_be_next_makes_room_for_what_comes_later) {
  bench b(4);
  item first, second;
  EXPECT_EQ(b.put_next(&first), nullptr);
  EXPECT_EQ(b.put_next(&second), &first);
  EXPECT_EQ(b.take(), &second);
  EXPECT_TRUE(b.empty());
}

TEST(work_bench, thieves_leave_alone_what_was_not_there_at_their_last_look) {
  bench b(4);
  bench::glimpse seen;
  item first, second;
  b.put(&first);
  EXPECT_EQ(b.steal_what_lies(seen), nullptr);
  EXPECT_EQ(b.take(), &first);
  b.put(&second);
  EXPECT_EQ(b.steal_what_lies(seen), nullptr) << "it is another one";
  EXPECT_EQ(b.steal_what_lies(seen), &second);
}

TEST(work_bench, thieves_leave_alone_what_is_next_while_its_worker_gets_on) {
  bench b(4);
  bench::glimpse seen;
  item next;
  b.put_next(&next);
  for (int turn = 0; turn != 10; ++turn) {
    EXPECT_EQ(b.steal_what_lies(seen), nullptr);
    b.begin_turn();
  }
  EXPECT_EQ(b.steal_what_lies(seen), nullptr);
  EXPECT_EQ(b.steal_what_lies(seen), &next);
}

}  // namespace
}  // namespace sluice::test::work_pool_test
