// SPDX-License-Identifier: BSL-1.0
#pragma once
// What every ring and queue must do for one thread, whatever its algorithm. A fixture's `Family` says how to make one:
//   template <class T, class Allocator = std::allocator<T>> using ring;
//   template <class Ring> static auto make(capacity, first_lap, alloc = {});   a unique_ptr
#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sluice/conqueue.hpp>
#include <sluice/detail/ring_position.hpp>

#include "allocators.hpp"
#include "elements.hpp"

namespace sluice::test {

template <class Family>
class any_ring : public testing::Test {
 public:
  template <class T, class Allocator = std::allocator<T>>
  using ring_of = typename Family::template ring<T, Allocator>;
  template <class T, class Allocator = std::allocator<T>>
  static std::unique_ptr<ring_of<T, Allocator>> make(std::size_t capacity, const Allocator& alloc = Allocator(),
                                                     std::uint64_t first = 0) {
    return Family::template make<ring_of<T, Allocator>>(capacity, detail::first_lap{first}, alloc);
  }
};
TYPED_TEST_SUITE_P(any_ring);

constexpr std::array<std::size_t, 8> capacities = {1, 2, 3, 4, 5, 8, 64, 1000};

TYPED_TEST_P(any_ring, holds_exactly_its_capacity_in_fifo_order) {
  for (const std::size_t capacity : capacities) {
    const auto ring = this->template make<int>(capacity);
    EXPECT_EQ(ring->capacity(), capacity);
    const int n = static_cast<int>(capacity);
    for (int lap = 0; lap != 3; ++lap) {
      for (int i = 0; i != n; ++i) ASSERT_EQ(ring->try_push(i), conqueue_status::success) << capacity;
      ASSERT_EQ(ring->try_push(n), conqueue_status::full) << capacity;
      ASSERT_EQ(ring->try_push(n), conqueue_status::full) << capacity;
      for (int i = 0; i != n; ++i) ASSERT_EQ(ring->try_pop().value(), i) << capacity;
      ASSERT_EQ(ring->try_pop().error(), conqueue_status::empty) << capacity;
      ASSERT_EQ(ring->try_pop().error(), conqueue_status::empty) << capacity;
    }
  }
}

TYPED_TEST_P(any_ring, positions_wrap_around_in_the_middle_of_its_use) {
  for (const std::size_t capacity : {1U, 2U, 3U, 5U, 8U}) {
    for (const std::uint64_t laps_left : {1U, 2U, 3U, 4U}) {
      const auto ring = this->template make<int>(capacity, {}, std::uint64_t{0} - laps_left);
      int pushed = 0;
      int popped = 0;
      for (int i = 0; i != 10 * static_cast<int>(capacity); ++i) {
        while (ring->try_push(pushed) == conqueue_status::success) ++pushed;
        ASSERT_EQ(pushed - popped, static_cast<int>(capacity));
        for (int k = i % static_cast<int>(capacity); k >= 0; --k) ASSERT_EQ(ring->try_pop().value(), popped++);
      }
      for (; popped != pushed; ++popped) ASSERT_EQ(ring->try_pop().value(), popped);
      ASSERT_EQ(ring->try_pop().error(), conqueue_status::empty);
    }
  }
}

TYPED_TEST_P(any_ring, takes_elements_that_only_move) {
  const auto ring = this->template make<std::unique_ptr<int>>(2);
  EXPECT_EQ(ring->try_push(std::make_unique<int>(1)), conqueue_status::success);
  EXPECT_EQ(ring->try_emplace(std::make_unique<int>(2)), conqueue_status::success);
  auto refused = std::make_unique<int>(3);
  EXPECT_EQ(ring->try_push(std::move(refused)), conqueue_status::full);
  ASSERT_NE(refused, nullptr) << "a push that is refused leaves its argument untouched";
  EXPECT_EQ(*ring->try_pop().value(), 1);
  EXPECT_EQ(ring->try_push(std::move(refused)), conqueue_status::success);
  EXPECT_EQ(refused, nullptr);
  EXPECT_EQ(*ring->try_pop().value(), 2);
  EXPECT_EQ(*ring->try_pop().value(), 3);
}

TYPED_TEST_P(any_ring, copies_from_an_lvalue) {
  const auto ring = this->template make<std::string>(1);
  const std::string s(100, 'x');
  EXPECT_EQ(ring->try_push(s), conqueue_status::success);
  EXPECT_EQ(s, std::string(100, 'x'));
  EXPECT_EQ(ring->try_pop().value(), s);
}

TYPED_TEST_P(any_ring, constructs_in_place_from_any_arguments) {
  const auto ring = this->template make<std::string>(2);
  EXPECT_EQ(ring->try_emplace(std::size_t{3}, 'a'), conqueue_status::success);
  EXPECT_EQ(ring->try_emplace(), conqueue_status::success);
  EXPECT_EQ(ring->try_pop().value(), "aaa");
  EXPECT_EQ(ring->try_pop().value(), "");
}

TYPED_TEST_P(any_ring, keeps_over_aligned_elements_aligned) {
  struct alignas(128) peeking : over_aligned {
    explicit peeking(bool& was_aligned) noexcept : over_aligned(7) { was_aligned = is_aligned(); }
  };
  const auto ring = this->template make<peeking>(3);
  for (int i = 0; i != 7; ++i) {
    bool was_aligned = false;
    EXPECT_EQ(ring->try_emplace(was_aligned), conqueue_status::success);
    EXPECT_TRUE(was_aligned);
    EXPECT_EQ(ring->try_pop().value().value, 7);
  }
}

TYPED_TEST_P(any_ring, destroys_each_element_exactly_once) {
  const balance elements;
  for (const std::size_t capacity : capacities)
    for (std::size_t inside = 0; inside <= capacity; inside += 1 + capacity / 4) {
      const auto ring = this->template make<counted>(capacity);
      for (std::size_t i = 0; i != capacity; ++i) EXPECT_EQ(ring->try_push(counted(1)), conqueue_status::success);
      for (std::size_t i = inside; i != capacity; ++i) EXPECT_TRUE(ring->try_pop().has_value());
      EXPECT_FALSE(inside != 0 && elements.holds());
    }
  EXPECT_TRUE(elements.holds());
}

TYPED_TEST_P(any_ring, a_push_that_throws_deposits_nothing_and_leaves_its_argument) {
  const balance elements;
  {
    const auto ring = this->template make<fragile>(1);
    fragile argument(5);
    for (int i = 0; i != 10; ++i) {  // what was claimed is not counted for ever
      fragile::throw_next();
      EXPECT_THROW(static_cast<void>(ring->try_push(std::move(argument))), fragile::broken);
      EXPECT_EQ(argument.value(), 5);
    }
    EXPECT_FALSE(ring->try_pop().has_value());
    EXPECT_EQ(ring->try_push(std::move(argument)), conqueue_status::success);
    EXPECT_EQ(ring->try_pop().value().value(), 5);
  }
  EXPECT_TRUE(elements.holds());
}

TYPED_TEST_P(any_ring, a_push_that_throws_behind_an_element_takes_nothing_from_it) {
  const balance elements;
  {
    const auto ring = this->template make<fragile>(3);
    EXPECT_EQ(ring->try_emplace(1), conqueue_status::success);
    fragile second(2);
    fragile::throw_next();
    EXPECT_THROW(static_cast<void>(ring->try_push(second)), fragile::broken);
    EXPECT_EQ(ring->try_emplace(3), conqueue_status::success);
    EXPECT_EQ(ring->try_pop().value().value(), 1);
    EXPECT_EQ(ring->try_pop().value().value(), 3);
    EXPECT_EQ(ring->try_pop().error(), conqueue_status::empty);
    for (int i = 0; i != 3; ++i) EXPECT_EQ(ring->try_emplace(i), conqueue_status::success);
    EXPECT_EQ(ring->try_emplace(4), conqueue_status::full);
  }
  EXPECT_TRUE(elements.holds());
}

TYPED_TEST_P(any_ring, a_pop_that_throws_has_taken_the_element_and_its_slot_is_usable) {
  const balance elements;
  {
    const auto ring = this->template make<fragile>(2);
    EXPECT_EQ(ring->try_emplace(1), conqueue_status::success);
    EXPECT_EQ(ring->try_emplace(2), conqueue_status::success);
    fragile::throw_next();
    EXPECT_THROW(static_cast<void>(ring->try_pop()), fragile::broken);
    EXPECT_EQ(ring->try_emplace(3), conqueue_status::success);
    EXPECT_EQ(ring->try_emplace(4), conqueue_status::full);
    EXPECT_EQ(ring->try_pop().value().value(), 2);
    EXPECT_EQ(ring->try_pop().value().value(), 3);
    EXPECT_FALSE(ring->try_pop().has_value());
  }
  EXPECT_TRUE(elements.holds());
}

TYPED_TEST_P(any_ring, says_noexcept_exactly_where_nothing_throws) {
  using safe = typename TestFixture::template ring_of<int>;
  using unsafe = typename TestFixture::template ring_of<fragile>;
  static_assert(noexcept(std::declval<safe&>().try_push(1)) && noexcept(std::declval<safe&>().try_pop()));
  static_assert(noexcept(std::declval<safe&>().try_emplace(1)));
  static_assert(!noexcept(std::declval<unsafe&>().try_push(std::declval<fragile>())));
  static_assert(!noexcept(std::declval<unsafe&>().try_pop()));
}

TYPED_TEST_P(any_ring, allocates_only_while_it_is_constructed_and_gives_all_back) {
  allocation_log log;
  using allocator = logging_allocator<std::string>;
  {
    const auto ring = this->template make<std::string, allocator>(3, allocator(log));
    EXPECT_TRUE(ring->get_allocator() == allocator(log));
    const long after_construction = log.allocations;
    EXPECT_GT(after_construction, 0);
    for (int i = 0; i != 20; ++i) {
      EXPECT_EQ(ring->try_push("x"), conqueue_status::success);
      EXPECT_EQ(ring->try_push("y"), conqueue_status::success);
      EXPECT_EQ(ring->try_pop().value(), "x");
      EXPECT_EQ(ring->try_pop().value(), "y");
    }
    EXPECT_EQ(ring->try_push("z"), conqueue_status::success);
    EXPECT_EQ(log.allocations, after_construction);
    EXPECT_EQ(log.deallocations, 0);
    EXPECT_EQ(log.constructed, 41) << "elements are constructed by the allocator";
    EXPECT_EQ(log.destroyed, 40);
  }
  EXPECT_EQ(log.destroyed, 41);
  EXPECT_EQ(log.deallocations, log.allocations);
}

TYPED_TEST_P(any_ring, takes_a_polymorphic_allocator_and_hands_it_to_its_elements) {
  std::array<std::byte, 8192> room;
  std::pmr::monotonic_buffer_resource resource(room.data(), room.size(), std::pmr::null_memory_resource());
  using allocator = std::pmr::polymorphic_allocator<std::pmr::string>;
  const auto ring = this->template make<std::pmr::string, allocator>(4, allocator(&resource));
  const char* const text = "a text that is too long to be kept inside of a string object";
  EXPECT_EQ(ring->try_emplace(text), conqueue_status::success);
  const auto popped = ring->try_pop();
  EXPECT_EQ(popped.value(), text);
  EXPECT_EQ(popped.value().get_allocator().resource(), &resource);
}

TYPED_TEST_P(any_ring, refuses_a_capacity_of_0_and_names_it) {
  try {
    this->template make<int>(0);
    FAIL() << "nothing was thrown";
  } catch (const std::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find(" 0 "), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("sluice::"), std::string::npos) << e.what();
  }
}

TYPED_TEST_P(any_ring, refuses_a_capacity_that_overflows_and_names_it) {
  for (const std::size_t huge : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 2, SIZE_MAX / sizeof(int)}) {
    try {
      this->template make<int>(huge);
      FAIL() << "nothing was thrown for " << huge;
    } catch (const std::length_error& e) {
      EXPECT_NE(std::string(e.what()).find(std::to_string(huge)), std::string::npos) << e.what();
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(any_ring, holds_exactly_its_capacity_in_fifo_order,
                            positions_wrap_around_in_the_middle_of_its_use, takes_elements_that_only_move,
                            copies_from_an_lvalue, constructs_in_place_from_any_arguments,
                            keeps_over_aligned_elements_aligned, destroys_each_element_exactly_once,
                            a_push_that_throws_deposits_nothing_and_leaves_its_argument,
                            a_push_that_throws_behind_an_element_takes_nothing_from_it,
                            a_pop_that_throws_has_taken_the_element_and_its_slot_is_usable,
                            says_noexcept_exactly_where_nothing_throws,
                            allocates_only_while_it_is_constructed_and_gives_all_back,
                            takes_a_polymorphic_allocator_and_hands_it_to_its_elements,
                            refuses_a_capacity_of_0_and_names_it, refuses_a_capacity_that_overflows_and_names_it);

}  // namespace sluice::test
