// SPDX-License-Identifier: BSL-1.0
// What Go's test/chan/select*.go check of select, in our words and code.
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::go_select_test {
namespace {

using namespace std::chrono_literals;

constexpr auto ignore = [](auto&&) {};
using observed = observed_platform<std_platform>;

// select.go: cases switched off by a nil channel, at random, in every combination.
TEST(go_select, a_nil_channel_switches_its_case_off) {
  const auto a = make_chan<int>(1);
  const auto b = make_chan<int>(1);
  const chan<int> off;
  constexpr std::size_t expected[] = {2, 0, 1, 2};  // neither, the first, the second; then both, which are full by now
  for (unsigned mask = 0; mask != 4; ++mask) {
    const int value = static_cast<int>(mask);
    const std::size_t fired =
        select(on_push(mask % 2 != 0 ? a : off, value), on_push(mask / 2 != 0 ? b : off, value), otherwise());
    EXPECT_EQ(fired, expected[mask]);
  }
  EXPECT_EQ(a.pop(), 1);
  EXPECT_EQ(b.pop(), 2);
}

// select2.go asks that selects leave no memory behind. Ours allocate nothing; what is left to see is that hundreds of
// thousands of them, losing cases included, go through two channels.
TEST(go_select2, many_selects_with_a_losing_case_go_through) {
  const int rounds = scaled(50'000);
  const auto c = make_chan<int>();
  const auto unused = make_chan<int>();
  std::thread pusher([&] {
    for (int i = 0; i != rounds; ++i) select(on_push(c, int{i}), on_pop(unused, ignore));
  });
  for (int i = 0; i != rounds; ++i)
    select(on_pop(c, [&](std::optional<int> v) { ASSERT_EQ(v, i); }), on_pop(unused, ignore));
  pusher.join();
}

// select3.go: what waits for ever, and what does not.
class go_select3 : public testing::Test {
 public:
  using platform = observed;
  using channel = chan<int, platform>;

  go_select3() { platform::reset(); }
  // `f(token)` sleeps until stopped.
  static void waits(const std::function<void(std::stop_token)>& f) {
    platform::reset();
    std::stop_source stop;
    std::thread waiting([&] { f(stop.get_token()); });
    platform::wait_for_sleepers(1);
    stop.request_stop();
    waiting.join();
  }
};

TEST_F(go_select3, nil_channels_wait_for_ever) {
  const channel nil;
  waits([&](auto stop) { EXPECT_EQ(nil.push_or_stop(7, stop), wait_status::stopped); });
  waits([&](auto stop) { EXPECT_EQ(nil.pop_or_stop(stop).error(), wait_status::stopped); });
  waits([&](auto stop) { EXPECT_EQ(select(on_push(nil, 7), on_pop(nil, ignore), on_stop(stop)), 2U); });
}

TEST_F(go_select3, empty_and_full_channels_wait) {
  const auto rendezvous = make_chan<int, platform>();
  const auto buffered = make_chan<int, platform>(10);
  waits([&](auto stop) { EXPECT_EQ(rendezvous.push_or_stop(7, stop), wait_status::stopped); });
  waits([&](auto stop) { EXPECT_EQ(rendezvous.pop_or_stop(stop).error(), wait_status::stopped); });
  waits([&](auto stop) { EXPECT_EQ(buffered.pop_or_stop(stop).error(), wait_status::stopped); });
  for (int i = 0; i != 10; ++i) EXPECT_TRUE(buffered.push(i));
  waits([&](auto stop) { EXPECT_EQ(buffered.push_or_stop(7, stop), wait_status::stopped); });
}

TEST_F(go_select3, empty_and_full_channels_wait_in_a_select_as_by_themselves) {
  const auto rendezvous = make_chan<int, platform>();
  const auto full = make_chan<int, platform>(1);
  EXPECT_TRUE(full.push(0));
  waits([&](auto stop) { EXPECT_EQ(select(on_push(rendezvous, 7), on_stop(stop)), 1U); });
  waits([&](auto stop) { EXPECT_EQ(select(on_pop(rendezvous, ignore), on_push(full, 7), on_stop(stop)), 2U); });
}

TEST_F(go_select3, what_has_an_otherwise_does_not_wait) {
  const channel nil;
  const auto rendezvous = make_chan<int, platform>();
  EXPECT_EQ(select(otherwise(), on_push(nil, 7)), 0U);
  EXPECT_EQ(select(otherwise(), on_pop(rendezvous, ignore), on_push(rendezvous, 7)), 0U);
  EXPECT_EQ(platform::sleeps, 0U);
}

TEST_F(go_select3, what_is_ready_does_not_wait) {
  const auto c = make_chan<int, platform>(10);
  EXPECT_EQ(select(on_push(c, 7)), 0U);
  EXPECT_EQ(select(on_pop(c, ignore), on_pop(channel{}, ignore)), 0U);
  c.close();
  EXPECT_EQ(select(on_pop(c, ignore)), 0U);
  EXPECT_EQ(platform::sleeps, 0U);
}

// select4.go: only the case that fires touches what it writes to.
TEST(go_select4, a_case_that_does_not_fire_runs_nothing) {
  const auto ready = make_chan<int>(1);
  const auto never = make_chan<int>();
  EXPECT_TRUE(ready.push(42));
  int got = 0;
  EXPECT_EQ(
      select(on_pop(never, [](auto) { FAIL() << "nobody pushed here"; }), on_pop(ready, [&](auto v) { got = *v; })),
      1U);
  EXPECT_EQ(got, 42);
}

// select6.go (issue 2075): a select that loses, last in a line of several, must leave that line as it was.
TEST(go_select6, a_select_that_leaves_a_line_leaves_the_others_in_it) {
  observed::reset();
  const auto c1 = make_chan<bool, observed>();
  const auto c2 = make_chan<bool, observed>();
  std::thread first([&] { EXPECT_TRUE(c1.pop().has_value()); });
  observed::wait_for_sleepers(1);
  std::thread selecting([&] { EXPECT_EQ(select(on_pop(c1, ignore), on_pop(c2, ignore)), 1U); });
  observed::wait_for_sleepers(2);
  EXPECT_TRUE(c2.push(true));
  selecting.join();
  std::thread later([&] { EXPECT_TRUE(c1.pop().has_value()); });
  observed::wait_for_sleepers(3);
  EXPECT_TRUE(c1.push(true));
  EXPECT_TRUE(c1.push(true));
  first.join();
  later.join();
}

// select7.go: an element may be dropped by the handler, in every form of a pop and a push.
TEST(go_select7, a_dropped_element_is_popped_all_the_same) {
  const auto pop = [](const chan<int>& c) { EXPECT_TRUE(c.pop().has_value()); };
  const auto by_select = [](const chan<int>& c) { select(on_pop(c, ignore)); };
  const auto by_two = [](const chan<int>& c) { select(on_pop(c, ignore), on_pop(chan<int>{}, ignore)); };
  const auto push = [](const chan<int>& c) { EXPECT_TRUE(c.push(1)); };
  const auto push_by_select = [](const chan<int>& c) { select(on_push(c, 1)); };
  const auto push_by_polling = [](const chan<int>& c) {
    while (select(on_push(c, 1), otherwise()) != 0) std::this_thread::yield();
  };
  const std::vector<std::function<void(const chan<int>&)>> pops = {pop, by_select, by_two};
  const std::vector<std::function<void(const chan<int>&)>> pushes = {push, push_by_select, push_by_polling};
  for (const auto& one : pops)
    for (const auto& other : pushes)
      for (const std::size_t capacity : {0U, 1U}) {
        const auto c = make_chan<int>(capacity);
        std::thread popper([&] { one(c); });
        other(c);
        popper.join();
        EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
      }
}

}  // namespace
}  // namespace sluice::test::go_select_test
