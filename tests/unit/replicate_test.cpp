// SPDX-License-Identifier: BSL-1.0
#include <sluice/replicate.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/context.hpp>
#include <sluice/wait_group.hpp>

#include "../support/pattern_programs.hpp"

namespace sluice::test::replicate_test {
namespace {

using namespace pattern_programs;

int until_it_is_told_to_end(const context& ctx) {
  ctx.done().pop();
  return -1;
}

TEST(within, gives_what_came_in_time) {
  with_workers([] {
    EXPECT_EQ(*p::within(background(), 24h, [](const context& c) { return c.err() ? 0 : 7; }), 7);
    EXPECT_TRUE(p::within(background(), 24h, [](const context&) {}));
    auto moved = p::within(background(), 24h, [](const context&) { return std::make_unique<int>(3); });
    EXPECT_EQ(**std::move(moved), 3);
  });
}

TEST(within, gives_up_in_time) {
  with_workers(
      [] {
        const auto late = p::within(background(), 1ms, until_it_is_told_to_end);
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code(), context_errc::deadline_exceeded);
      },
      false);
}

TEST(within, gives_the_error_of_what_failed_or_was_cancelled) {
  with_workers([] {
    const auto failed = p::within(background(), 24h, [](const context&) -> int { throw std::runtime_error("no"); });
    EXPECT_STREQ(failed.error().what(), "no");
    const auto [ctx, cancel] = with_cancel_cause(background());
    cancel(std::make_error_code(std::errc::connection_reset));
    EXPECT_EQ(p::within(ctx, 24h, until_it_is_told_to_end).error().code(), std::errc::connection_reset);
  });
}

TEST(replicate, takes_the_first_answer_and_ends_the_others) {
  with_workers([] {
    for (const int winner : {0, 3, 6}) {
      wait_group others(6);
      const auto answer = p::replicate(background(), 7, [&](const context& ctx, int i) {
        if (i == winner) return i;
        ctx.done().pop();
        others.done();
        return -1;
      });
      EXPECT_EQ(*answer, winner);
      others.wait();
    }
  });
}

TEST(replicate, takes_an_answer_before_an_error) {
  with_workers([] {
    const auto failed = make_chan<void>(2);
    const auto answer = p::replicate(background(), 3, [failed](const context&, int i) -> int {
      if (i != 1) {
        failed.push();
        throw std::runtime_error("no");
      }
      for (int n = 0; n != 2; ++n) failed.pop();
      return i;
    });
    EXPECT_EQ(*answer, 1);
  });
}

TEST(replicate, gives_all_errors_if_there_is_no_answer) {
  with_workers([] {
    const auto none = p::replicate(background(), 3, [](const context&, int i) -> result<int> {
      return unexpected(error("mirror " + std::to_string(i)));
    });
    ASSERT_FALSE(none);
    EXPECT_STREQ(none.error().what(), "none of 3 requests was answered");
    EXPECT_EQ(none.error().causes().size(), 3U);
  });
}

TEST(replicate, ends_with_its_context) {
  with_workers([] {
    const auto [ctx, cancel] = with_cancel(background());
    std::atomic<int> asked{0};
    const auto none = p::replicate(ctx, 3, [&asked, end = cancel](const context& c, int) {
      if (++asked == 3) end();
      return until_it_is_told_to_end(c), result<int>(unexpected(error("too late")));
    });
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error().is(context_errc::canceled));
    EXPECT_THROW(static_cast<void>(p::replicate(ctx, 0, [](const context&, int) { return 1; })), std::invalid_argument);
  });
}

}  // namespace
}  // namespace sluice::test::replicate_test
