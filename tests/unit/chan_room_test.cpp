// SPDX-License-Identifier: BSL-1.0
// Channels without a bound, of elements that take no room, and many elements at once.
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iterator>
#include <list>
#include <memory>
#include <new>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "../support/delivery.hpp"
#include "../support/elements.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::chan_room_test {
namespace {

using namespace std::chrono_literals;
using elements = std::vector<std::unique_ptr<int>>;

elements count_to(int n) {
  elements v;
  for (int i = 0; i != n; ++i) v.push_back(std::make_unique<int>(i));
  return v;
}

TEST(unbounded_chan, a_push_never_waits_and_everything_comes_out_in_order) {
  for (const std::size_t near : {0U, 1U, 2U, 64U}) {
    const auto c = make_chan<int>(unbounded, near);
    for (int i = 0; i != 500; ++i) {
      if (i % 2 == 0)
        ASSERT_EQ(c.try_push(i), conqueue_status::success);
      else
        ASSERT_TRUE(c.push(i));
      EXPECT_EQ(c.size(), static_cast<std::size_t>(i) + 1);
    }
    for (int i = 0; i != 500; ++i) ASSERT_EQ(c.pop(), i);
    EXPECT_EQ(c.size(), 0U);
    EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
  }
}

TEST(unbounded_chan, a_close_loses_nothing_that_was_accepted) {
  const auto c = make_chan<int>(unbounded, 2);
  for (int i = 0; i != 9; ++i) EXPECT_TRUE(c.push(i));
  EXPECT_TRUE(c.close());
  EXPECT_FALSE(c.close());
  EXPECT_FALSE(c.push(9));
  EXPECT_EQ(c.try_push(9), conqueue_status::closed);
  for (int i = 0; i != 9; ++i) ASSERT_EQ(c.pop(), i);
  EXPECT_EQ(c.pop(), std::nullopt);
}

TEST(unbounded_chan, its_capacity_is_no_number_that_it_could_reach) {
  EXPECT_EQ(make_chan<int>(unbounded).capacity(), SIZE_MAX);
  EXPECT_EQ(make_chan<void>(unbounded).capacity(), SIZE_MAX);
}

TEST(unbounded_chan, what_is_left_is_destroyed_with_the_last_handle) {
  const auto watched = std::make_shared<int>(0);
  {
    const auto c = make_chan<std::shared_ptr<int>>(unbounded, 2);
    for (int i = 0; i != 9; ++i) EXPECT_TRUE(c.push(watched));
    EXPECT_EQ(watched.use_count(), 10);
    c.close();
  }
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(unbounded_chan, a_pipe_closes_with_its_last_sender) {
  auto [tx, rx] = make_pipe<int>(unbounded, 1);
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(tx.push(i));
  tx = {};
  int next = 0;
  for (const int v : rx) EXPECT_EQ(v, next++);
  EXPECT_EQ(next, 3);
}

TEST(unbounded_chan, a_select_can_always_push_and_pops_what_lies_beyond_the_buffer) {
  const auto c = make_chan<int>(unbounded, 1);
  const auto nobody = make_chan<int>();
  for (int i = 0; i != 5; ++i) EXPECT_EQ(select(on_push(nobody, 0), on_push(c, i), otherwise()), 1U);
  for (int i = 0; i != 5; ++i)
    EXPECT_EQ(select(on_pop(nobody, [](auto) {}), on_pop(c, [&](auto v) { EXPECT_EQ(v, i); })), 1U);
  EXPECT_EQ(select(on_pop(c, [](auto) {}), otherwise()), 1U);
}

TEST(unbounded_chan, many_producers_and_consumers_deliver_everything) {
  constexpr int producers = 3;
  const int each = scaled(2'000);
  for (const std::size_t near : {1U, 64U}) {
    const auto c = make_chan<int>(unbounded, near);
    const auto produce = [&](int p) {
      for (int i = 0; i != each; ++i) c.push(p * each + i);
    };
    const auto consume = [&](std::vector<int>& values, std::atomic<int>& left) {
      for (const int v : receiver<int>(c)) {
        values.push_back(v);
        if (left.fetch_sub(1) == 1) c.close();
      }
    };
    EXPECT_EQ(deliveries(producers, 3, each, produce, consume), "") << near;
  }
}

// Allocates so many times.
struct rationed_platform : std_platform {
  static inline int left = 0;
  template <class T>
  struct allocator : std::allocator<T> {
    template <class U>
    struct rebind {
      using other = allocator<U>;
    };
    allocator() = default;
    allocator(const allocator&) = default;
    allocator& operator=(const allocator&) = default;
    ~allocator() = default;
    template <class U>
    explicit allocator(const allocator<U>&) {}
    T* allocate(std::size_t n) {
      if (left == 0) throw std::bad_alloc();
      --left;
      return std::allocator<T>::allocate(n);
    }
  };
};
TEST(unbounded_chan, a_push_for_which_there_is_no_memory_leaves_its_argument_and_the_channel_as_they_were) {
  rationed_platform::left = 1000;
  const auto c = make_chan<std::unique_ptr<int>, rationed_platform>(unbounded, 1);
  EXPECT_TRUE(c.push(std::make_unique<int>(0)));
  rationed_platform::left = 0;
  auto p = std::make_unique<int>(1);
  EXPECT_THROW(c.push(std::move(p)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(c.try_push(std::move(p))), std::bad_alloc);
  ASSERT_NE(p, nullptr);
  rationed_platform::left = 1;
  EXPECT_TRUE(c.push(std::move(p)));
  for (int i = 0; i != 2; ++i) EXPECT_EQ(**c.pop(), i);
  EXPECT_FALSE(c.try_pop());
}

TEST(chan_bulk, many_go_in_and_come_out_in_order_past_the_wrap_of_the_positions) {
  for (const std::size_t capacity : {1U, 2U, 3U, 8U}) {
    const auto c = make_chan<int>(capacity, detail::first_lap{UINT64_MAX});
    std::array<int, 8> in{};
    std::iota(in.begin(), in.end(), 0);
    for (int lap = 0; lap != 3; ++lap) {
      const bulk_result pushed = c.try_push_n(in.begin(), in.size());
      EXPECT_EQ(pushed.count, capacity);
      EXPECT_EQ(pushed.status, capacity == 8 ? conqueue_status::success : conqueue_status::full);
      std::array<int, 9> out{};
      EXPECT_EQ(c.try_pop_n(out.data(), 9), (bulk_result{capacity, conqueue_status::empty}));
      for (std::size_t i = 0; i != capacity; ++i) EXPECT_EQ(out[i], static_cast<int>(i));
    }
  }
}

TEST(chan_bulk, more_than_fits_waits_for_room) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    const auto c = make_chan<std::unique_ptr<int>>(capacity);
    std::thread producer([&] {
      elements v = count_to(20);
      EXPECT_EQ(c.push_n(std::make_move_iterator(v.begin()), v.size()), v.size());
      c.close();
    });
    elements out(7);
    int next = 0;
    while (const std::size_t n = c.pop_n(out.data(), out.size()))
      for (std::size_t i = 0; i != n; ++i) EXPECT_EQ(*out[i], next++);
    EXPECT_EQ(next, 20);
    producer.join();
  }
}

TEST(chan_bulk, what_is_refused_stays_where_it_was) {
  const auto c = make_chan<std::unique_ptr<int>>(2);
  elements v = count_to(4);
  EXPECT_EQ(c.try_push_n(std::make_move_iterator(v.begin()), 4), (bulk_result{2, conqueue_status::full}));
  EXPECT_TRUE(v[0] == nullptr && v[1] == nullptr && v[2] != nullptr && v[3] != nullptr);
  c.close();
  EXPECT_EQ(c.push_n(std::make_move_iterator(v.begin() + 2), 2), 0U);
  EXPECT_TRUE(v[2] != nullptr && v[3] != nullptr);
  elements out(3);
  EXPECT_EQ(c.pop_n(out.data(), 3), 2U);
  EXPECT_EQ(c.pop_n(out.data(), 3), 0U);
  EXPECT_EQ(c.try_pop_n(out.data(), 3), (bulk_result{0, conqueue_status::closed}));
}

TEST(chan_bulk, elements_go_for_which_somebody_wrote_a_comma) {
  const auto c = make_chan<without_comma::element>(2);
  without_comma::element v[3] = {{1}, {2}, {3}};
  EXPECT_EQ(c.try_push_n(std::make_move_iterator(v), 3), (bulk_result{2, conqueue_status::full}));
  without_comma::element out[3];
  EXPECT_EQ(c.try_pop_n(out, 3), (bulk_result{2, conqueue_status::empty}));
  EXPECT_EQ(out[0].value, 1);
  EXPECT_EQ(out[1].value, 2);
}

TEST(chan_bulk, who_gives_up_says_how_many_went_and_keeps_the_others) {
  for (const std::size_t capacity : {0U, 2U}) {
    const auto c = make_chan<std::unique_ptr<int>>(capacity);
    elements v = count_to(4);
    const auto first = std::make_move_iterator(v.begin());
    EXPECT_EQ(c.push_n_for(first, 4, 1ms), (bulk_wait_result{capacity, wait_status::timed_out}));
    std::stop_source stop;
    stop.request_stop();
    const auto rest = std::make_move_iterator(v.begin() + static_cast<std::ptrdiff_t>(capacity));
    EXPECT_EQ(c.push_n_or_stop(rest, 1, stop.get_token()), (bulk_wait_result{0, wait_status::stopped}));
    for (std::size_t i = 0; i != 4; ++i) EXPECT_EQ(v[i] == nullptr, i < capacity);
    elements out(3);
    if (capacity != 0) {
      EXPECT_EQ(c.pop_n_until(out.data(), 3, std::chrono::steady_clock::now()),
                (bulk_wait_result{2, wait_status::success}));
    }
    EXPECT_EQ(c.pop_n_for(out.data(), 3, 1ms), (bulk_wait_result{0, wait_status::timed_out}));
    EXPECT_EQ(c.pop_n_or_stop(out.data(), 3, stop.get_token()), (bulk_wait_result{0, wait_status::stopped}));
    c.close();
    EXPECT_EQ(c.push_n_for(rest, 1, 1h), (bulk_wait_result{0, wait_status::closed}));
    EXPECT_EQ(c.pop_n_for(out.data(), 3, 1h), (bulk_wait_result{0, wait_status::closed}));
    EXPECT_EQ(c.pop_n_for(out.data(), 0, 1h), bulk_wait_result{});
  }
}

TEST(chan_bulk, time_enough_is_as_without_a_limit) {
  const auto c = make_chan<std::string>(2);
  const std::list<std::string> words{"a", "b", "c", "d", "e"};
  std::thread producer(
      [&] { EXPECT_EQ(c.push_n_for(words.begin(), words.size(), 1h), (bulk_wait_result{5, wait_status::success})); });
  std::vector<std::string> out(5);
  for (std::size_t n = 0; n != 5;) n += c.pop_n_for(out.data() + n, 5 - n, 1h).count;
  EXPECT_TRUE(std::equal(out.begin(), out.end(), words.begin()));
  producer.join();
}

TEST(chan_bulk, none_is_asked_of_nobody) {
  const auto c = make_chan<int>(1);
  int none = 0;
  EXPECT_EQ(c.push_n(&none, 0), 0U);
  EXPECT_EQ(c.pop_n(&none, 0), 0U);
  EXPECT_EQ(c.try_push_n(&none, 0), bulk_result{});
  EXPECT_EQ(c.try_pop_n(&none, 0), bulk_result{});
  const chan<int> nil;
  EXPECT_EQ(nil.try_push_n(&none, 1), (bulk_result{0, conqueue_status::full}));
  EXPECT_EQ(nil.try_pop_n(&none, 1), (bulk_result{0, conqueue_status::empty}));
}

TEST(chan_bulk, elements_whose_copy_may_throw_come_from_any_iterator) {
  const auto c = make_chan<std::string>(unbounded, 2);
  const std::list<std::string> words{"a", "b", "c", "d"};
  EXPECT_EQ(c.push_n(words.begin(), words.size()), words.size());
  EXPECT_EQ(words.front(), "a");
  std::vector<std::string> out(9);
  EXPECT_EQ(c.pop_n(out.data(), out.size()), words.size());
  EXPECT_EQ(out[3], "d");
}

// Counts up from 0 with each step; one that goes past `last` throws.
struct counts_to {
  using value_type = int;
  using difference_type = std::ptrdiff_t;
  int last;
  int now = 0;
  int operator*() const { return now; }
  counts_to& operator++() {
    if (now == last) throw std::out_of_range("past the last one");
    ++now;
    return *this;
  }
  void operator++(int) { ++*this; }
};
TEST(chan_bulk, what_an_iterator_throws_comes_out_and_what_was_before_it_is_inside) {
  const auto c = make_chan<int>(8);
  EXPECT_THROW(c.push_n(counts_to{2}, 5), std::out_of_range);
  EXPECT_THROW(c.try_push_n(counts_to{1}, 3), std::out_of_range);
  std::array<int, 9> out{};
  ASSERT_EQ(c.try_pop_n(out.data(), out.size()), (bulk_result{5, conqueue_status::empty}));
  EXPECT_EQ(out, (std::array<int, 9>{0, 1, 2, 0, 1}));
}

TEST(chan_bulk, an_iterator_is_not_asked_for_more_than_is_wanted) {
  const auto c = make_chan<int>(8);
  EXPECT_EQ(c.push_n(counts_to{1}, 2), 2U);
  EXPECT_EQ(c.try_push_n(counts_to{0}, 1), (bulk_result{1, conqueue_status::success}));
}

struct alike {
  alike() = default;
  explicit alike(int) noexcept {}
};
struct counted_moves {  // empty, and not to be conjured up
  static inline int moves = 0;
  counted_moves() = default;
  counted_moves(counted_moves&&) noexcept { ++moves; }
  counted_moves& operator=(counted_moves&&) = delete;
  ~counted_moves() = default;
};
static_assert(detail::holds_nothing<unit> && detail::holds_nothing<alike>);
static_assert(!detail::holds_nothing<int> && !detail::holds_nothing<counted_moves>);

TEST(chan_of_nothing, holds_exactly_as_many_as_its_capacity_past_the_wrap_of_the_positions) {
  for (const std::size_t capacity : {1U, 2U, 3U, 5U, 64U}) {
    const auto c = make_chan<alike>(capacity, detail::first_lap{UINT64_MAX});
    for (int lap = 0; lap != 3; ++lap) {
      for (std::size_t i = 0; i != capacity; ++i) {
        EXPECT_EQ(c.size(), i);
        EXPECT_EQ(c.try_emplace(), conqueue_status::success);
      }
      EXPECT_EQ(c.try_emplace(1), conqueue_status::full);
      for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(c.try_pop());
      EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
    }
  }
}

TEST(chan_of_nothing, has_room_for_more_than_there_is_memory) {
  constexpr std::size_t capacity = std::size_t{1} << 50;
  const auto c = make_chan<void>(capacity);
  EXPECT_EQ(c.capacity(), capacity);
  for (int i = 0; i != 1'000; ++i) EXPECT_TRUE(c.push());
  EXPECT_EQ(c.size(), 1'000U);
  c.close();
  for (int i = 0; i != 1'000; ++i) EXPECT_TRUE(c.pop());
  EXPECT_EQ(c.pop(), std::nullopt);
}

TEST(chan_of_nothing, many_at_once) {
  const auto c = make_chan<void>(5);
  std::array<unit, 8> signals{};
  EXPECT_EQ(c.try_push_n(signals.begin(), 8), (bulk_result{5, conqueue_status::full}));
  EXPECT_EQ(c.try_pop_n(signals.data(), 3), (bulk_result{3, conqueue_status::success}));
  EXPECT_EQ(c.try_pop_n(signals.data(), 8), (bulk_result{2, conqueue_status::empty}));
}

TEST(chan_of_nothing, an_element_that_counts_its_moves_is_moved) {
  const auto c = make_chan<counted_moves>(1);
  EXPECT_TRUE(c.push(counted_moves()));
  EXPECT_TRUE(c.pop());
  EXPECT_GE(counted_moves::moves, 2);
}

TEST(chan_of_nothing, is_a_semaphore_for_what_its_holders_do) {
  const int each = scaled(5'000);
  for (const bool without_bound : {false, true}) {
    const auto places = make_chan<void>(2);
    const auto done = without_bound ? make_chan<void>(unbounded, 1) : make_chan<void>();
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i != each; ++i) {
          places.push();
          const int now = inside.fetch_add(1) + 1;
          if (now > most.load()) most.store(now);
          inside.fetch_sub(1);
          EXPECT_TRUE(places.pop());
        }
        done.push();
      });
    for (int t = 0; t != 4; ++t) EXPECT_TRUE(done.pop());
    for (auto& t : threads) t.join();
    EXPECT_LE(most.load(), 2);
    EXPECT_EQ(select(on_pop(places, [](auto) {}), on_push(places, unit()), otherwise()), 1U);
  }
}

}  // namespace
}  // namespace sluice::test::chan_room_test
