// SPDX-License-Identifier: BSL-1.0
// What the tests of golang.org/x/sync/errgroup check, in our words and code.
#include <sluice/chan.hpp>
#include <sluice/err_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::x_errgroup_test {
namespace {

const std::error_code none;
const std::error_code one = std::make_error_code(std::errc::io_error);
const std::error_code two = std::make_error_code(std::errc::bad_address);

// ExampleGroup_justErrors
TEST(x_errgroup, counts_functions_and_keeps_an_error) {
  err_group group;
  for (const std::string_view address : {"golang.org", "google.com", "somestupidname"})
    group.go([address] { return address.find('.') == std::string_view::npos ? one : none; });
  EXPECT_EQ(group.wait(), failure(one));
}

// ExampleGroup_parallel
TEST(x_errgroup, searches_at_once_give_all_results_or_an_error) {
  const auto search = [](const context& ctx, const std::string& kind, std::string& result) -> std::error_code {
    if (ctx.err()) return ctx.err();
    result = kind + " result";
    return {};
  };
  auto group = err_group::with_context(background());
  const std::vector<std::string> kinds{"web", "image", "video"};
  std::vector<std::string> results(kinds.size());
  for (std::size_t i = 0; i != kinds.size(); ++i)
    group.go([&, i] { return search(group.ctx(), kinds[i], results[i]); });
  EXPECT_FALSE(group.wait());
  EXPECT_EQ(results, (std::vector<std::string>{"web result", "image result", "video result"}));
}

// TestZeroGroup
TEST(x_errgroup, each_wait_gives_the_first_error_until_now) {
  for (const auto& codes :
       std::vector<std::vector<std::error_code>>{{}, {none}, {one}, {one, none}, {one, none, two}}) {
    err_group group;
    failure first;
    for (const std::error_code& code : codes) {
      group.go([code] { return code; });
      if (!first) first = code;
      EXPECT_EQ(group.wait(), first);
    }
  }
}

// TestWithContext, TestCancelCause
TEST(x_errgroup, an_error_or_a_wait_ends_the_context_and_is_its_cause) {
  for (const auto& codes : std::vector<std::vector<std::error_code>>{{}, {none}, {one}, {one, none}}) {
    auto group = err_group::with_context(background());
    failure expected;
    for (const std::error_code& code : codes) {
      EXPECT_TRUE(group.try_go([code] { return code; }));
      if (code) expected = code;
    }
    EXPECT_EQ(group.wait(), expected);
    EXPECT_TRUE(group.ctx().done().is_closed());
    EXPECT_EQ(group.ctx().cause(), expected ? expected : failure(context_errc::canceled));
  }
}

// TestTryGo
TEST(x_errgroup, try_go_succeeds_as_long_as_there_is_room) {
  constexpr int n = 42;
  err_group group;
  const auto gate = make_chan<int>();
  const auto pushes = [gate] { gate.push(1); };
  const auto let_out = [gate](int count) {
    for (int i = 0; i != count; ++i) gate.pop();
  };
  group.set_limit(n);
  for (int i = 0; i != n; ++i) EXPECT_TRUE(group.try_go(pushes)) << i;
  EXPECT_FALSE(group.try_go(pushes));
  let_out(n);
  EXPECT_FALSE(group.wait());
  EXPECT_TRUE(group.try_go(pushes)) << "all have left";
  let_out(1);
  EXPECT_FALSE(group.wait());

  group.set_limit(1);
  EXPECT_TRUE(group.try_go(pushes));
  EXPECT_FALSE(group.try_go(pushes));
  let_out(1);
  EXPECT_FALSE(group.wait());

  group.set_limit(0);
  for (int i = 0; i != 1024; ++i) EXPECT_FALSE(group.try_go(pushes));
  EXPECT_FALSE(group.wait());
}

// TestGoLimit
TEST(x_errgroup, no_more_are_inside_than_the_limit_says) {
  constexpr int limit = 10;
  err_group group;
  group.set_limit(limit);
  std::atomic<int> inside{0};
  for (int i = 0; i != scaled(1024); ++i)
    group.go([&] {
      const bool too_many = ++inside > limit;
      std::this_thread::yield();
      --inside;
      return too_many ? one : none;
    });
  EXPECT_FALSE(group.wait());
}

}  // namespace
}  // namespace sluice::test::x_errgroup_test
