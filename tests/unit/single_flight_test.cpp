// SPDX-License-Identifier: BSL-1.0
// What tests/property and tests/examples do not come to: keys that are not what they were, or cannot be hashed, and when functions go, and
// values that are hard to move.
#include <sluice/single_flight.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace sluice::test::single_flight_test {
namespace {

struct breakable_hash {
  static inline bool broken = false;
  std::size_t operator()(int key) const {
    if (broken) throw std::runtime_error("out of order");
    return static_cast<std::size_t>(key);
  }
};

TEST(single_flight, a_hash_that_throws_strands_nobody) {
  single_flight<int, int, breakable_hash> flights;
  const auto breaks = [&] {
    breakable_hash::broken = true;
    EXPECT_THROW(flights.forget(1), std::runtime_error);
    EXPECT_THROW(flights.run(1, [] { return 0; }), std::runtime_error);
    return 2;
  };
  EXPECT_EQ(flights.run(1, breaks).value, 2);
  breakable_hash::broken = false;
  EXPECT_EQ(flights.size(), 0U);
  EXPECT_EQ(flights.run(1, [] { return 3; }).value, 3);
}

TEST(single_flight, a_function_may_change_what_its_key_was_taken_from) {
  single_flight<std::string, int> flights;
  std::string name = "a";
  EXPECT_EQ(flights.run(name, [&] { return name = "b", 1; }).value, 1);
  EXPECT_EQ(flights.size(), 0U);
  EXPECT_EQ(flights.run("a", [] { return 2; }).value, 2);
}

TEST(single_flight, what_a_function_held_is_gone_before_its_flight_has_landed) {
  single_flight<int, int> flights;
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> there = held;
  bool gone = false;
  const auto start = [&](auto run) {
    run();
    gone = there.expired();  // though `run` is still here
  };
  const auto answer = flights.run_async(1, [held = std::move(held)] { return *held; }, start);
  EXPECT_EQ(answer.pop()->get().value, 7);
  EXPECT_TRUE(gone);
}

// Counts its copies; may be moved so many times, and then throws.
struct counted {
  static inline int copies = 0;
  static inline int moves_left = 0;
  counted() = default;
  counted(const counted&) { ++copies; }
  counted(counted&&) {
    if (--moves_left < 0) throw std::runtime_error("moved too often");
  }
};

TEST(single_flight, what_nobody_shares_is_moved_and_not_copied) {
  single_flight<int, counted> flights;
  counted::moves_left = 100;
  EXPECT_FALSE(flights.run(1, [] { return counted(); }).shared);
  EXPECT_EQ(counted::copies, 0);
}

TEST(single_flight, what_moving_a_shared_value_throws_comes_to_all_who_share_it) {
  single_flight<int, counted> flights;
  receiver<single_flight<int, counted>::landed> other;
  const auto run = [&] {
    other = flights.run_async(1, [] { return counted(); }, [](auto now) { now(); });
    counted::moves_left = 1;  // into the flight
    return counted();
  };
  EXPECT_THROW(flights.run(1, run), std::runtime_error);
  const auto landed = other.pop();
  ASSERT_TRUE(landed);
  EXPECT_THROW(landed->get(), std::runtime_error);
  EXPECT_EQ(flights.size(), 0U);
}

}  // namespace
}  // namespace sluice::test::single_flight_test
