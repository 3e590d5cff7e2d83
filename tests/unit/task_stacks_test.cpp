// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/task_stacks.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <random>
#include <set>
#include <span>
#include <vector>

namespace sluice::test::task_stacks_test {
namespace {

using detail::stack_cache;
using detail::stack_slabs;

constexpr std::size_t size = std::size_t{16} << 10U;

std::size_t ever_taken(stack_slabs& all) {
  std::size_t n = 0;
  all.each([&n](std::byte*) { ++n; });
  return n;
}

TEST(stack_slabs, every_promised_stack_can_be_taken_and_is_a_different_one) {
  stack_slabs all(size, 0);
  std::set<std::byte*> taken;
  for (const std::size_t n : {1U, 200U, 55U}) {
    all.promise(n);
    std::array<std::byte*, 200> some{};
    for (std::size_t got = 0; got != n; got += all.take(std::span(some).subspan(got, n - got))) continue;
    taken.insert(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(n));
  }
  EXPECT_EQ(taken.size(), 256U);
  for (std::byte* const stack : taken) stack[0] = stack[size - 1] = std::byte{1};
}

TEST(stack_slabs, a_promise_touches_no_stack) {
  stack_slabs all(size, 0);
  all.promise(1000);
  EXPECT_EQ(ever_taken(all), 0U);
}

TEST(stack_slabs, a_stack_that_was_given_back_is_taken_before_a_new_one) {
  stack_slabs all(size, 0);
  all.promise(2);
  std::byte* first = nullptr;
  EXPECT_EQ(all.take({&first, 1}), 1U);
  all.give_back({&first, 1});
  std::array<std::byte*, 2> both{};
  EXPECT_EQ(all.take(both), 1U);
  EXPECT_EQ(both[0], first);
  EXPECT_EQ(ever_taken(all), 1U);
}

// As they did the first time, whatever order they came back in.
TEST(stack_slabs, stacks_go_out_in_the_order_in_which_they_lie) {
  stack_slabs all(size, 0);
  constexpr std::size_t n = 3 * stack_slabs::per_slab;
  all.promise(n);
  std::vector<std::byte*> at_first(n);
  for (std::size_t got = 0; got != n; got += all.take(std::span(at_first).subspan(got))) continue;
  std::vector<std::byte*> mixed = at_first;
  std::ranges::shuffle(mixed, std::mt19937(7));
  for (std::byte*& stack : mixed) all.give_back({&stack, 1});
  std::vector<std::byte*> again(n);
  EXPECT_EQ(all.take(again), n);
  EXPECT_EQ(again, at_first);
  for (std::size_t i = 1; i != stack_slabs::per_slab; ++i) EXPECT_LT(again[i - 1], again[i]);
}

TEST(stack_cache, stacks_are_had_in_the_order_in_which_they_lie) {
  stack_slabs all(size, stack_cache::most_unused);
  stack_cache mine(all);
  std::byte* before = nullptr;
  for (std::size_t i = 0; i != stack_slabs::per_slab; ++i) {
    mine.promise();
    std::byte* const next = mine.take();
    EXPECT_LT(before, next);
    before = next;
  }
}

TEST(stack_slabs, a_promise_that_cannot_be_kept_is_not_made) {
  stack_slabs all(std::size_t{1} << 46U, 0);
  EXPECT_THROW(all.promise(1), std::bad_alloc);
  EXPECT_EQ(ever_taken(all), 0U);
}

// One worker starts all tasks and runs some, after which it keeps stacks; then as many as before are there, and the other one runs all.
TEST(stack_cache, no_task_lacks_a_stack_because_others_keep_theirs) {
  stack_slabs all(size, 2 * stack_cache::most_unused);
  stack_cache one(all);
  stack_cache other(all);
  constexpr std::size_t tasks = 512;
  constexpr std::size_t first = 100;
  std::set<std::byte*> in_use;
  const auto begin = [&in_use](stack_cache& where) { in_use.insert(where.take()); };
  const auto end = [&in_use](stack_cache& where) {
    where.one_ended();
    where.give_back(in_use.extract(in_use.begin()).value());
  };
  for (int round = 0; round != 4; ++round) {
    for (std::size_t i = 0; i != tasks; ++i) one.promise();
    for (std::size_t i = 0; i != first; ++i) begin(one);
    for (std::size_t i = 0; i != first; ++i) end(one);
    for (std::size_t i = 0; i != first; ++i) one.promise();
    for (std::size_t i = 0; i != tasks; ++i) begin(other);
    ASSERT_EQ(in_use.size(), tasks);
    for (std::size_t i = 0; i != tasks; ++i) end(round % 2 == 0 ? one : other);
  }
  EXPECT_LE(ever_taken(all), tasks + 2 * stack_cache::most_unused);
}

}  // namespace
}  // namespace sluice::test::task_stacks_test
