// SPDX-License-Identifier: BSL-1.0
#include <sluice/mpmc_ring.hpp>

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

namespace sluice::test::mpmc_ring_test {
namespace {

struct mpmc_ring_family {
  template <class T, class Allocator>
  using ring = mpmc_ring<T, Allocator>;
  template <class Ring, class Allocator>
  static std::unique_ptr<Ring> make(std::size_t capacity, detail::first_lap first, const Allocator& alloc) {
    return std::make_unique<Ring>(capacity, first, alloc);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(mpmc_ring, any_ring, mpmc_ring_family);

TEST(mpmc_ring, try_pop_says_busy_not_empty_while_a_completed_push_waits_behind_a_stalled_one) {
  mpmc_ring<gated> ring(2);
  gate g;
  std::thread stalled([&] { EXPECT_EQ(ring.try_emplace(1, g), conqueue_status::success); });
  g.wait_until_inside();
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::busy) << "claimed, not filled: neither empty nor there";
  EXPECT_EQ(ring.try_emplace(2), conqueue_status::success);
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::busy);
  EXPECT_FALSE(ring.looks_empty());
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::full);
  g.open();
  stalled.join();
  EXPECT_EQ(ring.try_pop().value().value, 1);
  EXPECT_EQ(ring.try_pop().value().value, 2);
}

TEST(mpmc_ring, try_push_says_busy_not_full_while_the_pop_that_made_room_is_stalled) {
  mpmc_ring<gated> ring(2);
  gate g;
  EXPECT_EQ(ring.try_emplace(1, g, 1), conqueue_status::success);
  EXPECT_EQ(ring.try_emplace(2), conqueue_status::success);
  std::thread stalled([&] { EXPECT_EQ(ring.try_pop().value().value, 1); });
  g.wait_until_inside();
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::busy);
  EXPECT_EQ(ring.try_pop().value().value, 2) << "a stalled pop does not stop the next one";
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::busy) << "the slot at the tail is still the stalled one";
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::empty);
  g.open();
  stalled.join();
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::success);
}

TEST(mpmc_ring, close_outranks_full_and_busy_for_pushes_and_the_inside_outranks_closed_for_pops) {
  mpmc_ring<gated> ring(1);
  gate g;
  std::thread stalled([&] { EXPECT_EQ(ring.try_emplace(1, g), conqueue_status::success); });
  g.wait_until_inside();
  EXPECT_FALSE(ring.is_closed());
  ring.close();
  ring.close();
  EXPECT_TRUE(ring.is_closed());
  EXPECT_EQ(ring.try_emplace(2), conqueue_status::closed);
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::busy) << "closed only once drained";
  g.open();
  stalled.join();
  EXPECT_EQ(ring.try_pop().value().value, 1);
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::closed);
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::closed);
  EXPECT_EQ(ring.try_emplace(2), conqueue_status::closed);
}

TEST(mpmc_ring, closes_in_the_last_lap_before_positions_wrap_around) {
  for (const std::size_t capacity : {1U, 2U, 3U}) {
    mpmc_ring<int> ring(capacity, detail::first_lap{UINT64_MAX});
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_EQ(ring.try_push(1), conqueue_status::success);
    ring.close();
    EXPECT_EQ(ring.try_push(1), conqueue_status::closed);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_EQ(ring.try_pop().value(), 1);
    EXPECT_EQ(ring.try_pop().error(), conqueue_status::closed);
  }
}

TEST(mpmc_ring, a_refused_push_leaves_its_argument_when_closed_or_busy) {
  mpmc_ring<gated> busy(1);
  gate g;
  EXPECT_EQ(busy.try_emplace(1, g, 1), conqueue_status::success);
  std::thread stalled([&] { EXPECT_EQ(busy.try_pop().value().value, 1); });
  g.wait_until_inside();
  gated kept(7);
  EXPECT_EQ(busy.try_push(std::move(kept)), conqueue_status::busy);
  g.open();
  stalled.join();
  mpmc_ring<std::unique_ptr<int>> closed(1);
  closed.close();
  auto argument = std::make_unique<int>(1);
  EXPECT_EQ(closed.try_push(std::move(argument)), conqueue_status::closed);
  EXPECT_NE(argument, nullptr);
}

TEST(mpmc_ring, bulk_operations_move_what_fits_and_say_why_no_more) {
  mpmc_ring<int> ring(5, detail::first_lap{UINT64_MAX});
  const std::vector<int> in = {1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(ring.try_push_n(in.begin(), 3), (bulk_result{3, conqueue_status::success}));
  EXPECT_EQ(ring.try_push_n(in.begin() + 3, 4), (bulk_result{2, conqueue_status::full}));
  EXPECT_EQ(ring.try_push_n(in.begin(), 1), (bulk_result{0, conqueue_status::full}));
  EXPECT_EQ(ring.try_push_n(in.begin(), 0), (bulk_result{0, conqueue_status::success}));
  std::vector<int> out(7);
  EXPECT_EQ(ring.try_pop_n(out.data(), 2), (bulk_result{2, conqueue_status::success}));
  EXPECT_EQ(ring.try_pop_n(out.data() + 2, 5), (bulk_result{3, conqueue_status::empty}));
  EXPECT_EQ(out, (std::vector<int>{1, 2, 3, 4, 5, 0, 0}));
  EXPECT_EQ(ring.try_push_n(in.begin(), 2), (bulk_result{2, conqueue_status::success}));
  ring.close();
  EXPECT_EQ(ring.try_push_n(in.begin(), 2), (bulk_result{0, conqueue_status::closed}));
  EXPECT_EQ(ring.try_pop_n(out.data(), 7), (bulk_result{2, conqueue_status::closed}));
}

TEST(mpmc_ring, bulk_push_takes_elements_for_which_somebody_wrote_a_comma) {
  mpmc_ring<without_comma::element> ring(2);
  without_comma::element in[2] = {{1}, {2}};
  EXPECT_EQ(ring.try_push_n(std::make_move_iterator(in), 2), (bulk_result{2, conqueue_status::success}));
  EXPECT_EQ(ring.try_pop()->value, 1);
  EXPECT_EQ(ring.try_pop()->value, 2);
}

TEST(mpmc_ring, bulk_push_moves_from_move_iterators_only_what_it_deposits) {
  mpmc_ring<std::unique_ptr<int>> ring(2);
  std::vector<std::unique_ptr<int>> in;
  for (int i = 0; i != 4; ++i) in.push_back(std::make_unique<int>(i));
  EXPECT_EQ(ring.try_push_n(std::make_move_iterator(in.begin()), 4), (bulk_result{2, conqueue_status::full}));
  EXPECT_EQ(in[0], nullptr);
  EXPECT_EQ(in[1], nullptr);
  EXPECT_NE(in[2], nullptr);
  EXPECT_NE(in[3], nullptr);
}

TEST(mpmc_ring, bulk_push_stops_at_a_stalled_pop_and_bulk_pop_at_a_stalled_push) {
  mpmc_ring<gated> ring(3);
  gate g;
  EXPECT_EQ(ring.try_emplace(1), conqueue_status::success);
  std::thread stalled([&] { EXPECT_EQ(ring.try_emplace(2, g), conqueue_status::success); });
  g.wait_until_inside();
  EXPECT_EQ(ring.try_emplace(3), conqueue_status::success);
  EXPECT_EQ(ring.try_pop().value().value, 1);
  int in[] = {4, 5};
  EXPECT_EQ(ring.try_push_n(std::begin(in), 2), (bulk_result{1, conqueue_status::full}));
  EXPECT_EQ(ring.try_pop().error(), conqueue_status::busy);
  g.open();
  stalled.join();
  for (const int expected : {2, 3, 4}) EXPECT_EQ(ring.try_pop().value().value, expected);
}

TEST(mpmc_ring, consumes_in_place_and_frees_the_slot_even_if_the_sink_throws) {
  const balance elements;
  {
    mpmc_ring<counted> ring(1);
    EXPECT_EQ(ring.try_push(counted(1)), conqueue_status::success);
    EXPECT_THROW(ring.try_consume([](counted&&) { throw 1; }), int);
    EXPECT_EQ(ring.try_push(counted(2)), conqueue_status::success);
    int seen = 0;
    EXPECT_EQ(ring.try_consume([&](counted&& c) { seen = c.value; }), conqueue_status::success);
    EXPECT_EQ(seen, 2);
    EXPECT_EQ(ring.try_consume([](counted&&) { FAIL(); }), conqueue_status::empty);
  }
  EXPECT_TRUE(elements.holds());
}

TEST(mpmc_ring, destroys_what_lies_between_holes) {
  const balance elements;
  {
    mpmc_ring<fragile> ring(4);
    fragile f(1);
    for (int i = 0; i != 2; ++i) {
      EXPECT_EQ(ring.try_emplace(i), conqueue_status::success);
      fragile::throw_next();
      EXPECT_THROW(static_cast<void>(ring.try_push(f)), fragile::broken);
    }
    EXPECT_EQ(ring.try_emplace(9), conqueue_status::full) << "behind an element a hole counts as full";
  }
  EXPECT_TRUE(elements.holds());
}

TEST(mpmc_ring, 1_producers_and_1_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    mpmc_ring<counted> ring(3, detail::first_lap{UINT64_MAX});
    EXPECT_EQ(try_deliveries(ring, 1, 1, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(mpmc_ring, 2_producers_and_2_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    mpmc_ring<counted> ring(2);
    EXPECT_EQ(try_deliveries(ring, 2, 2, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(mpmc_ring, 3_producers_and_1_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    mpmc_ring<counted> ring(1);
    EXPECT_EQ(try_deliveries(ring, 3, 1, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(mpmc_ring, 2_producers_and_3_consumers_lose_and_duplicate_nothing_and_keep_each_producers_order) {
  const int each = scaled(5'000);
  const balance elements;
  {
    mpmc_ring<counted> ring(64);
    EXPECT_EQ(try_deliveries(ring, 2, 3, each), "");
  }
  EXPECT_TRUE(elements.holds());
}

TEST(mpmc_ring, bulk_operations_of_many_threads_lose_nothing) {
  mpmc_ring<int> ring(7, detail::first_lap{UINT64_MAX});
  EXPECT_EQ(bulk_deliveries(ring, 2, 2, scaled(50'000)), "");
}

}  // namespace
}  // namespace sluice::test::mpmc_ring_test
