// SPDX-License-Identifier: BSL-1.0
// What Go's runtime/chan_test.go checks, in our words and code.
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::go_runtime_test {
namespace {

using namespace std::chrono_literals;

constexpr auto ignore = [](auto&&) {};
using observed = observed_platform<std_platform>;

// TestChan, for every capacity: what waits, what does not, what a close does to each.
class go_chan : public testing::TestWithParam<std::size_t> {
 public:
  using channel = chan<int, observed>;
  channel make() const { return make_chan<int, observed>(GetParam()); }
  channel make_full() const {
    const channel c = make();
    for (std::size_t i = 0; i != GetParam(); ++i) EXPECT_TRUE(c.push(static_cast<int>(i)));
    return c;
  }
  go_chan() { observed::reset(); }
};
INSTANTIATE_TEST_SUITE_P(capacities, go_chan, testing::Values(0U, 1U, 2U, 3U, 10U, 200U));

TEST_P(go_chan, a_pop_of_an_empty_one_waits) {
  const auto c = make();
  std::atomic<bool> popped{false};
  std::thread plain([&] {
    c.pop();
    popped = true;
  });
  std::thread selecting([&] {
    select(on_pop(c, ignore));
    popped = true;
  });
  observed::wait_for_sleepers(2);
  EXPECT_FALSE(popped);
  EXPECT_EQ(select(on_pop(c, ignore), otherwise()), 1U);
  EXPECT_TRUE(c.push(0) && c.push(0));
  plain.join(), selecting.join();
}

TEST_P(go_chan, a_push_to_a_full_one_waits) {
  const auto c = make_full();
  std::atomic<bool> pushed{false};
  std::thread plain([&] {
    c.push(-1);
    pushed = true;
  });
  std::thread selecting([&] {
    select(on_push(c, -1));
    pushed = true;
  });
  observed::wait_for_sleepers(2);
  EXPECT_FALSE(pushed);
  EXPECT_EQ(select(on_push(c, -1), otherwise()), 1U);
  for (std::size_t i = 0; i != GetParam(); ++i) EXPECT_EQ(c.pop(), static_cast<int>(i));
  EXPECT_EQ(c.pop(), -1);
  EXPECT_EQ(c.pop(), -1);
  plain.join(), selecting.join();
}

TEST_P(go_chan, after_close_the_elements_and_then_closed) {
  const auto c = make_full();
  c.close();
  for (std::size_t i = 0; i != GetParam(); ++i) EXPECT_EQ(c.pop(), static_cast<int>(i));
  EXPECT_EQ(c.pop(), std::nullopt);
  EXPECT_EQ(select(on_pop(c, [](auto v) { EXPECT_FALSE(v); })), 0U);
}

TEST_P(go_chan, close_ends_a_pop_that_waits) {
  const auto c = make();
  std::thread popper([&] { EXPECT_EQ(c.pop(), std::nullopt); });
  observed::wait_for_sleepers(1);
  c.close();
  popper.join();
}

TEST_P(go_chan, elements_pass_in_order_from_thread_to_thread) {
  const auto c = make();
  std::thread pusher([&] {
    for (int i = 0; i != scaled(2'000); ++i) c.push(i);
  });
  for (int i = 0; i != scaled(2'000); ++i) ASSERT_EQ(c.pop(), i);
  pusher.join();
}

TEST_P(go_chan, four_threads_times_four_receive_each_element_once) {
  const auto c = make();
  constexpr int threads = 4;
  const int each = scaled(1'000);
  std::vector<std::thread> crew;
  std::vector<std::vector<int>> received(threads);
  for (int p = 0; p != threads; ++p)
    crew.emplace_back([&] {
      for (int i = 0; i != each; ++i) c.push(i);
    });
  for (auto& mine : received)
    crew.emplace_back([&] {
      for (int i = 0; i != each; ++i) mine.push_back(c.pop().value());
    });
  for (std::thread& t : crew) t.join();
  std::vector<int> times(static_cast<std::size_t>(each), 0);
  for (const auto& one : received)
    for (const int v : one) ++times[static_cast<std::size_t>(v)];
  for (const int n : times) ASSERT_EQ(n, threads);
}

TEST_P(go_chan, its_length_and_its_capacity_are_told) {
  EXPECT_EQ(make().size(), 0U);
  EXPECT_EQ(make().capacity(), GetParam());
  const auto full = make_full();
  EXPECT_EQ(full.size(), GetParam());
  EXPECT_EQ(full.capacity(), GetParam());
}

// TestNonblockRecvRace: a pop that does not wait, racing with a close behind a push, must find the element.
TEST(go_nonblock_race, a_try_pop_finds_what_was_pushed_before_the_close) {
  for (int i = 0; i != scaled(2'000); ++i) {
    const auto c = make_chan<int>(1);
    EXPECT_TRUE(c.push(1));
    std::thread popper([&] { EXPECT_EQ(select(on_pop(c, ignore), otherwise()), 0U); });
    c.close();
    popper.join();
  }
}

// TestNonblockSelectRace 1 and 2: of two channels one is always ready while both change.
TEST(go_nonblock_race, a_select_finds_the_one_of_two_that_is_ready) {
  for (const bool close : {false, true}) {
    for (int i = 0; i != scaled(3'000); ++i) {
      const auto c1 = make_chan<int>(1);
      const auto c2 = make_chan<int>(1);
      EXPECT_TRUE(c1.push(1));
      std::thread looking([&] { EXPECT_NE(select(on_pop(c1, ignore), on_pop(c2, ignore), otherwise()), 2U); });
      if (close)
        c2.close();
      else
        EXPECT_TRUE(c2.push(1));
      static_cast<void>(c1.try_pop());
      looking.join();
    }
  }
}

// TestSelfSelect: threads that each push to and pop from one channel in one select do not meet themselves.
TEST(go_self_select, everybody_sees_each_other_and_nobody_itself) {
  for (const std::size_t capacity : {0U, 10U}) {
    const auto c = make_chan<int>(capacity);
    const int rounds = scaled(2'000);
    std::array<std::thread, 2> threads;
    for (int p = 0; p != 2; ++p)
      threads[static_cast<std::size_t>(p)] = std::thread([&, p] {
        for (int i = 0; i != rounds; ++i) {
          const auto other = [&](std::optional<int> v) { EXPECT_TRUE(capacity != 0 || v != p) << "met itself"; };
          if (p == 0 || i % 2 == 0)
            select(on_push(c, int{p}), on_pop(c, other));
          else
            select(on_pop(c, other), on_push(c, int{p}));
        }
      });
    for (std::thread& t : threads) t.join();
  }
}

// TestSelectStress: plain and selecting pushers and poppers over four channels of different capacities.
TEST(go_select_stress, plain_and_selecting_threads_over_four_channels) {
  const std::array<chan<int>, 4> c = {make_chan<int>(), make_chan<int>(), make_chan<int>(2), make_chan<int>(3)};
  const int each = scaled(2'000);
  std::vector<std::thread> threads;
  std::atomic<int> balance{0};
  for (std::size_t k = 0; k != 4; ++k) {
    threads.emplace_back([&, k] {
      for (int i = 0; i != each; ++i) c[k].push(0), ++balance;
    });
    threads.emplace_back([&, k] {
      for (int i = 0; i != each; ++i) c[k].pop(), --balance;
    });
  }
  static constexpr int nothing = 0;
  // A channel that has had its share is switched off.
  const auto select_all = [&](const auto& make_case) {
    std::array<int, 4> left{each, each, each, each};
    for (int i = 0; i != 4 * each; ++i) {
      std::array<chan<int>, 4> on = c;
      for (std::size_t k = 0; k != 4; ++k)
        if (left[k] == 0) on[k] = {};
      --left[select(make_case(on[0]), make_case(on[1]), make_case(on[2]), make_case(on[3]))];
    }
  };
  threads.emplace_back([&] { select_all([&](const auto& on) { return on_push(on, nothing, [&] { ++balance; }); }); });
  threads.emplace_back([&] { select_all([&](const auto& on) { return on_pop(on, [&](auto) { --balance; }); }); });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(balance, 0);
}

// TestSelectFairness: both channels always ready, a third never: both are taken about as often.
TEST(go_select_fairness, channels_that_are_always_ready_are_taken_alike) {
  const auto c1 = make_chan<int>(1);
  const auto c2 = make_chan<int>(1);
  const auto never = make_chan<int>();
  const int trials = scaled(10'000);
  int first = 0;
  for (int i = 0; i != trials; ++i) {
    static_cast<void>(c1.try_push(1));
    static_cast<void>(c2.try_push(1));
    const std::size_t fired =
        select(on_pop(never, ignore), on_pop(c1, ignore), on_pop(c2, ignore), on_pop(never, ignore));
    first += int{fired == 1};
  }
  EXPECT_NEAR(first, trials / 2.0, 8 * std::sqrt(trials / 4.0));
}

// TestPseudoRandomSend: a select that could push either of two numbers pushes both.
TEST(go_pseudo_random_send, both_of_two_ready_pushes_happen) {
  for (const std::size_t capacity : {0U, 1U, 50U}) {
    const auto c = make_chan<int>(capacity);
    const int n = scaled(1'000) + 20;
    int ones = 0;
    std::thread popper([&] {
      for (int i = 0; i != n; ++i) ones += c.pop().value();
    });
    for (int i = 0; i != n; ++i) select(on_push(c, 0), on_push(c, 1));
    popper.join();
    EXPECT_GT(ones, n / 10);
    EXPECT_LT(ones, n - n / 10);
  }
}

// TestMultiConsumer: numbers through a crew of workers; what comes out is what went in.
TEST(go_multi_consumer, a_crew_passes_everything_on) {
  constexpr int workers = 5;
  const int n = scaled(5'000);
  const auto in = make_chan<int>(workers * 3);
  const auto out = make_chan<int>(workers * 3);
  std::vector<std::thread> crew;
  std::atomic<int> left{workers};
  for (int w = 0; w != workers; ++w)
    crew.emplace_back([&, w] {
      for (const int v : receiver<int>(in)) {
        if (v % (w + 2) == 0) std::this_thread::yield();
        out.push(v);
      }
      if (--left == 0) out.close();
    });
  long expected = 0;
  for (int i = 0; i != n; ++i) expected += i;
  crew.emplace_back([&] {
    for (int i = 0; i != n; ++i) in.push(i);
    in.close();
  });
  long sum = 0;
  for (const int v : receiver<int>(out)) sum += v;
  EXPECT_EQ(sum, expected);
  for (std::thread& t : crew) t.join();
}

// TestSelectDuplicateChannel: the same channel in two cases, in line twice, beside another thread in the same line.
TEST(go_select_duplicate_channel, a_channel_in_two_cases_leaves_its_line_whole) {
  observed::reset();
  const auto c = make_chan<int, observed>();
  const auto other = make_chan<int, observed>();
  std::thread selecting([&] { EXPECT_EQ(select(on_pop(c, ignore), on_pop(c, ignore), on_pop(other, ignore)), 2U); });
  observed::wait_for_sleepers(1);
  std::thread popper([&] { EXPECT_EQ(c.pop(), 8); });
  observed::wait_for_sleepers(2);
  EXPECT_TRUE(other.push(7));
  selecting.join();
  EXPECT_TRUE(c.push(8));
  popper.join();
}

}  // namespace
}  // namespace sluice::test::go_runtime_test
