// SPDX-License-Identifier: BSL-1.0
#include <sluice/async_chan.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "../support/coroutine.hpp"
#include "../support/delivery.hpp"
#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::async_chan_test {
namespace {

using namespace std::chrono_literals;

template <class C>
concept can_async_push = requires(const C& c) { c.async_push(1); };
template <class C>
concept can_async_pop = requires(const C& c) { c.async_pop(); };
static_assert(can_async_push<chan<int>> && can_async_pop<chan<int>>);
static_assert(can_async_push<sender<int>> && !can_async_pop<sender<int>>);
static_assert(!can_async_push<receiver<int>> && can_async_pop<receiver<int>>);

// An executor that keeps what it was handed.
struct queue {
  std::deque<std::coroutine_handle<>> handles;
  struct executor {
    queue* to;
    void operator()(std::coroutine_handle<> h) const { to->handles.push_back(h); }
  };
  executor in() { return {this}; }
  void run_one() {
    const std::coroutine_handle<> h = handles.front();
    handles.pop_front();
    h.resume();
  }
};

// Pops once and says what it got: -1 closed.
template <class Rx>
detached pop_once(const Rx& rx, int& got) {
  const std::optional<int> v = co_await rx.async_pop();
  got = v.value_or(-1);
}
template <class Tx>
detached push_once(const Tx& tx, int v, std::optional<bool>& accepted) {
  accepted = co_await tx.async_push(v);
}

TEST(async_chan, what_is_ready_does_not_suspend) {
  const auto c = make_chan<int>(1);
  int got = 0;
  queue executor;
  const auto both = [&]() -> detached {
    EXPECT_TRUE(co_await c.async_push(7, executor.in()));
    const std::optional<int> v = co_await c.async_pop(executor.in());
    got = v.value();
  };
  both();
  EXPECT_EQ(got, 7);
  EXPECT_TRUE(executor.handles.empty());
}

TEST(async_chan, a_pop_waits_for_a_push_and_a_push_for_a_pop_in_one_thread) {
  for (const std::size_t capacity : {0U, 1U}) {
    const auto c = make_chan<int>(capacity);
    int got = 0;
    pop_once(c, got);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(c.try_push(5), conqueue_status::success) << "somebody waits";
    EXPECT_EQ(got, 5);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(c.push(6));
    std::optional<bool> accepted;
    push_once(c, 7, accepted);
    EXPECT_EQ(accepted, std::nullopt);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_EQ(c.try_pop().value(), 6);
    if (capacity == 0) {
      EXPECT_EQ(c.try_pop().value(), 7);
    }
    EXPECT_EQ(accepted, true);
  }
}

TEST(async_chan, converts_what_it_pushes_as_a_push_does) {
  const auto f = make_chan<float>(1);
  const auto i = make_chan<int>(1);
  const auto push = [](chan<float> to_f, chan<int> to_i, std::size_t n) -> detached {
    EXPECT_TRUE(co_await to_f.async_push(0.5));
    EXPECT_EQ(co_await async_select(on_push(to_i, n)), 0U);
  };
  push(f, i, 7);
  EXPECT_EQ(f.pop(), 0.5F);
  EXPECT_EQ(i.pop(), 7);
}

TEST(async_chan, two_coroutines_meet) {
  const auto c = make_chan<int>();
  std::vector<int> got;
  const auto consume = [&]() -> detached {
    while (const std::optional<int> v = co_await c.async_pop()) got.push_back(*v);
    got.push_back(-1);
  };
  const auto produce = [&]() -> detached {
    for (int i = 0; i != 3; ++i) EXPECT_TRUE(co_await c.async_push(i));
    c.close();
  };
  consume();
  produce();
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, -1}));
}

TEST(async_chan, the_executor_is_called_once_and_nothing_goes_on_before_it_resumes) {
  const auto c = make_chan<int>();
  queue executor;
  int got = 0;
  const auto wait = [&]() -> detached {
    const std::optional<int> v = co_await c.async_pop(executor.in());
    got = v.value();
  };
  wait();
  EXPECT_TRUE(executor.handles.empty());
  EXPECT_TRUE(c.push(7));
  ASSERT_EQ(executor.handles.size(), 1U);
  EXPECT_EQ(got, 0);
  executor.run_one();
  EXPECT_EQ(got, 7);
}

TEST(async_chan, close_resumes_everybody_on_both_sides) {
  for (const std::size_t capacity : {0U, 2U}) {
    const auto empty = make_chan<int>(capacity);
    const auto full = make_chan<int>(capacity);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(full.push(0));
    std::vector<int> got(3);
    std::vector<std::optional<bool>> accepted(3);
    for (int& g : got) pop_once(empty, g);
    for (auto& a : accepted) push_once(full, 1, a);
    empty.close();
    full.close();
    EXPECT_EQ(got, (std::vector<int>{-1, -1, -1}));
    for (const auto& a : accepted) EXPECT_EQ(a, false);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(full.pop().has_value()) << "close loses nothing";
    EXPECT_EQ(full.pop(), std::nullopt);
  }
}

TEST(async_chan, a_push_that_does_not_succeed_leaves_its_argument) {
  const auto c = make_chan<std::unique_ptr<int>>();
  std::stop_source stop;
  auto p = std::make_unique<int>(1);
  std::vector<wait_status> answers;
  const auto push = [&]() -> detached {
    answers.push_back(co_await c.async_push_or_stop(std::move(p), stop.get_token()));
  };
  push();
  EXPECT_TRUE(answers.empty());
  stop.request_stop();
  push();
  c.close();
  push();
  EXPECT_EQ(answers, (std::vector{wait_status::stopped, wait_status::stopped, wait_status::closed}));
  EXPECT_NE(p, nullptr);
}

TEST(async_chan, a_stop_loses_to_what_is_there) {
  const auto c = make_chan<int>(1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(c.push(7));
  std::vector<wait_status> errors;
  int got = 0;
  const auto pop = [&]() -> detached {
    auto v = co_await c.async_pop_or_stop(stop.get_token());
    if (v)
      got = *v;
    else
      errors.push_back(v.error());
  };
  pop();
  EXPECT_EQ(got, 7);
  pop();
  c.close();
  pop();
  EXPECT_EQ(errors, (std::vector{wait_status::stopped, wait_status::closed}));
}

TEST(async_chan, nil_waits_until_it_is_stopped) {
  const chan<int> nil;
  std::stop_source stop;
  int ended = 0;
  const auto wait = [&]() -> detached {
    const auto v = co_await nil.async_pop_or_stop(stop.get_token());
    EXPECT_EQ(v.error(), wait_status::stopped);
    EXPECT_EQ(co_await nil.async_push_or_stop(1, stop.get_token()), wait_status::stopped);
    ++ended;
  };
  wait();
  EXPECT_EQ(ended, 0);
  stop.request_stop();
  EXPECT_EQ(ended, 1);
  const auto for_ever = [&]() -> held { co_await nil.async_pop(); };
  EXPECT_FALSE(for_ever().done());
}

TEST(async_chan, a_channel_of_void_and_one_without_a_bound_can_be_awaited) {
  const auto signals = make_chan<void>();
  const auto many = make_chan<int>(unbounded, 1);
  int got = 0;
  const auto wait = [&]() -> detached {
    EXPECT_TRUE((co_await signals.async_pop()).has_value());
    for (int i = 0; i != 3; ++i) EXPECT_TRUE(co_await many.async_push(i));
    for (int i = 0; i != 3; ++i) EXPECT_EQ(co_await many.async_pop(), i);
    ++got;
    EXPECT_TRUE(co_await signals.async_push(unit{}));
  };
  wait();
  EXPECT_TRUE(signals.push());
  EXPECT_EQ(got, 1);
  EXPECT_TRUE(signals.pop().has_value());
}

TEST(async_chan, select_takes_what_is_ready_and_runs_its_handler_in_the_coroutine) {
  const auto a = make_chan<int>(1);
  const auto b = make_chan<int>();
  queue executor;
  std::vector<int> got;
  const auto run = [&]() -> detached {
    const auto note = [&](std::optional<int> v) { got.push_back(v.value_or(-1)); };
    for (int i = 0; i != 3; ++i)
      got.push_back(
          static_cast<int>(co_await async_select(resume_on(executor.in()), on_pop(a, note), on_pop(b, note))));
    EXPECT_EQ(co_await async_select(on_pop(b, note), otherwise()), 1U);
    EXPECT_EQ(co_await async_select_biased(on_push(b, 1), on_push(a, 9), otherwise()), 1U);
  };
  EXPECT_TRUE(a.push(5));
  run();
  EXPECT_EQ(got, (std::vector<int>{5, 0}));
  EXPECT_EQ(b.try_push(6), conqueue_status::success);
  EXPECT_EQ(got, (std::vector<int>{5, 0})) << "the handler runs when the coroutine does";
  executor.run_one();
  EXPECT_EQ(got, (std::vector<int>{5, 0, 6, 1}));
  EXPECT_EQ(a.try_push(7), conqueue_status::success);
  executor.run_one();
  EXPECT_EQ(got, (std::vector<int>{5, 0, 6, 1, 7, 0}));
  EXPECT_EQ(a.try_pop().value(), 9);
}

TEST(async_chan, select_over_cases_made_at_run_time) {
  std::vector<chan<int>> channels(100);
  std::vector<any_case<>> cases;
  int got = 0;
  for (auto& c : channels) {
    c = make_chan<int>();
    cases.emplace_back(on_pop(c, [&](std::optional<int> v) { got = v.value(); }));
  }
  std::stop_source stop;
  std::vector<std::size_t> fired;
  const auto run = [&]() -> detached {
    for (int i = 0; i != 2; ++i)
      fired.push_back(co_await async_select(std::span(cases), on_stop(stop.get_token(), [&] { got = -2; })));
  };
  run();
  EXPECT_TRUE(channels[42].push(7));
  EXPECT_EQ(got, 7);
  stop.request_stop();
  EXPECT_EQ(got, -2);
  EXPECT_EQ(fired, (std::vector<std::size_t>{42, 100}));
  for (auto& c : channels) EXPECT_EQ(c.try_push(1), conqueue_status::full) << "no trace is left";
}

TEST(async_chan, a_biased_select_over_cases_takes_the_first_that_is_ready) {
  const auto never = make_chan<int>();
  const auto c = make_chan<int>(100);
  std::vector<any_case<>> cases;
  cases.emplace_back(on_pop(never, [](auto) {}));
  for (int i = 0; i != 3; ++i) cases.emplace_back(on_pop(c, [](auto) {}));
  std::vector<std::size_t> fired;
  queue executor;
  const auto run = [&](int times) -> detached {
    for (int i = 0; i != times; ++i) fired.push_back(co_await async_select_biased(std::span(cases)));
    fired.push_back(co_await async_select_biased(resume_on(executor.in()), std::span(cases), otherwise()));
    fired.push_back(co_await async_select_biased(resume_on(executor.in()), std::span(cases)));
  };
  for (int i = 0; i != 20; ++i) EXPECT_TRUE(c.push(i));
  run(20);
  std::vector<std::size_t> expected(20, 1);
  expected.push_back(4);
  EXPECT_EQ(fired, expected);
  EXPECT_TRUE(never.push(1));
  executor.run_one();
  expected.push_back(0);
  EXPECT_EQ(fired, expected);
}

TEST(async_chan, a_handler_of_a_select_over_cases_may_remove_its_own) {
  const auto c = make_chan<int>();
  std::vector<any_case<>> cases;
  std::string over;
  cases.emplace_back(on_pop(c, [&, name = std::string("one whose name does not fit into a string")](auto) {
    cases.clear();
    over = name;
  }));
  const auto run = [&]() -> detached { EXPECT_EQ(co_await async_select(std::span(cases)), 0U); };
  run();
  c.close();
  EXPECT_EQ(over, "one whose name does not fit into a string");
}

// No frame keeps their alignment; an array of any_case and a variable outside do.
struct alignas(128) wide {
  int v = 0;
  bool is_aligned() const { return reinterpret_cast<std::uintptr_t>(this) % alignof(wide) == 0; }
};
TEST(async_chan, elements_that_no_frame_aligns_can_be_pushed_from_outside_and_popped_by_an_array_of_cases) {
  const auto c = make_chan<wide>();
  int got = 0;
  std::vector<any_case<>> cases;
  cases.emplace_back(on_pop(c, [&](const std::optional<wide>& w) { got = w.value().is_aligned() ? w->v : -1; }));
  wide seven{7};
  bool accepted = false;
  const auto pop = [&]() -> detached { co_await async_select(std::span(cases)); };
  const auto push = [&]() -> detached { accepted = co_await c.async_push(std::move(seven)); };
  pop();
  push();
  EXPECT_TRUE(accepted);
  EXPECT_EQ(got, 7);
}

TEST(async_chan, selects_of_two_coroutines_meet_and_one_does_not_meet_itself) {
  const auto c = make_chan<int>();
  std::vector<std::size_t> fired;
  const auto run = [&]() -> detached {
    fired.push_back(co_await async_select(on_push(c, 1), on_pop(c, [](std::optional<int> v) { EXPECT_EQ(v, 1); })));
  };
  run();
  EXPECT_TRUE(fired.empty());
  run();
  ASSERT_EQ(fired.size(), 2U);
  EXPECT_EQ(fired[0] + fired[1], 1U);
}

TEST(async_chan, one_that_is_destroyed_while_it_waits_leaves_all_lines) {
  const auto counted = std::make_shared<int>(0);
  const auto c = make_chan<std::shared_ptr<int>>();
  const auto d = make_chan<std::shared_ptr<int>>(1);
  const auto pop = [&]() -> held { co_await c.async_pop(); };
  const auto push = [&]() -> held { co_await c.async_push(counted); };
  std::stop_source stop;
  const auto select = [&]() -> held {
    co_await async_select(on_pop(c, [](auto) {}), on_pop(d, [](auto) {}), on_stop(stop.get_token()));
  };
  pop();
  EXPECT_EQ(c.try_push(nullptr), conqueue_status::full);
  push();
  EXPECT_FALSE(c.try_pop());
  select();
  EXPECT_EQ(c.try_push(nullptr), conqueue_status::full);
  EXPECT_EQ(d.try_push(nullptr), conqueue_status::success);
  stop.request_stop();
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(async_chan, one_that_is_destroyed_by_its_executor_takes_what_it_got_with_it) {
  const auto counted = std::make_shared<int>(0);
  const auto c = make_chan<std::shared_ptr<int>>();
  queue executor;
  const auto pop = [&]() -> held { co_await c.async_pop(executor.in()); };
  held waiting = pop();
  EXPECT_TRUE(c.push(counted));
  EXPECT_EQ(counted.use_count(), 2);
  waiting.destroy();
  EXPECT_EQ(counted.use_count(), 1);
}

class async_chan_misuse : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  void TearDown() override { GTEST_FLAG_SET(death_test_style, "fast"); }
};

TEST_F(async_chan_misuse, what_a_counterparty_has_begun_to_serve_must_not_be_destroyed) {
  const auto misuse = [] {
    const auto c = make_chan<int>();
    std::optional<held> second;
    const auto wait = [&]() -> held { co_await c.async_pop(); };
    const auto destroy_the_other = [&]() -> held {
      co_await c.async_pop();
      second.reset();
    };
    const held first = destroy_the_other();
    second.emplace(wait());
    c.close();  // has claimed both when it resumes the first
  };
  EXPECT_DEATH(misuse(), "");
}

template <class Base>
class async_chan_blocking : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  async_chan_blocking() { platform::reset(); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(async_chan_blocking, bases);

TYPED_TEST(async_chan_blocking, threads_and_coroutines_in_one_line_are_served_first_come_first_served) {
  for (const std::size_t capacity : {0U, 1U}) {
    TestFixture::platform::reset();
    const auto c = make_chan<int, typename TestFixture::platform>(capacity);
    std::vector<int> got(6, -2);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != got.size(); ++i) {
      if (i % 2 == 0) {
        pop_once(c, got[i]);
      } else {
        threads.emplace_back([&, i] { got[i] = c.pop().value(); });
        TestFixture::platform::wait_for_sleepers(threads.size());
      }
    }
    for (int i = 0; i != 6; ++i) EXPECT_TRUE(c.push(i));
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5})) << "capacity " << capacity;
  }
}

// Starts a coroutine, and waits until it keeps its promise.
template <class Start>
void until_ended(Start start) {
  std::promise<void> ended;
  const std::future<void> end = ended.get_future();
  start(std::move(ended));
  end.wait();
}

// Two at each end, threads or coroutines.
template <class Chan>
std::string mixed_deliveries(const Chan& c, bool push_async, bool pop_async, int each) {
  const auto produce = [&](int p, std::promise<void> ended) -> detached {
    for (int i = 0; i != each; ++i) EXPECT_TRUE(co_await c.async_push(p * each + i));
    ended.set_value();
  };
  const auto consume = [&](std::vector<int>& values, std::atomic<int>& left, std::promise<void> ended) -> detached {
    while (const std::optional<int> v = co_await c.async_pop()) {
      values.push_back(*v);
      if (left.fetch_sub(1) == 1) c.close();
    }
    ended.set_value();
  };
  return deliveries(
      2, 2, each,
      [&](int p) {
        if (push_async) return until_ended([&](std::promise<void> ended) { produce(p, std::move(ended)); });
        for (int i = 0; i != each; ++i) EXPECT_TRUE(c.push(p * each + i));
      },
      [&](std::vector<int>& values, std::atomic<int>& left) {
        if (pop_async) return until_ended([&](std::promise<void> ended) { consume(values, left, std::move(ended)); });
        while (const std::optional<int> v = c.pop()) {
          values.push_back(*v);
          if (left.fetch_sub(1) == 1) c.close();
        }
      });
}

TYPED_TEST(async_chan_blocking, threads_and_coroutines_deliver_everything_in_order) {
  for (const std::size_t capacity : {0U, 1U, 3U})
    for (const bool push_async : {false, true})
      for (const bool pop_async : {false, true})
        EXPECT_EQ(mixed_deliveries(make_chan<int, TypeParam>(capacity), push_async, pop_async, scaled(1'000)), "")
            << capacity << push_async << pop_async;
}

TYPED_TEST(async_chan_blocking, a_stop_that_races_with_a_delivery_loses_nothing) {
  for (int round = 0; round != scaled(1'000); ++round) {
    const auto c = make_chan<int, TypeParam>(static_cast<std::size_t>(round % 2));
    const auto other = make_chan<int, TypeParam>();
    std::stop_source source;
    std::latch start(3);
    int received = -1;  // by whoever ran the coroutine last, before it was joined
    const auto pop = [&]() -> detached {
      int got = 0;
      if (round % 4 < 2) {
        auto v = co_await c.async_pop_or_stop(source.get_token());
        got = v ? *v : 0;
      } else {
        co_await async_select(on_pop(other, [](auto) {}), on_pop(c, [&](std::optional<int> v) { got = v.value_or(0); }),
                              on_stop(source.get_token()));
      }
      received = got;
    };
    std::thread popper([&] {
      start.arrive_and_wait();
      pop();
    });
    std::thread stopper([&] {
      start.arrive_and_wait();
      source.request_stop();
    });
    start.arrive_and_wait();
    const int sent = c.push_for(1, 20us) == wait_status::success ? 1 : 0;
    popper.join();
    stopper.join();
    ASSERT_EQ(received + c.try_pop().value_or(0), sent) << "round " << round;
  }
}

}  // namespace
}  // namespace sluice::test::async_chan_test
