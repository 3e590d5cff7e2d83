// SPDX-License-Identifier: BSL-1.0
// The linearizability checker finds what is not linearizable: in histories written by hand, and in queues that are wrong.
#include <kit/linearizability.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "../../support/broken_rings.hpp"
#include "../../support/fifo_subject.hpp"
#include "../../support/gated.hpp"
#include "../../support/written_history.hpp"

namespace sluice::test::not_linearizable_test {
namespace {

using namespace words;
using specs::fifo_rules;
constexpr auto conservative = fifo_rules::full_means::conservative;

// Illegal, and no event before the last one shows it.
testing::AssertionResult is_illegal(const fifo_rules& rules, const fifo_history& h) {
  const auto result = kit::check_linearizability(rules, h);
  if (result.verdict != kit::linearizability_verdict::illegal)
    return testing::AssertionFailure() << "not found to be illegal:\n" << kit::columns_of(h) << result.explanation();
  if (kit::events_of(result.prefix).size() != kit::events_of(h).size())
    return testing::AssertionFailure() << "illegal before the end:\n" << result.explanation();
  return testing::AssertionSuccess();
}

TEST(not_linearizable, empty_after_a_completed_push) {
  EXPECT_TRUE(is_illegal(fifo_rules(1), written_history({{0, try_push(1)}, {0, success}, {1, try_pop}, {1, empty}})));
}

TEST(not_linearizable, empty_while_a_completed_push_waits_behind_a_stalled_one) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(2), written_history({{0, try_push(1)}, {1, try_push(2)}, {1, success}, {1, try_pop}, {1, empty}})));
}

TEST(not_linearizable, an_element_popped_twice) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(2),
      written_history({{0, try_push(1)}, {0, success}, {0, try_pop}, {1, try_pop}, {0, value(1)}, {1, value(1)}})));
}

TEST(not_linearizable, an_element_that_nobody_pushed) {
  EXPECT_TRUE(
      is_illegal(fifo_rules(2), written_history({{0, try_push(1)}, {0, success}, {1, try_pop}, {1, value(2)}})));
}

TEST(not_linearizable, a_lost_element) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(2),
      written_history({{0, try_push(1)}, {0, success}, {0, try_push(2)}, {0, success}, {1, try_pop}, {1, value(2)}})));
}

TEST(not_linearizable, elements_of_one_producer_out_of_order) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(2),
      written_history({{0, try_push(1)}, {1, try_pop}, {0, success}, {0, try_push(2)}, {0, success}, {1, value(2)}})));
}

TEST(not_linearizable, two_consumers_that_disagree_on_the_order) {
  EXPECT_TRUE(is_illegal(fifo_rules(2), written_history({{0, try_push(1)},
                                                         {1, try_push(2)},
                                                         {0, success},
                                                         {1, success},
                                                         {0, try_pop},
                                                         {0, value(2)},
                                                         {1, try_pop},
                                                         {1, value(2)}})));
}

TEST(not_linearizable, closed_before_drained) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(1),
      written_history({{0, try_push(1)}, {0, success}, {0, close}, {0, success}, {1, try_pop}, {1, closed}})));
}

TEST(not_linearizable, closed_though_nobody_closed) {
  EXPECT_TRUE(is_illegal(fifo_rules(1), written_history({{0, try_push(1)}, {0, closed}})));
  EXPECT_TRUE(is_illegal(fifo_rules(1), written_history({{0, is_closed}, {0, closed}})));
}

TEST(not_linearizable, a_push_that_succeeds_after_close) {
  EXPECT_TRUE(is_illegal(fifo_rules(1), written_history({{0, close}, {0, success}, {1, try_push(1)}, {1, success}})));
}

TEST(not_linearizable, open_again_after_closed) {
  EXPECT_TRUE(is_illegal(fifo_rules(1),
                         written_history({{0, close}, {1, is_closed}, {1, closed}, {1, is_closed}, {1, success}})));
}

TEST(not_linearizable, full_while_there_is_room) {
  EXPECT_TRUE(
      is_illegal(fifo_rules(2), written_history({{0, try_push(1)}, {0, success}, {0, try_push(2)}, {0, full}})));
}

TEST(not_linearizable, full_in_a_conservative_ring_that_is_used_by_one_thread) {
  EXPECT_TRUE(is_illegal(fifo_rules(2, conservative),
                         written_history({{0, try_push(1)}, {0, success}, {0, try_push(2)}, {0, full}})));
}

TEST(not_linearizable, full_in_a_conservative_ring_with_fewer_peers_than_free_slots) {
  EXPECT_TRUE(is_illegal(fifo_rules(3, conservative), written_history({{0, try_pop}, {1, try_push(1)}, {1, full}})));
}

TEST(not_linearizable, more_elements_than_the_capacity) {
  EXPECT_TRUE(
      is_illegal(fifo_rules(1), written_history({{0, try_push(1)}, {0, success}, {0, try_push(2)}, {0, success}})));
}

TEST(not_linearizable, busy_where_no_peer_is_inside) {
  EXPECT_TRUE(is_illegal(fifo_rules(1), written_history({{0, try_pop}, {0, busy}})));
}

TEST(not_linearizable, busy_that_took_effect) {
  EXPECT_TRUE(is_illegal(fifo_rules(1),
                         written_history({{1, is_closed}, {0, try_push(1)}, {0, busy}, {0, try_pop}, {0, value(1)}})));
}

TEST(not_linearizable, a_time_out_that_took_effect) {
  EXPECT_TRUE(
      is_illegal(fifo_rules(2),
                 written_history(
                     {{0, push_timed(1)}, {1, is_closed}, {1, success}, {0, timed_out}, {1, try_pop}, {1, value(1)}})));
}

TEST(not_linearizable, a_time_out_or_a_stop_beside_an_element) {
  EXPECT_TRUE(
      is_illegal(fifo_rules(1), written_history({{0, try_push(1)}, {0, success}, {0, pop_timed}, {0, timed_out}})));
  EXPECT_TRUE(
      is_illegal(fifo_rules(1), written_history({{0, try_push(1)}, {0, success}, {0, pop_stoppable}, {0, stopped}})));
}

TEST(not_linearizable, a_pending_push_seen_and_then_not_seen) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(2),
      written_history(
          {{0, push(1)}, {1, try_push(2)}, {1, success}, {1, try_pop}, {1, value(1)}, {1, try_pop}, {1, empty}})));
}

TEST(not_linearizable, a_pending_push_popped_twice) {
  EXPECT_TRUE(is_illegal(fifo_rules(2),
                         written_history({{0, push(1)}, {1, try_pop}, {1, value(1)}, {1, try_pop}, {1, value(1)}})));
}

TEST(not_linearizable, one_pending_pop_that_took_two_elements) {
  EXPECT_TRUE(is_illegal(
      fifo_rules(2),
      written_history(
          {{0, pop}, {1, try_push(1)}, {1, success}, {1, try_push(2)}, {1, success}, {1, try_pop}, {1, empty}})));
}

TEST(not_linearizable, the_shortest_failing_prefix_is_given_and_explained) {
  const fifo_history h = written_history({{0, try_push(1)},
                                          {0, success},
                                          {1, try_pop},
                                          {1, empty},
                                          {0, try_pop},
                                          {0, value(1)},
                                          {1, try_pop},
                                          {1, empty}});
  const auto result = kit::check_linearizability(fifo_rules(1), h);
  EXPECT_EQ(result.verdict, kit::linearizability_verdict::illegal);
  EXPECT_EQ(result.explanation(),
            "      thread 0     thread 1\n"
            "1     try_push(1)\n"
            "2     -> success\n"
            "3                  try_pop\n"
            "4                  -> empty\n"
            "not linearizable: no order of these operations explains the last answer\n");
}

// One thread is stopped inside an operation while another goes on.
TEST(broken_ring, naive_vyukov_says_empty_while_a_completed_push_waits_behind_a_stalled_one) {
  naive_vyukov_ring<gated> ring(2);
  fifo_recorder recorder(2, 3);
  gate g;
  std::jthread stalled(
      [&] { recorder.record(0, try_push(1), [&] { return specs::fifo_answer{outcome_of(ring.try_emplace(1, g))}; }); });
  g.wait_until_inside();
  recorder.record(1, try_push(2), [&] { return specs::fifo_answer{outcome_of(ring.try_emplace(2))}; });
  recorder.record(1, try_pop, [&] { return ring.try_pop() ? value(2) : empty; });
  g.open();
  stalled.join();
  const auto result = kit::check_linearizability(fifo_rules(2), recorder.recorded());
  EXPECT_EQ(result.verdict, kit::linearizability_verdict::illegal) << result.explanation();
}

TEST(broken_ring, a_pop_that_moves_before_it_claims_delivers_twice) {
  duplicating_ring<gated> ring(1);
  fifo_recorder recorder(2, 2);
  gate g;
  const auto pop_value = [&] {
    const auto e = ring.try_pop();
    return e.has_value() ? value((*e).value) : empty;
  };
  recorder.record(0, try_push(1), [&] { return ring.try_push(gated(1, g, 2)), success; });
  std::jthread stalled([&] { recorder.record(1, try_pop, pop_value); });
  g.wait_until_inside();
  recorder.record(0, try_pop, pop_value);
  g.open();
  stalled.join();
  const auto result = kit::check_linearizability(fifo_rules(1), recorder.recorded());
  EXPECT_EQ(result.verdict, kit::linearizability_verdict::illegal) << result.explanation();
}

// Thread 0 is preempted between its ticket and its slot; so is thread 2, whose ticket is for that slot's next lap.
TEST(broken_ring, tickets_without_laps_let_a_consumer_take_what_an_older_ticket_is_for) {
  ticket_ring ring(2);
  fifo_recorder recorder(3, 3);
  const auto pop_all_of_it = [&] { return value(ring.take(ring.pop_ticket())); };
  for (const int v : {1, 2}) recorder.record(2, push(v), [&] { return ring.put(ring.push_ticket(), v), success; });
  recorder.record(0, pop, [&] {
    const std::uint64_t mine = ring.pop_ticket();
    recorder.record(1, pop, pop_all_of_it);
    recorder.record(2, push(3), [&] {
      const std::uint64_t next_lap = ring.push_ticket();
      recorder.record(1, pop, pop_all_of_it);
      return ring.put(next_lap, 3), success;
    });
    return value(ring.take(mine));
  });
  const fifo_history h = recorder.recorded();
  const auto result = kit::check_linearizability(fifo_rules(2), h);
  EXPECT_EQ(result.verdict, kit::linearizability_verdict::illegal) << kit::columns_of(h);
  EXPECT_EQ(result.prefix.back().answer, value(1)) << result.explanation();
}

template <fault Fault>
kit::linearizability_verdict verdict_on_faulty() {
  faulty_queue<Fault> queue(2);
  fifo_subject subject(queue);
  fifo_recorder recorder(1, 20);
  for (const specs::fifo_call& c : {try_push(1), try_push(2), try_push(3), try_pop, try_push(4), close, is_closed,
                                    try_push(5), try_pop, try_pop, try_pop})
    recorder.record(0, c, [&] { return subject(c); });
  return kit::check_linearizability(fifo_rules(2), recorder.recorded()).verdict;
}

TEST(broken_queue, each_fault_is_found_and_no_fault_is_not) {
  EXPECT_EQ(verdict_on_faulty<fault::none>(), kit::linearizability_verdict::ok);
  EXPECT_EQ(verdict_on_faulty<fault::overwrites_when_full>(), kit::linearizability_verdict::illegal);
  EXPECT_EQ(verdict_on_faulty<fault::last_in_first_out>(), kit::linearizability_verdict::illegal);
  EXPECT_EQ(verdict_on_faulty<fault::close_drops>(), kit::linearizability_verdict::illegal);
  EXPECT_EQ(verdict_on_faulty<fault::full_one_too_early>(), kit::linearizability_verdict::illegal);
  EXPECT_EQ(verdict_on_faulty<fault::drops_one_push>(), kit::linearizability_verdict::illegal);
}

}  // namespace
}  // namespace sluice::test::not_linearizable_test
