// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/work_pool.hpp>

#include <gtest/gtest.h>

namespace sluice::test::work_pool_test {
namespace {

struct item {
  std_threads::var<item*> pool_next{nullptr};
};
using pool = detail::work_pool<item, std_threads>;

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

}  // namespace
}  // namespace sluice::test::work_pool_test
