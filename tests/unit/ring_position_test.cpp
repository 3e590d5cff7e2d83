// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/ring_position.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace sluice::test::ring_position_test {
namespace {

using detail::ring_position;

TEST(ring_position, visits_every_slot_once_a_lap_and_crosses_the_wrap) {
  for (const std::size_t capacity : {1U, 2U, 3U, 5U, 7U, 8U, 1000U}) {
    const ring_position p(capacity);
    EXPECT_EQ(p.capacity(), capacity);
    std::uint64_t pos = std::uint64_t{0} - 2 * p.lap_after(0);  // two laps before the wrap
    for (int lap = 0; lap != 4; ++lap) {
      const std::uint64_t first = pos;
      EXPECT_EQ(p.lap(pos), pos);
      for (std::size_t i = 0; i != capacity; ++i) {
        ASSERT_EQ(p.index(pos), i);
        ASSERT_EQ(p.lap(pos), first);
        ASSERT_EQ(pos & ring_position::mark, 0U);
        ASSERT_LT(ring_position::distance(pos, p.next(pos)), 0);
        pos = p.next(pos);
      }
      EXPECT_EQ(pos, p.lap_after(first));
      EXPECT_EQ(p.lap_before(pos), first);
    }
    EXPECT_EQ(pos, 2 * p.lap_after(0));
  }
}

TEST(ring_position, leaves_two_bits_for_a_slots_state_even_at_capacity_1) {
  for (const std::size_t capacity : {1U, 2U, 3U}) EXPECT_GE(ring_position(capacity).lap_after(0), 4U);
}

TEST(ring_position, the_mark_changes_neither_slot_nor_lap) {
  const ring_position p(3);
  const std::uint64_t pos = p.next(p.lap_after(0));
  EXPECT_EQ(p.index(pos | ring_position::mark), 1U);
  EXPECT_EQ(p.lap(pos | ring_position::mark), p.lap(pos));
}

TEST(ring_position, distance_is_signed_across_the_wrap) {
  EXPECT_EQ(ring_position::distance(0, 0), 0);
  EXPECT_EQ(ring_position::distance(4, 0), 4);
  EXPECT_EQ(ring_position::distance(0, 4), -4);
  EXPECT_EQ(ring_position::distance(2, UINT64_MAX - 1), 4);
  EXPECT_EQ(ring_position::distance(UINT64_MAX - 1, 2), -4);
}

TEST(ring_position, counts_up_to_a_lap_across_the_wrap) {
  for (const std::size_t capacity : {1U, 2U, 3U, 5U, 8U}) {
    const ring_position p(capacity);
    std::uint64_t from = std::uint64_t{0} - p.lap_after(0);  // the last lap before the wrap
    for (std::size_t i = 0; i != 2 * capacity; ++i, from = p.next(from)) {
      std::uint64_t to = from;
      for (std::size_t n = 0; n <= capacity; ++n, to = p.next(to)) {
        EXPECT_EQ(p.count(from, to), n);
        EXPECT_EQ(p.count(from, to | ring_position::mark), n);
      }
      EXPECT_LE(p.count(from, p.lap_after(to)), capacity) << "too far apart";
      EXPECT_LE(p.count(to, from), capacity) << "in the wrong order";
    }
  }
}

}  // namespace
}  // namespace sluice::test::ring_position_test
