// SPDX-License-Identifier: BSL-1.0
// The linearizability checker accepts what is linearizable, and agrees with brute force on everything small.
#include <kit/linearizability.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <thread>

#include <kit/team.hpp>

#include "../../support/property.hpp"
#include "../../support/random_history.hpp"
#include "../../support/sanitizers.hpp"
#include "../../support/written_history.hpp"

namespace sluice::test::linearizability_test {
namespace {

using namespace words;
using kit::check_linearizability;
using kit::linearizability_verdict;
using specs::fifo_rules;

testing::AssertionResult is_ok(const fifo_rules& rules, const fifo_history& h) {
  const auto result = check_linearizability(rules, h);
  if (result.verdict == linearizability_verdict::ok) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '\n' << result.explanation();
}

TEST(linearizability, the_empty_history_is_linearizable) { EXPECT_TRUE(is_ok(fifo_rules(1), {})); }

TEST(linearizability, a_sequential_history_is) {
  EXPECT_TRUE(is_ok(fifo_rules(2), written_history({{0, try_pop},     {0, empty},    {0, try_push(1)}, {0, success},
                                                    {0, try_push(2)}, {0, success},  {0, try_push(3)}, {0, full},
                                                    {0, close},       {0, success},  {0, try_push(4)}, {0, closed},
                                                    {0, try_pop},     {0, value(1)}, {0, is_closed},   {0, closed},
                                                    {0, try_pop},     {0, value(2)}, {0, try_pop},     {0, closed}})));
}

TEST(linearizability, overlapping_pushes_may_take_effect_in_either_order) {
  EXPECT_TRUE(is_ok(fifo_rules(2), written_history({{0, try_push(1)},
                                                    {1, try_push(2)},
                                                    {0, success},
                                                    {1, success},
                                                    {0, try_pop},
                                                    {0, value(2)},
                                                    {0, try_pop},
                                                    {0, value(1)}})));
}

TEST(linearizability, a_pop_that_overlaps_the_push_may_miss_it) {
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, try_push(1)}, {1, try_pop}, {1, empty}, {0, success}})));
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, try_push(1)}, {1, try_pop}, {0, success}, {1, empty}})));
}

TEST(linearizability, a_pop_may_return_before_the_push_that_it_saw) {
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, try_push(1)}, {1, try_pop}, {1, value(1)}, {0, success}})));
}

TEST(linearizability, a_pending_push_may_have_taken_effect) {
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, try_push(1)}, {1, try_pop}, {1, value(1)}})));
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, push(1)}, {1, try_push(2)}, {1, full}})));
}

TEST(linearizability, a_pending_push_may_have_taken_no_effect) {
  EXPECT_TRUE(is_ok(fifo_rules(1),
                    written_history({{1, try_push(2)}, {1, success}, {0, push(1)}, {1, try_push(3)}, {1, full}})));
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, push(1)}, {1, try_pop}, {1, empty}})));
}

TEST(linearizability, a_pending_pop_may_have_taken_the_element_or_not) {
  EXPECT_TRUE(
      is_ok(fifo_rules(1), written_history({{0, pop}, {1, try_push(1)}, {1, success}, {1, try_pop}, {1, empty}})));
  EXPECT_TRUE(
      is_ok(fifo_rules(1), written_history({{0, pop}, {1, try_push(1)}, {1, success}, {1, try_pop}, {1, value(1)}})));
}

TEST(linearizability, a_pending_close_may_be_seen) {
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, close}, {1, try_push(1)}, {1, closed}})));
}

TEST(linearizability, a_blocking_pop_may_take_what_is_pushed_after_its_call) {
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, pop}, {1, try_push(1)}, {1, success}, {0, value(1)}})));
}

TEST(linearizability, a_pop_may_time_out_or_be_stopped_before_the_push) {
  EXPECT_TRUE(is_ok(
      fifo_rules(1),
      written_history({{0, pop_timed}, {1, try_push(1)}, {1, success}, {0, timed_out}, {1, try_pop}, {1, value(1)}})));
  EXPECT_TRUE(is_ok(fifo_rules(1), written_history({{0, pop_stoppable}, {0, stopped}})));
}

// Of a register that counts up, and says 0 where somebody who adds is at it.
struct adds {
  int by = 0;
};
struct lenient_counter {
  struct state {
    int n = 0;
    bool operator==(const state&) const = default;
    std::size_t hash() const { return static_cast<std::size_t>(n); }
  };
  static state initial() { return {}; }
  static bool matters(const adds& c) { return c.by != 0; }
  static bool step(state& s, const adds& c, const int* answer, std::size_t overlapping) {
    s.n += c.by;
    return answer == nullptr || *answer == s.n || (overlapping != 0 && *answer == 0);
  }
};
TEST(linearizability, only_who_matters_counts_as_overlapping) {
  const auto verdict_of = [](int by) {
    const kit::history<adds, int> h{{.thread = 0, .call = {1}, .answer = 1, .called = 1, .returned = 2},
                                    {.thread = 0, .call = {0}, .answer = 0, .called = 3, .returned = 5},
                                    {.thread = 1, .call = {by}, .answer = 1 + by, .called = 4, .returned = 6}};
    return kit::check_linearizability(lenient_counter{}, h).verdict;
  };
  EXPECT_EQ(verdict_of(1), kit::linearizability_verdict::ok);
  EXPECT_EQ(verdict_of(0), kit::linearizability_verdict::illegal);
}
TEST(linearizability, busy_may_be_said_while_a_peer_is_inside) {
  EXPECT_TRUE(is_ok(fifo_rules(2), written_history({{0, try_push(1)},
                                                    {1, try_push(2)},
                                                    {1, success},
                                                    {1, try_pop},
                                                    {1, busy},
                                                    {0, success},
                                                    {1, try_pop},
                                                    {1, value(1)}})));
}

TEST(linearizability, a_conservative_ring_may_count_the_slots_of_peers_as_taken) {
  const fifo_history h = written_history({{0, try_push(1)},
                                          {0, success},
                                          {0, try_pop},
                                          {1, try_push(2)},
                                          {1, full},
                                          {0, value(1)},
                                          {1, try_pop},
                                          {1, empty}});
  EXPECT_TRUE(is_ok(fifo_rules(1, fifo_rules::full_means::conservative), h));
}

TEST(linearizability, the_answer_is_unknown_when_the_budget_runs_out) {
  const fifo_history h =
      written_history({{0, try_push(1)}, {1, try_push(2)}, {2, try_push(3)}, {0, success}, {1, success}, {2, success}});
  EXPECT_EQ(check_linearizability(fifo_rules(3), h, 2).verdict, linearizability_verdict::unknown);
  EXPECT_EQ(check_linearizability(fifo_rules(3), h).verdict, linearizability_verdict::ok);
}

TEST(linearizability, the_answer_is_unknown_when_too_many_operations_overlap) {
  fifo_history h;
  for (unsigned t = 0; t != 70; ++t) h.push_back({t, try_push(1), std::nullopt, 1});
  EXPECT_EQ(check_linearizability(fifo_rules(1), h).verdict, linearizability_verdict::unknown);
}

TEST(linearizability, long_histories_cost_steps_in_proportion) {
  fifo_history h;
  for (std::uint64_t i = 0; i != 10'000; ++i) {
    h.push_back({0, try_push(static_cast<int>(i)), success, 10 * i, 10 * i + 5});
    h.push_back({1, try_pop, value(static_cast<int>(i)), 10 * i + 3, 10 * i + 8});
  }
  const auto result = check_linearizability(fifo_rules(4), h);
  EXPECT_EQ(result.verdict, linearizability_verdict::ok);
  EXPECT_LT(result.steps, 100'000U);
}

TEST(linearizability, agrees_with_trying_every_order) {
  int illegal = 0;
  EXPECT_TRUE(holds(scaled(20'000), [&](const random_history& drawn) {
    const fifo_rules rules(drawn.capacity);
    const auto result = check_linearizability(rules, drawn.events);
    if (result.verdict == linearizability_verdict::illegal) ++illegal;
    RC_ASSERT((result.verdict == linearizability_verdict::ok) == some_order_explains(rules, drawn.events));
  }));
  EXPECT_GT(illegal, scaled(2'000)) << "the histories drawn say too little";
}

TEST(linearizability, gives_the_shortest_prefix_that_no_order_explains) {
  EXPECT_TRUE(holds(scaled(2'000), [](const random_history& drawn) {
    const fifo_rules rules(drawn.capacity);
    const auto result = check_linearizability(rules, drawn.events);
    RC_PRE(result.verdict == linearizability_verdict::illegal);
    const std::size_t length = kit::events_of(result.prefix).size();
    RC_ASSERT(!some_order_explains(rules, result.prefix));
    RC_ASSERT(some_order_explains(rules, kit::prefix_of(drawn.events, length - 1)));
  }));
}

TEST(history, prints_a_column_per_thread_and_a_line_per_event) {
  const fifo_history h = written_history({{0, try_push(7)}, {1, try_pop}, {0, success}, {1, value(7)}, {0, pop}});
  EXPECT_EQ(kit::columns_of(h),
            "      thread 0      thread 1\n"
            "1     try_push(7)\n"
            "2                   try_pop\n"
            "3     -> success\n"
            "4                   -> success 7\n"
            "5     pop\n");
}

TEST(history, a_prefix_makes_later_returns_pending) {
  const fifo_history h = written_history({{0, try_push(7)}, {1, try_pop}, {0, success}, {1, value(7)}});
  const fifo_history prefix = kit::prefix_of(h, 3);
  ASSERT_EQ(prefix.size(), 2U);
  EXPECT_TRUE(prefix[0].answer.has_value());
  EXPECT_FALSE(prefix[1].answer.has_value());
}

TEST(recorder, intervals_contain_what_happened_and_never_cross_on_one_thread) {
  fifo_recorder recorder(2, 100);
  kit::team threads(2);
  threads.begin([&](unsigned t) {
    for (int i = 0; i != 100; ++i) recorder.record(t, try_push(i), [] { return success; });
  });
  ASSERT_TRUE(threads.finish(std::chrono::seconds(60)));
  const fifo_history h = recorder.recorded();
  ASSERT_EQ(h.size(), 200U);
  for (std::size_t i = 1; i != h.size(); ++i)
    EXPECT_TRUE(h[i].thread != h[i - 1].thread || h[i - 1].returned < h[i].called);
}

TEST(recorder, an_operation_that_has_not_returned_or_that_threw_is_pending) {
  fifo_recorder recorder(1, 2);
  EXPECT_THROW(recorder.record(0, try_push(1), []() -> specs::fifo_answer { throw 1; }), int);
  recorder.record(0, try_push(2), [&] {
    EXPECT_EQ(recorder.recorded().size(), 2U);
    EXPECT_FALSE(recorder.recorded()[1].answer);
    return success;
  });
  EXPECT_FALSE(recorder.recorded()[0].answer);
  EXPECT_TRUE(recorder.recorded()[1].answer);
  EXPECT_THROW(recorder.record(0, try_pop, [] { return empty; }), std::length_error);
}

TEST(team, runs_a_program_once_per_member_and_hands_on_what_is_thrown) {
  kit::team threads(3);
  for (int round = 0; round != 100; ++round) {
    std::atomic<unsigned> sum{0};
    threads.begin([&](unsigned t) { sum += 1U << t; });
    ASSERT_TRUE(threads.finish(std::chrono::seconds(60)));
    EXPECT_EQ(sum, 7U);
  }
  threads.begin([](unsigned t) {
    if (t == 1) throw 42;
  });
  EXPECT_THROW(threads.finish(std::chrono::seconds(60)), int);
}

}  // namespace
}  // namespace sluice::test::linearizability_test
