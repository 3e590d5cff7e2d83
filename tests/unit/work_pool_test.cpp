// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/work_pool.hpp>

#include <gtest/gtest.h>

namespace sluice::test::work_pool_test {
namespace {

struct item {
  std_threads::var<item*> pool_next{nullptr};
};
using pool = detail::work_pool<item, std_threads>;
using bench = detail::work_bench<item, std_threads>;

// How many times a worker that always has something newer, and finds something in line, comes before it takes `awaited`.
int turns_until(pool& p, const item& awaited) {
  item in_line, newer;
  p.push(&in_line);
  p.push(0, &newer);
  for (int turn = 0; turn != 1000; ++turn) {
    item* const taken = p.next(0, [](bool) {});
    if (taken == &awaited) return turn;
    if (taken == &newer)
      p.push(0, taken);
    else
      p.push(taken);
  }
  return 1000;
}

TEST(work_pool, what_a_worker_was_given_first_is_done_though_newer_things_and_the_line_never_end) {
  pool p(1);
  item eldest;
  p.push(0, &eldest);
  EXPECT_LT(turns_until(p, eldest), 200);
}

TEST(work_pool, what_is_in_line_is_done_though_newer_things_never_end) {
  pool p(1);
  item in_line;
  p.push(&in_line);
  EXPECT_LT(turns_until(p, in_line), 200);
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
