// SPDX-License-Identifier: BSL-1.0
#include <sluice/deque.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>

namespace sluice::test::deque_test {
namespace {

TEST(deque, its_owner_pops_the_youngest_and_a_thief_the_eldest) {
  deque<int> d;
  for (const int v : {1, 2, 3}) d.push(v);
  EXPECT_EQ(d.size(), 3U);
  EXPECT_EQ(d.try_pop().value(), 3);
  EXPECT_EQ(d.try_steal().value(), 1);
  EXPECT_EQ(d.try_pop().value(), 2);
  EXPECT_TRUE(d.empty());
}

TEST(deque, try_steal_tells_how_many_others_there_were) {
  sluice::deque<int> d;
  for (const int i : {1, 2, 3}) d.push(i);
  for (const std::size_t left : {std::size_t{2}, std::size_t{1}, std::size_t{0}}) {
    std::size_t others = 99;
    EXPECT_TRUE(d.try_steal(others));
    EXPECT_EQ(others, left);
  }
  std::size_t others = 99;
  EXPECT_FALSE(d.try_steal(others));
}

TEST(deque, says_that_it_is_empty_as_often_as_it_is_asked) {
  deque<int> d(1);
  for (int round = 0; round != 3; ++round) {
    EXPECT_EQ(d.try_pop().error(), conqueue_status::empty);
    EXPECT_EQ(d.try_steal().error(), conqueue_status::empty);
    EXPECT_EQ(d.size(), 0U);
    d.push(round);
    EXPECT_EQ((round % 2 == 0 ? d.try_pop() : d.try_steal()).value(), round);
  }
}

TEST(deque, grows_and_keeps_the_order_wherever_it_stood) {
  for (int before = 0; before != 5; ++before) {
    deque<int> d(2);
    for (int i = 0; i != before; ++i) {
      d.push(-1);
      EXPECT_EQ(d.try_steal().value(), -1);
    }
    for (int v = 0; v != 100; ++v) d.push(v);
    EXPECT_EQ(d.capacity(), 128U);
    for (int v = 0; v != 50; ++v) EXPECT_EQ(d.try_steal().value(), v);
    for (int v = 99; v != 49; --v) EXPECT_EQ(d.try_pop().value(), v);
    EXPECT_TRUE(d.empty());
  }
}

TEST(deque, does_not_grow_while_there_is_room) {
  deque<int> d(4);
  for (int v = 0; v != 1'000; ++v) {
    d.push(v);
    d.push(v);
    EXPECT_EQ(d.try_steal().value(), v);
    EXPECT_EQ(d.try_pop().value(), v);
  }
  EXPECT_EQ(d.capacity(), 4U);
}

TEST(deque, rounds_its_capacity_up_to_a_power_of_two) {
  EXPECT_EQ(deque<int>(1).capacity(), 1U);
  EXPECT_EQ(deque<int>(5).capacity(), 8U);
}

TEST(deque, refuses_a_capacity_that_cannot_be) {
  EXPECT_THROW(deque<int>(0), std::invalid_argument);
  EXPECT_THROW(deque<int>(deque<int>::max_capacity() + 1), std::length_error);
}

// Gives memory until it has given `left` pieces.
template <class T>
struct scarce {
  using value_type = T;
  int* left;
  explicit scarce(int& n) : left(&n) {}
  template <class U>
  scarce(const scarce<U>& other) : left(other.left) {}
  T* allocate(std::size_t n) {
    if ((*left)-- <= 0) throw std::bad_alloc();
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }
  friend bool operator==(const scarce&, const scarce&) = default;
};

TEST(deque, a_push_for_which_there_is_no_memory_has_pushed_nothing) {
  for (const int pieces : {2, 3}) {  // neither of the two that growing takes; only the first one
    int left = pieces;
    deque<int, scarce<int>> d(2, scarce<int>(left));
    d.push(1);
    d.push(2);
    EXPECT_THROW(d.push(3), std::bad_alloc);
    EXPECT_EQ(d.size(), 2U);
    left = 2;
    d.push(3);
    EXPECT_EQ(d.try_steal().value(), 1);
    EXPECT_EQ(d.try_pop().value(), 3);
    EXPECT_EQ(d.try_pop().value(), 2);
  }
  int none = 0;
  EXPECT_THROW((deque<int, scarce<int>>(2, scarce<int>(none))), std::bad_alloc);
}

}  // namespace
}  // namespace sluice::test::deque_test
