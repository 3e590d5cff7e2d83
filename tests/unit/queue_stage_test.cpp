// SPDX-License-Identifier: BSL-1.0
#include <sluice/queue_stage.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/patterns.hpp>

#include "../support/manual_clock.hpp"
#include "../support/pattern_programs.hpp"

namespace sluice::test::queue_stage_test {
namespace {

using namespace pattern_programs;
using gauge_type = queue_gauge<manual_clock>;

TEST(queue_gauge, gives_the_figures_of_what_came_and_went) {
  const manual_clock clock;
  const gauge_type gauge(clock);
  const auto one = gauge.enter();
  clock.advance(2s);  // one is inside
  const auto two = gauge.enter();
  clock.advance(3s);  // two
  gauge.leave(one);
  clock.advance(5s);  // one
  auto f = gauge.figures();
  EXPECT_EQ(f.arrived, 2U);
  EXPECT_EQ(f.inside(), 1U);
  EXPECT_DOUBLE_EQ(f.arrivals_per_second(), 0.2);
  EXPECT_DOUBLE_EQ(f.mean_number(), 1.3);
  EXPECT_DOUBLE_EQ(f.mean_time().count(), 5);
  gauge.leave(two);
  f = gauge.figures();
  EXPECT_EQ(f.inside(), 0U);
  EXPECT_DOUBLE_EQ(f.mean_time().count(), 6.5);
  EXPECT_DOUBLE_EQ(f.mean_number(), f.arrivals_per_second() * f.mean_time().count());
}

TEST(queue_gauge, has_zeros_where_there_is_nothing_to_divide_by) {
  const auto f = gauge_type().figures();
  EXPECT_EQ(f.arrivals_per_second(), 0);
  EXPECT_EQ(f.mean_number(), 0);
  EXPECT_EQ(f.mean_time().count(), 0);
}

TEST(queue, takes_as_many_as_it_has_places_before_anybody_wants_them) {
  with_workers([] {
    const auto in = make_chan<int>();
    const auto done = make_chan<void>();
    const queue_gauge<> gauge;
    const auto out = p::queue(done, in, 3, gauge);
    for (const int n : up_to(3)) in.push(n);  // a rendezvous: it has them
    for (int i = 0; i != 10; ++i) yield();
    EXPECT_FALSE(in.try_push(4) == conqueue_status::success);
    EXPECT_EQ(out.pop(), 1);
    in.push(4);
    in.close();
    EXPECT_EQ(all_of(out), (ints{2, 3, 4}));
    EXPECT_EQ(gauge.figures().left, 4U);
  });
}

TEST(queue, says_of_what_was_inside_at_the_end_that_it_never_left) {
  with_workers([] {
    const auto in = make_chan<int>();
    const auto done = make_chan<void>();
    const queue_gauge<> gauge;
    const auto out = p::queue(done, in, 5, gauge);
    for (const int n : up_to(4)) in.push(n);
    EXPECT_EQ(out.pop(), 1);
    done.close();
    // The queue may have looked at `done` a moment before: then it gives the next one still, and no other.
    const ints late = all_of(out);
    EXPECT_TRUE(late.empty() || late == ints{2});
    EXPECT_EQ(gauge.figures().arrived, 4U);
    EXPECT_EQ(gauge.figures().inside(), 3U - late.size());
  });
}

TEST(queue, needs_a_place) { EXPECT_THROW(p::queue({}, receiver<int>(), 0), std::invalid_argument); }

}  // namespace
}  // namespace sluice::test::queue_stage_test
