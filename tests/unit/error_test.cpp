// SPDX-License-Identifier: BSL-1.0
#include <sluice/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <source_location>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/context_error.hpp>
#include <sluice/failure.hpp>
#include <sluice/platform_trace.hpp>
#include <sluice/result.hpp>
#include <sluice/scheduler.hpp>

namespace sluice::test::error_test {
namespace {

using namespace std::chrono_literals;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

[[noreturn]] void save_the_order() {
  try {
    throw std::system_error(std::make_error_code(std::errc::no_space_on_device), "write");
  } catch (...) {
    throw error("order 7 was not saved", because()).for_users("We could not save your order.");
  }
}

TEST(error, says_what_when_and_where) {
  const auto before = std::chrono::system_clock::now();
  const error e("disk full");
  const auto line = std::source_location::current().line() - 1;
  EXPECT_TRUE(e);
  EXPECT_STREQ(e.what(), "disk full");
  EXPECT_GE(e.when(), before);
  EXPECT_LE(e.when(), std::chrono::system_clock::now());
  EXPECT_EQ(e.where().line(), line);
  EXPECT_TRUE(has(e.where().file_name(), "error_test.cpp"));
  EXPECT_TRUE(e.causes().empty());
}

TEST(error, is_none_by_default) {
  const error none;
  EXPECT_FALSE(none);
  EXPECT_STREQ(none.what(), "no error");
  EXPECT_FALSE(failure(none));
  EXPECT_FALSE(error(failure()));
  EXPECT_TRUE(error("a thing", error()).causes().empty());
}

TEST(error, has_a_message_for_users_and_an_id_that_leads_to_the_details) {
  try {
    save_the_order();
  } catch (const error& e) {
    EXPECT_EQ(e.user_message(), "We could not save your order. [" + e.id() + "]");
    const std::string details = e.details();
    EXPECT_TRUE(has(details, "order 7 was not saved [" + e.id() + "]")) << details;
    EXPECT_TRUE(has(details, "because\n    write: No space left on device [")) << details;
    EXPECT_TRUE(has(details, "save_the_order")) << details;
    EXPECT_EQ(error("the page was not shown", e).user_message().find("We could not save your order."), 0U);
  }
  EXPECT_TRUE(has(error("?").user_message(), "Something unexpected went wrong."));
}

TEST(error, has_an_id_of_its_own) {
  std::set<std::string> ids;
  for (int i = 0; i != 100; ++i) ids.insert(error("the same").id());
  EXPECT_EQ(ids.size(), 100U);
  const error e("x");
  const error copy = e;
  EXPECT_EQ(copy.id(), e.id());
  EXPECT_EQ(copy, e);
  EXPECT_EQ(e.for_users("y"), e);
  EXPECT_NE(error("x"), e);
  EXPECT_NE(error(), e);
  EXPECT_EQ(error(), error());
}

TEST(error, knows_a_code_through_the_chain_of_causes) {
  const error e("no answer",
                std::vector<error>{error("first mirror"), error("second", context_errc::deadline_exceeded)});
  EXPECT_TRUE(e.is(context_errc::deadline_exceeded));
  EXPECT_TRUE(e.is(std::errc::timed_out));
  EXPECT_FALSE(e.is(context_errc::canceled));
  EXPECT_EQ(e.causes()[1].causes()[0].code(), context_errc::deadline_exceeded);
  EXPECT_FALSE(e.code());
}

TEST(error, has_no_cause_that_says_that_nothing_went_wrong) {
  const error e("no answer", std::vector<error>{error(), error("second"), error()});
  ASSERT_EQ(e.causes().size(), 1);
  EXPECT_FALSE(e.is(context_errc::canceled));
  EXPECT_EQ(e.user_message(), "Something unexpected went wrong. Please report it. [" + e.id() + ']');
  EXPECT_NE(e.details().find("second"), std::string::npos);
}

TEST(error, becomes_a_failure_and_comes_back_as_it_was) {
  const error e("disk full");
  const failure f = e;
  EXPECT_EQ(f.message(), "disk full");
  EXPECT_EQ(error(f), e);
  EXPECT_THROW(f.raise(), error);
  EXPECT_STREQ(error(failure(std::make_exception_ptr(std::runtime_error("no")))).what(), "no");
  EXPECT_TRUE(has(error(failure(std::make_exception_ptr(7))).what(), "no std::exception"));
  EXPECT_EQ(error(std::make_error_code(std::errc::io_error)).code(), std::errc::io_error);
}

TEST(error, gives_the_time_in_utc) {
  EXPECT_EQ(detail::utc(std::chrono::system_clock::time_point()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(detail::utc(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 12h + 34min + 56s + 789ms),
            "2024-02-29T12:34:56.789Z");
  EXPECT_EQ(detail::utc(std::chrono::system_clock::time_point() - 1ms), "1969-12-31T23:59:59.999Z");
}

TEST(error, is_copied_without_throwing) {
  static_assert(std::is_nothrow_copy_constructible_v<error> && std::is_nothrow_copy_assignable_v<error>);
  static_assert(std::is_nothrow_move_constructible_v<error> && std::is_nothrow_default_constructible_v<error>);
  SUCCEED();
}

[[gnu::noinline]] stack_trace traced(int depth) {
  stack_trace t = depth == 0 ? stack_trace::here() : traced(depth - 1);
  EXPECT_GT(t.size(), 0U);  // after the call, so that it is no tail call
  return t;
}

TEST(stack_trace, grows_with_the_calls_and_has_an_end) {
  EXPECT_EQ(traced(3).size(), traced(0).size() + 3);
  EXPECT_EQ(traced(100).size(), stack_trace::deepest - 1);
  EXPECT_EQ(traced(1).lines().size(), traced(1).size());
  EXPECT_EQ(stack_trace().size(), 0U);
  EXPECT_TRUE(stack_trace().lines().empty());
}

TEST(stack_trace, ends_at_the_bottom_of_a_task) {
  scheduler s({.workers = 1, .only_tasks = true});
  const std::size_t calls = s.run([] { return traced(0).size(); });
  EXPECT_GT(calls, 1U);
  EXPECT_LT(calls, stack_trace::deepest - 1);
}

TEST(attempt, gives_what_is_returned_or_thrown) {
  EXPECT_EQ(*attempt([](int n) { return n + 1; }, 6), 7);
  EXPECT_TRUE(attempt([] {}));
  const auto thrown = attempt([]() -> int { throw std::runtime_error("no"); });
  EXPECT_FALSE(thrown);
  EXPECT_STREQ(thrown.error().what(), "no");
  const auto given = attempt([]() -> result<int> { return unexpected(error("none")); });
  static_assert(std::is_same_v<decltype(given), const result<int>>);
  EXPECT_STREQ(given.error().what(), "none");
}

}  // namespace
}  // namespace sluice::test::error_test
