// SPDX-License-Identifier: BSL-1.0
#include <sluice/expected.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include <sluice/conqueue.hpp>

namespace sluice::test::expected_test {
namespace {

using text = expected<std::string, conqueue_status>;

TEST(expected, holds_a_value) {
  text e("abc");
  EXPECT_TRUE(e.has_value());
  EXPECT_TRUE(static_cast<bool>(e));
  EXPECT_EQ(*e, "abc");
  EXPECT_EQ(e->size(), 3U);
  EXPECT_EQ(e.value(), "abc");
  EXPECT_EQ(e.value_or("x"), "abc");
  EXPECT_EQ(std::as_const(e).value(), "abc");
  EXPECT_EQ(*std::as_const(e), "abc");
  EXPECT_EQ(std::as_const(e)->size(), 3U);
}

TEST(expected, holds_an_error) {
  text e{unexpected(conqueue_status::closed)};
  EXPECT_FALSE(e.has_value());
  EXPECT_FALSE(static_cast<bool>(e));
  EXPECT_EQ(e.error(), conqueue_status::closed);
  EXPECT_EQ(e.value_or("x"), "x");
  EXPECT_EQ(text(unexpected(conqueue_status::closed)).value_or("y"), "y");
}

TEST(expected, value_throws_the_error_where_there_is_no_value) {
  text e{unexpected(conqueue_status::busy)};
  try {
    static_cast<void>(e.value());
    FAIL() << "nothing was thrown";
  } catch (const bad_expected_access<conqueue_status>& bad) {
    EXPECT_EQ(bad.error(), conqueue_status::busy);
    EXPECT_NE(std::string_view(bad.what()), "");
  }
  EXPECT_THROW(static_cast<void>(std::as_const(e).value()), std::exception);
  EXPECT_THROW(static_cast<void>(std::move(e).value()), std::exception);
}

TEST(expected, a_value_can_only_be_moved_where_it_can_only_be_moved) {
  expected<std::unique_ptr<int>, int> e(std::make_unique<int>(4));
  const std::unique_ptr<int> taken = *std::move(e);
  EXPECT_EQ(*taken, 4);
  EXPECT_EQ(*(expected<std::unique_ptr<int>, int>(std::make_unique<int>(5)).value()), 5);
  static_assert(!std::is_copy_constructible_v<expected<std::unique_ptr<int>, int>>);
}

TEST(expected, an_error_replaces_the_value_and_emplace_the_error) {
  text e("abc");
  e = unexpected(conqueue_status::empty);
  EXPECT_EQ(e.error(), conqueue_status::empty);
  EXPECT_EQ(e.emplace(std::size_t{2}, 'z'), "zz");
  EXPECT_EQ(*e, "zz");
  EXPECT_EQ(*text(std::in_place, std::size_t{2}, 'q'), "qq");
}

TEST(expected, is_usable_in_constant_expressions) {
  constexpr expected<int, int> value(3);
  constexpr expected<int, int> error(unexpected(4));
  static_assert(value.has_value() && *value == 3 && error.error() == 4 && error.value_or(5) == 5);
  SUCCEED();
}

TEST(conqueue, every_status_has_a_name) {
  EXPECT_STREQ(to_string(conqueue_status::success), "success");
  EXPECT_STREQ(to_string(conqueue_status::empty), "empty");
  EXPECT_STREQ(to_string(conqueue_status::full), "full");
  EXPECT_STREQ(to_string(conqueue_status::closed), "closed");
  EXPECT_STREQ(to_string(conqueue_status::busy), "busy");
  EXPECT_STREQ(to_string(conqueue_status::busy_async), "busy_async");
  EXPECT_STREQ(to_string(static_cast<conqueue_status>(99)), "unknown");
}

}  // namespace
}  // namespace sluice::test::expected_test
