// SPDX-License-Identifier: BSL-1.0
#include <sluice/spsc_ring.hpp>

#include <gtest/gtest.h>

#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "../support/delivery.hpp"
#include "../support/elements.hpp"
#include "../support/gated.hpp"
#include "../support/ring_tests.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::spsc_ring_test {
namespace {

struct spsc_ring_family {
  template <class T, class Allocator>
  using ring = spsc_ring<T, Allocator>;
  template <class Ring, class Allocator>
  static std::unique_ptr<Ring> make(std::size_t capacity, detail::first_lap first, const Allocator& alloc) {
    return std::make_unique<Ring>(capacity, first, alloc);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(spsc_ring, any_ring, spsc_ring_family);

TEST(spsc_ring, says_empty_while_the_push_is_not_finished_and_full_while_the_pop_is_not) {
  spsc_ring<gated> ring(1);
  gate construction;
  std::thread producer([&] { EXPECT_EQ(ring.try_emplace(1, construction), conqueue_status::success); });
  construction.wait_until_inside();
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::empty);
  construction.open();
  producer.join();
  EXPECT_EQ(ring.try_pop().value().value, 1);
  gate move;
  EXPECT_EQ(ring.try_emplace(2, move, 1), conqueue_status::success);
  std::thread consumer([&] { EXPECT_EQ(ring.try_pop().value().value, 2); });
  move.wait_until_inside();
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::full);
  move.open();
  consumer.join();
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::success);
}

TEST(spsc_ring, bulk_operations_move_what_fits_and_say_why_no_more) {
  spsc_ring<int> ring(5, detail::first_lap{UINT64_MAX});
  const std::vector<int> in = {1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(ring.try_push_n(in.begin(), 3), (bulk_result{3, conqueue_status::success}));
  EXPECT_EQ(ring.try_push_n(in.begin() + 3, 4), (bulk_result{2, conqueue_status::full}));
  EXPECT_EQ(ring.try_push_n(in.begin(), 0), (bulk_result{0, conqueue_status::success}));
  std::vector<int> out(7);
  EXPECT_EQ(ring.try_pop_n(out.data(), 2), (bulk_result{2, conqueue_status::success}));
  EXPECT_EQ(ring.try_pop_n(out.data() + 2, 5), (bulk_result{3, conqueue_status::empty}));
  EXPECT_EQ(out, (std::vector<int>{1, 2, 3, 4, 5, 0, 0}));
}

TEST(spsc_ring, bulk_push_takes_elements_for_which_somebody_wrote_a_comma) {
  spsc_ring<without_comma::element> ring(2);
  without_comma::element in[2] = {{1}, {2}};
  EXPECT_EQ(ring.try_push_n(std::make_move_iterator(in), 2), (bulk_result{2, conqueue_status::success}));
  EXPECT_EQ(ring.try_pop()->value, 1);
  EXPECT_EQ(ring.try_pop()->value, 2);
}

TEST(spsc_ring, bulk_push_moves_only_what_it_deposits) {
  spsc_ring<std::unique_ptr<int>> ring(2);
  std::vector<std::unique_ptr<int>> in;
  for (int i = 0; i != 4; ++i) in.push_back(std::make_unique<int>(i));
  EXPECT_EQ(ring.try_push_n(std::make_move_iterator(in.begin()), 4), (bulk_result{2, conqueue_status::full}));
  EXPECT_EQ(in[1], nullptr);
  EXPECT_NE(in[2], nullptr);
}

TEST(spsc_ring, a_push_that_throws_leaves_no_hole) {
  spsc_ring<fragile> ring(2);
  EXPECT_EQ(ring.try_emplace(1), conqueue_status::success);
  fragile f(2);
  for (int i = 0; i != 5; ++i) {
    fragile::throw_next();
    EXPECT_THROW(static_cast<void>(ring.try_push(f)), fragile::broken);
  }
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::success);
}

TEST(spsc_ring, 1_producers_and_1_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    spsc_ring<counted> ring(3, detail::first_lap{UINT64_MAX});
    EXPECT_EQ(try_deliveries(ring, 1, 1, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(spsc_ring, bulk_operations_lose_nothing) {
  spsc_ring<int> ring(7, detail::first_lap{UINT64_MAX});
  EXPECT_EQ(bulk_deliveries(ring, 1, 1, scaled(200'000)), "");
}

TEST(spsc_ring, sides_may_move_to_other_threads_between_operations) {
  spsc_ring<int> ring(2);
  for (int i = 0; i != 50; ++i) {
    std::thread([&] { EXPECT_EQ(ring.try_push(i), conqueue_status::success); }).join();
    std::thread([&] { EXPECT_EQ(ring.try_pop().value(), i); }).join();
  }
}

}  // namespace
}  // namespace sluice::test::spsc_ring_test
