// SPDX-License-Identifier: BSL-1.0
#include <sluice/after_func.hpp>
#include <sluice/async_chan.hpp>
#include <sluice/chan.hpp>
#include <sluice/context.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <new>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "../support/coroutine.hpp"

namespace sluice::test::context_test {
namespace {

using namespace std::chrono_literals;

struct key {
  using type = std::shared_ptr<int>;
};

TEST(context, what_comes_from_no_context_is_refused_and_told_where_to_begin) {
  const context none;
  EXPECT_FALSE(none);
  EXPECT_THROW(static_cast<void>(with_cancel_cause(none)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(with_timeout(none, 1s)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(with_stop(none, {})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(without_cancel(none)), std::invalid_argument);
  EXPECT_THROW(after_func(none, [] {}), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(none.err()), std::invalid_argument);
  try {
    static_cast<void>(with_cancel(none));
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(),
                 "sluice::with_cancel: the parent is no context (default-constructed or moved from); begin with "
                 "background()");
  }
}

TEST(context, one_that_was_moved_from_is_none) {
  context a = background();
  const context b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): it is what is asked
  EXPECT_TRUE(b);
}

TEST(context, its_errors_are_conditions_of_the_standard) {
  EXPECT_EQ(std::error_code(context_errc::canceled), std::errc::operation_canceled);
  EXPECT_EQ(std::error_code(context_errc::deadline_exceeded), std::errc::timed_out);
  EXPECT_STREQ(context_category().name(), "sluice.context");
}

struct nothing_can_be_started : std_platform {
  template <class F>
  static void start(F) {
    throw std::bad_alloc();  // as for a task without room for a stack
  }
};

TEST(context, a_function_runs_on_who_ends_it_where_nothing_can_be_started) {
  const auto [ctx, cancel] = with_cancel(background<nothing_can_be_started>());
  int runs = 0;
  auto stop = after_func(ctx, [&] { ++runs; });
  cancel();
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(stop());
}

TEST(context, is_a_stop_token_for_whatever_waits) {
  const auto [ctx, cancel] = with_cancel(background());
  auto numbers = make_chan<int>();
  std::thread other([end = cancel] { end(); });
  EXPECT_EQ(numbers.pop_or_stop(ctx).error(), wait_status::stopped);
  other.join();
  const std::stop_token late = ctx;
  EXPECT_TRUE(late.stop_requested());
  const std::stop_token never = background();
  EXPECT_FALSE(never.stop_possible());
}

TEST(context, a_stop_request_ends_it_and_a_late_one_at_once) {
  std::stop_source source;
  const context ctx = with_stop(background(), source.get_token());
  const auto below = with_cancel(ctx).ctx;
  EXPECT_FALSE(below.err());
  source.request_stop();
  EXPECT_EQ(below.err(), context_errc::canceled);
  EXPECT_EQ(with_stop(background(), source.get_token()).err(), context_errc::canceled);
}

TEST(context, one_that_a_stop_source_could_end_may_go_before) {
  std::stop_source source;
  {
    const context ctx = with_stop(background(), source.get_token());
  }
  EXPECT_TRUE(source.request_stop());
}

TEST(context, a_cause_may_be_an_exception_or_a_code) {
  const auto [a, cancel_a] = with_cancel_cause(background());
  const auto below = with_cancel(a).ctx;
  cancel_a(std::make_exception_ptr(std::runtime_error("the disk is full")));
  EXPECT_EQ(below.err(), context_errc::canceled);
  EXPECT_EQ(below.cause().message(), "the disk is full");
  EXPECT_THROW(below.cause().raise(), std::runtime_error);
  const auto [b, cancel_b] = with_cancel_cause(background());
  cancel_b(std::make_error_code(std::errc::io_error));
  EXPECT_EQ(b.cause().code(), std::errc::io_error);
  EXPECT_THROW(b.cause().raise(), std::system_error);
}

TEST(context, one_that_goes_takes_its_deadline_and_its_values_with_it) {
  const auto held = std::make_shared<int>(1);
  {
    const auto made = with_timeout(with_value<key>(background(), held), 1h);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(context, who_waits_for_the_end_of_one_that_goes_is_not_stranded) {
  receiver<void> done;
  {
    done = with_cancel(background()).ctx.done();
  }
  EXPECT_FALSE(done.pop());
}

detached ask_when_it_ends(context ctx, std::error_code& why) {
  co_await ctx.done().async_pop();
  why = ctx.err();
  EXPECT_TRUE(ctx.done().is_closed());
  EXPECT_EQ(with_cancel(ctx).ctx.err(), why);
}
TEST(context, a_coroutine_that_goes_on_at_its_end_may_use_it) {
  const auto [ctx, cancel] = with_cancel(background());
  std::error_code why;
  std::error_code why_below;
  ask_when_it_ends(ctx, why);
  ask_when_it_ends(with_value<key>(with_cancel(ctx).ctx, std::make_shared<int>(1)), why_below);
  cancel();
  EXPECT_EQ(why, context_errc::canceled);
  EXPECT_EQ(why_below, context_errc::canceled);
}

struct hides_its_address {
  int n;
  hides_its_address* operator&() const { return nullptr; }  // NOLINT(google-runtime-operator): it is what is tested
};
struct hidden {
  using type = hides_its_address;
};
TEST(context, a_value_is_found_where_it_is_whatever_it_says) {
  const auto ctx = with_value<hidden>(background(), hides_its_address{7});
  const auto* const found = ctx.value<hidden>();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->n, 7);
}

TEST(context, a_chain_of_a_hundred_thousand_ends_and_goes_without_recursion) {
  const auto [first, cancel] = with_cancel(background());
  context last = first;
  for (int i = 0; i != 100'000; ++i) last = with_cancel(last).ctx;
  cancel();
  EXPECT_EQ(last.err(), context_errc::canceled);
}

TEST(context, many_deadlines_come_in_their_order) {
  std::vector<canceled_by<std_platform>> all;
  for (int i = 20; i-- != 0;) all.push_back(with_timeout(background(), i * 1ms));
  for (auto& each : all) {
    EXPECT_FALSE(each.ctx.done().pop());
    EXPECT_EQ(each.ctx.err(), context_errc::deadline_exceeded);
    EXPECT_GE(std::chrono::steady_clock::now(), each.ctx.deadline().value());
  }
}

TEST(context, threads_that_attach_leave_and_cancel_at_once_leave_nobody_live) {
  for (int round = 0; round != 200; ++round) {
    const auto [root, cancel] = with_cancel(background());
    std::vector<std::thread> crew;
    for (int t = 0; t != 3; ++t)
      crew.emplace_back([top = root] {
        for (int i = 0; i != 20; ++i) {
          const auto kept = with_timeout(top, 1h);
          static_cast<void>(with_cancel(kept.ctx));
          if (i % 3 == 0) kept.cancel();
        }
        EXPECT_FALSE(with_cancel(top).ctx.done().pop());
      });
    cancel();
    for (std::thread& t : crew) t.join();
  }
}

}  // namespace
}  // namespace sluice::test::context_test
