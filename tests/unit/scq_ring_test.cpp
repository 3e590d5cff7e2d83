// SPDX-License-Identifier: BSL-1.0
#include <sluice/scq_ring.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "../support/delivery.hpp"
#include "../support/elements.hpp"
#include "../support/gated.hpp"
#include "../support/ring_tests.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::scq_ring_test {
namespace {

struct scq_ring_family {
  template <class T, class Allocator>
  using ring = scq_ring<T, Allocator>;
  template <class Ring, class Allocator>
  static std::unique_ptr<Ring> make(std::size_t capacity, detail::first_lap first, const Allocator& alloc) {
    return std::make_unique<Ring>(capacity, 8, first, alloc);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(scq_ring, any_ring, scq_ring_family);

TEST(scq_ring, is_not_stopped_by_a_stalled_push) {
  scq_ring<gated> ring(2, 2);
  gate g;
  std::thread stalled([&] { EXPECT_EQ(ring.try_emplace(1, g), conqueue_status::success); });
  g.wait_until_inside();
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::empty) << "the stalled push has not taken effect";
  for (int i = 2; i != 10; ++i) {
    EXPECT_EQ(ring.try_emplace(i), conqueue_status::success);
    EXPECT_EQ(ring.try_emplace(i), conqueue_status::full) << "the stalled push holds a place";
    EXPECT_EQ(ring.try_pop().value().value, i);
  }
  g.open();
  stalled.join();
  EXPECT_EQ(ring.try_pop().value().value, 1);
}

TEST(scq_ring, is_not_stopped_by_a_stalled_pop_whose_place_counts_as_taken) {
  scq_ring<gated> ring(2, 2);
  gate g;
  EXPECT_EQ(ring.try_emplace(1, g, 1), conqueue_status::success);
  std::thread stalled([&] { EXPECT_EQ(ring.try_pop().value().value, 1); });
  g.wait_until_inside();
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::empty);
  for (int i = 2; i != 10; ++i) {
    EXPECT_EQ(ring.try_emplace(i), conqueue_status::success);
    EXPECT_EQ(ring.try_emplace(i), conqueue_status::full);
    EXPECT_EQ(ring.try_pop().value().value, i);
  }
  g.open();
  stalled.join();
  EXPECT_EQ(ring.try_emplace(1), conqueue_status::success);
  EXPECT_EQ(ring.try_emplace(2), conqueue_status::success);
}

TEST(scq_ring, a_push_that_throws_leaves_no_hole) {
  scq_ring<fragile> ring(2);
  EXPECT_EQ(ring.try_emplace(1), conqueue_status::success);
  fragile f(2);
  for (int i = 0; i != 5; ++i) {
    fragile::throw_next();
    EXPECT_THROW(static_cast<void>(ring.try_push(f)), fragile::broken);
  }
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::success);
}

TEST(scq_ring, refuses_0_threads_and_more_than_it_can_count) {
  EXPECT_THROW(scq_ring<int>(1, 0), std::invalid_argument);
  EXPECT_THROW(scq_ring<int>(1, SIZE_MAX), std::length_error);
}

TEST(scq_ring, 1_producers_and_1_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    scq_ring<counted> ring(3, 2, detail::first_lap{UINT64_MAX});
    EXPECT_EQ(try_deliveries(ring, 1, 1, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(scq_ring, 2_producers_and_2_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    scq_ring<counted> ring(2, 4);
    EXPECT_EQ(try_deliveries(ring, 2, 2, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(scq_ring, 3_producers_and_1_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    scq_ring<counted> ring(1, 4);
    EXPECT_EQ(try_deliveries(ring, 3, 1, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(scq_ring, 2_producers_and_3_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    scq_ring<counted> ring(64, 5);
    EXPECT_EQ(try_deliveries(ring, 2, 3, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

}  // namespace
}  // namespace sluice::test::scq_ring_test
