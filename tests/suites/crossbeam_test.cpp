// SPDX-License-Identifier: BSL-1.0
// What crossbeam-channel's suites check of bounded, unbounded and zero-capacity channels and of select, in our words and code. Its
// "disconnected" is our closed.
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::crossbeam_test {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto ignore = [](auto&&) {};

// Both families, by capacity.
class crossbeam_any : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(crossbeam_array, crossbeam_any, testing::Values(1U, 3U, 100U));
INSTANTIATE_TEST_SUITE_P(crossbeam_zero, crossbeam_any, testing::Values(0U));

TEST_P(crossbeam_any, a_pop_with_a_time_out_times_out_then_takes_then_is_closed) {
  const auto c = make_chan<int>(GetParam());
  const auto start = clock::now();
  EXPECT_EQ(c.pop_for(20ms).error(), wait_status::timed_out);
  EXPECT_GE(clock::now() - start, 20ms);
  std::thread pusher([&] { EXPECT_TRUE(c.push(7)); });
  EXPECT_EQ(c.pop_for(1h).value(), 7);
  pusher.join();
  c.close();
  EXPECT_EQ(c.pop_for(1h).error(), wait_status::closed);
}

TEST_P(crossbeam_any, a_push_with_a_time_out_times_out_then_goes_then_is_closed) {
  const auto c = make_chan<int>(GetParam());
  for (std::size_t i = 0; i != GetParam(); ++i) EXPECT_EQ(c.push_for(0, 1h), wait_status::success);
  const auto start = clock::now();
  EXPECT_EQ(c.push_for(1, 20ms), wait_status::timed_out);
  EXPECT_GE(clock::now() - start, 20ms);
  std::thread popper([&] { EXPECT_TRUE(c.pop().has_value()); });
  EXPECT_EQ(c.push_for(2, 1h), wait_status::success);
  popper.join();
  c.close();
  EXPECT_EQ(c.push_for(3, 1h), wait_status::closed);
}

TEST_P(crossbeam_any, what_was_pushed_before_the_close_is_still_popped) {
  const auto c = make_chan<int>(GetParam());
  for (std::size_t i = 0; i != GetParam(); ++i) EXPECT_TRUE(c.push(static_cast<int>(i)));
  c.close();
  EXPECT_FALSE(c.push(9));
  for (std::size_t i = 0; i != GetParam(); ++i) EXPECT_EQ(c.pop(), static_cast<int>(i));
  EXPECT_EQ(c.pop(), std::nullopt);
}

TEST_P(crossbeam_any, its_length_stays_within_the_capacity_while_both_sides_run) {
  const auto c = make_chan<int>(GetParam());
  const int count = scaled(5'000);
  std::thread popper([&] {
    for (int i = 0; i != count; ++i) {
      EXPECT_EQ(c.pop(), i);
      EXPECT_LE(c.size(), c.capacity());
    }
  });
  for (int i = 0; i != count; ++i) {
    c.push(i);
    EXPECT_LE(c.size(), c.capacity());
  }
  popper.join();
  EXPECT_EQ(c.size(), 0U);
}

// Its `linearizable`: whoever has pushed finds something to pop at once, for every other thread has too.
TEST(crossbeam_array_alone, who_has_pushed_finds_an_element_at_once) {
  const auto c = make_chan<int>(4);
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i != scaled(5'000); ++i) {
        c.push(0);
        ASSERT_TRUE(c.try_pop().has_value());
      }
    });
  for (std::thread& t : threads) t.join();
}

TEST(crossbeam_list, is_empty_and_never_full_and_knows_its_length) {
  const auto c = make_chan<int>(unbounded);
  EXPECT_EQ(c.capacity(), SIZE_MAX);
  for (int i = 0; i != 50; ++i) {
    EXPECT_EQ(c.size(), static_cast<std::size_t>(i));
    EXPECT_TRUE(c.push(i));
  }
  for (int i = 0; i != 50; ++i) {
    EXPECT_EQ(c.size(), static_cast<std::size_t>(50 - i));
    EXPECT_EQ(c.pop(), i);
  }
  EXPECT_EQ(c.size(), 0U);
}

TEST(crossbeam_list, a_try_finds_nothing_then_an_element_then_that_it_is_closed) {
  const auto c = make_chan<int>(unbounded);
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
  EXPECT_EQ(c.push_for(7, 0ms), wait_status::success);
  EXPECT_EQ(c.try_pop().value(), 7);
  c.close();
  EXPECT_EQ(c.try_pop().error(), conqueue_status::closed);
  EXPECT_EQ(c.push_for(8, 1h), wait_status::closed);
}

TEST(crossbeam_list, a_close_wakes_who_waits) {
  const auto c = make_chan<int>(unbounded);
  std::thread closer([&] { c.close(); });
  EXPECT_EQ(c.pop(), std::nullopt);
  closer.join();
}

TEST(crossbeam_list, elements_that_one_leaves_behind_another_gets) {
  const int n = scaled(25'000);
  const auto c = make_chan<int>(unbounded);
  std::thread popper([&] {
    for (int i = 0; i != n; ++i) EXPECT_EQ(c.pop(), i);
    EXPECT_EQ(c.pop(), std::nullopt);
  });
  for (int i = 0; i != n; ++i) EXPECT_TRUE(c.push(i));
  c.close();
  popper.join();
}

TEST(crossbeam_list, a_channel_for_one_element_is_made_and_dropped_by_two) {
  for (int i = 0; i != scaled(1'000); ++i) {
    auto c = make_chan<int>(unbounded);
    std::thread pusher([mine = c] { EXPECT_TRUE(mine.push(0)); });
    EXPECT_EQ(std::exchange(c, {}).pop(), 0);
    pusher.join();
  }
}

TEST(crossbeam_list, an_iteration_ends_where_nothing_more_is_there) {
  const auto request = make_chan<std::optional<int>>(unbounded);
  const auto response = make_chan<std::optional<int>>(unbounded);
  std::thread server([&] {
    int count = 0;
    for (auto& v : receiver<std::optional<int>>(request)) response.push(v ? std::optional(count += *v) : v);
    response.close();
  });
  for (int i = 0; i != 100; ++i) EXPECT_TRUE(request.push(1));
  request.close();
  int last = 0;
  for (auto& v : receiver<std::optional<int>>(response)) EXPECT_EQ(v, ++last);
  EXPECT_EQ(last, 100);
  server.join();
}

TEST(crossbeam_iter, a_nested_loop_takes_what_the_outer_one_leaves) {
  const auto c = make_chan<int>(10);
  for (int i = 0; i != 10; ++i) c.push(i);
  c.close();
  const receiver<int> rx = c;
  int seen = 0;
  for ([[maybe_unused]] const int a : rx) {
    ++seen;
    for ([[maybe_unused]] const int b : rx) ++seen;
  }
  EXPECT_EQ(seen, 10);
}

TEST(crossbeam_select, a_closed_channel_is_chosen_and_an_open_one_is_not) {
  const auto open = make_chan<int>();
  const auto closed = make_chan<int>();
  closed.close();
  EXPECT_EQ(select(on_pop(open, ignore), on_pop(closed, [](auto v) { EXPECT_FALSE(v); }), after(1h)), 1U);
  std::thread closer([&] { open.close(); });
  EXPECT_EQ(select(on_pop(open, ignore), after(1h)), 0U);
  closer.join();
}

TEST(crossbeam_select, a_time_out_ends_it_and_a_second_one_starts_afresh) {
  const auto c = make_chan<int>();
  const auto start = clock::now();
  EXPECT_EQ(select(on_pop(c, ignore), after(10ms)), 1U);
  EXPECT_EQ(select(on_push(c, 1), after(10ms)), 1U);
  EXPECT_GE(clock::now() - start, 20ms);
  std::thread pusher([&] { EXPECT_TRUE(c.push(3)); });
  EXPECT_EQ(select(on_pop(c, [](auto v) { EXPECT_EQ(v, 3); }), after(1h)), 0U);
  pusher.join();
}

TEST(crossbeam_select, both_of_two_ready_channels_are_drained) {
  const auto a = make_chan<int>(20);
  const auto b = make_chan<int>(20);
  for (int i = 0; i != 20; ++i) a.push(1), b.push(1);
  int sum = 0;
  const auto take = [&](std::optional<int> v) { sum += v.value(); };
  for (int i = 0; i != 40; ++i) EXPECT_LT(select(on_pop(a, take), on_pop(b, take), otherwise()), 2U);
  EXPECT_EQ(sum, 40);
  EXPECT_EQ(select(on_pop(a, take), on_pop(b, take), otherwise()), 2U);
}

TEST(crossbeam_select, polling_selects_of_both_sides_meet) {
  const auto a = make_chan<int>();
  const auto b = make_chan<int>();
  std::thread pusher([&] {
    while (select(on_push(a, 1), on_push(b, 2), otherwise()) == 2) std::this_thread::yield();
  });
  int got = 0;
  select(on_pop(a, [&](auto v) { got = *v; }), on_pop(b, [&](auto v) { got = *v; }));
  EXPECT_TRUE(got == 1 || got == 2);
  pusher.join();
}

TEST(crossbeam_select, handles_may_be_copied_and_dropped_while_it_waits) {
  for (int i = 0; i != scaled(500); ++i) {
    auto c = make_chan<int>(i % 2 == 0 ? 0U : 1U);
    std::thread other([copy = c] {
      const chan<int> second = copy;
      EXPECT_TRUE(second.push(1));
    });
    EXPECT_EQ(select(on_pop(c, ignore), on_pop(chan<int>{}, ignore)), 0U);
    other.join();
  }
}

// Its stress: every pair of cases, hundreds of times, between two selecting threads.
TEST(crossbeam_select, two_threads_that_select_over_several_channels_lose_nothing) {
  std::array<chan<int>, 3> c = {make_chan<int>(), make_chan<int>(1), make_chan<int>(3)};
  const int rounds = scaled(5'000);
  std::atomic<long> balance{0};
  std::thread pusher([&] {
    for (int i = 0; i != rounds; ++i) {
      select(on_push(c[0], 1), on_push(c[1], 1), on_push(c[2], 1));
      ++balance;
    }
  });
  for (int i = 0; i != rounds; ++i) {
    const auto take = [&](std::optional<int> v) { balance -= v.value(); };
    select(on_pop(c[0], take), on_pop(c[1], take), on_pop(c[2], take));
  }
  pusher.join();
  EXPECT_EQ(balance, 0);
}

// Its `linearizable_default`: who has pushed finds its element by a select with a default, whatever the others do.
TEST(crossbeam_select, otherwise_does_not_hide_what_was_pushed_before) {
  const auto a = make_chan<int>(2);
  const auto b = make_chan<int>(2);
  std::vector<std::thread> threads;
  for (int t = 0; t != 2; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i != scaled(5'000); ++i) {
        const auto& mine = (i + t) % 2 == 0 ? a : b;
        ASSERT_TRUE(mine.push(0));
        ASSERT_NE(select(on_pop(a, ignore), on_pop(b, ignore), otherwise()), 2U);
      }
    });
  for (std::thread& t : threads) t.join();
}

TEST(crossbeam_select, channels_with_elements_are_taken_alike) {
  std::array<chan<int>, 2> c = {make_chan<int>(1'000), make_chan<int>(1'000)};
  for (auto& one : c)
    for (int i = 0; i != 1'000; ++i) one.push(i);
  std::array<int, 2> hits{};
  for (int i = 0; i != 1'000; ++i) ++hits[select(on_pop(c[0], ignore), on_pop(c[1], ignore))];
  EXPECT_NEAR(hits[0], 500, 8 * std::sqrt(250.0));
}

}  // namespace
}  // namespace sluice::test::crossbeam_test
