// SPDX-License-Identifier: BSL-1.0
#include <sluice/bounded_queue.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <latch>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "../support/delivery.hpp"
#include "../support/gated.hpp"
#include "../support/observed_platform.hpp"
#include "../support/ring_tests.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::bounded_queue_test {
namespace {

using namespace std::chrono_literals;

struct bounded_queue_family {
  template <class T, class Allocator>
  using ring = bounded_queue<T, Allocator>;
  template <class Ring, class Allocator>
  static std::unique_ptr<Ring> make(std::size_t capacity, detail::first_lap first, const Allocator& alloc) {
    return std::make_unique<Ring>(capacity, first, alloc);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(bounded_queue, any_ring, bounded_queue_family);

TEST(bounded_queue, an_impossible_capacity_is_the_queues_error_not_its_rings) {
  const auto said = [](std::size_t capacity) -> std::string {
    try {
      const bounded_queue<int> q(capacity);
    } catch (const std::invalid_argument& e) {
      return e.what();
    } catch (const std::length_error& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_EQ(said(0), "sluice::bounded_queue: the capacity must be at least 1, but 0 was asked for");
  EXPECT_EQ(said(SIZE_MAX).find("sluice::bounded_queue: a capacity of 18446744073709551615 was asked for, but"), 0U);
}

template <class Base>
class bounded_queue_blocking : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  template <class T>
  using queue_of = bounded_queue<T, std::allocator<T>, platform>;

  bounded_queue_blocking() { platform::reset(); }
  // Until so many threads sleep, or are about to: what happens next must reach them either way.
  static void wait_for_sleepers(std::uint64_t n) { platform::wait_for_sleepers(n); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(bounded_queue_blocking, bases);

TYPED_TEST(bounded_queue_blocking, pop_sleeps_until_a_push_wakes_it) {
  typename TestFixture::template queue_of<int> q(1);
  std::thread popper([&] { EXPECT_EQ(q.pop(), 7); });
  this->wait_for_sleepers(1);
  EXPECT_TRUE(q.push(7));
  popper.join();
}

TYPED_TEST(bounded_queue_blocking, pop_sleeps_until_a_try_push_wakes_it) {
  typename TestFixture::template queue_of<int> q(1);
  std::thread popper([&] { EXPECT_EQ(q.pop(), 7); });
  this->wait_for_sleepers(1);
  EXPECT_EQ(q.try_push(7), conqueue_status::success);
  popper.join();
}

TYPED_TEST(bounded_queue_blocking, push_sleeps_until_a_pop_wakes_it) {
  typename TestFixture::template queue_of<int> q(1);
  EXPECT_TRUE(q.push(1));
  std::thread pusher([&] { EXPECT_TRUE(q.push(2)); });
  this->wait_for_sleepers(1);
  EXPECT_EQ(q.pop(), 1);
  pusher.join();
  EXPECT_EQ(q.pop(), 2);
}

TYPED_TEST(bounded_queue_blocking, push_sleeps_until_a_try_pop_wakes_it) {
  typename TestFixture::template queue_of<int> q(1);
  EXPECT_TRUE(q.push(1));
  std::thread pusher([&] { EXPECT_TRUE(q.emplace(2)); });
  this->wait_for_sleepers(1);
  EXPECT_EQ(q.try_pop().value(), 1);
  pusher.join();
  EXPECT_EQ(q.try_pop().value(), 2);
}

TYPED_TEST(bounded_queue_blocking, one_close_wakes_every_popper) {
  typename TestFixture::template queue_of<int> q(2);
  std::vector<std::thread> poppers;
  for (int i = 0; i != 8; ++i) poppers.emplace_back([&] { EXPECT_EQ(q.pop(), std::nullopt); });
  this->wait_for_sleepers(8);
  q.close();
  for (std::thread& t : poppers) t.join();
}

TYPED_TEST(bounded_queue_blocking, one_close_wakes_every_pusher_and_leaves_their_arguments) {
  typename TestFixture::template queue_of<std::unique_ptr<int>> q(1);
  EXPECT_TRUE(q.push(std::make_unique<int>(0)));
  std::vector<std::thread> pushers;
  for (int i = 0; i != 8; ++i)
    pushers.emplace_back([&] {
      auto argument = std::make_unique<int>(1);
      EXPECT_FALSE(q.push(std::move(argument)));
      EXPECT_NE(argument, nullptr);
    });
  this->wait_for_sleepers(8);
  q.close();
  for (std::thread& t : pushers) t.join();
  EXPECT_EQ(*q.pop().value(), 0) << "close loses nothing";
  EXPECT_EQ(q.pop(), std::nullopt);
}

TYPED_TEST(bounded_queue_blocking, as_many_pushes_as_sleepers_wake_them_all) {
  typename TestFixture::template queue_of<int> q(8);
  std::vector<std::thread> poppers;
  std::atomic<int> sum{0};
  for (int i = 0; i != 8; ++i) poppers.emplace_back([&] { sum += q.pop().value(); });
  this->wait_for_sleepers(8);
  for (int i = 0; i != 8; ++i) EXPECT_EQ(q.try_push(1 << i), conqueue_status::success);
  for (std::thread& t : poppers) t.join();
  EXPECT_EQ(sum, 255);
}

TYPED_TEST(bounded_queue_blocking, pop_waits_for_a_stalled_push_instead_of_saying_busy) {
  typename TestFixture::template queue_of<gated> q(2);
  gate g;
  std::thread stalled([&] { EXPECT_TRUE(q.emplace(1, g)); });
  g.wait_until_inside();
  EXPECT_TRUE(q.emplace(2));
  std::thread popper([&] {
    EXPECT_EQ(q.pop().value().value, 1);
    EXPECT_EQ(q.pop().value().value, 2);
  });
  this->wait_for_sleepers(1);
  g.open();
  stalled.join();
  popper.join();
}

TYPED_TEST(bounded_queue_blocking, push_waits_for_a_stalled_pop_instead_of_saying_busy) {
  typename TestFixture::template queue_of<gated> q(1);
  gate g;
  EXPECT_TRUE(q.emplace(1, g, 1));
  std::thread stalled([&] { EXPECT_EQ(q.pop().value().value, 1); });
  g.wait_until_inside();
  std::thread pusher([&] { EXPECT_TRUE(q.emplace(2)); });
  this->wait_for_sleepers(1);
  g.open();
  stalled.join();
  pusher.join();
  EXPECT_EQ(q.pop().value().value, 2);
}

TYPED_TEST(bounded_queue_blocking, a_push_that_throws_hands_its_wake_up_on) {
  typename TestFixture::template queue_of<fragile> q(1);
  EXPECT_TRUE(q.emplace(1));
  std::thread thrower([&] {
    fragile f(2);
    fragile::throw_next();
    EXPECT_THROW(q.push(f), fragile::broken);
  });
  std::thread pusher([&] { EXPECT_TRUE(q.emplace(3)); });
  this->wait_for_sleepers(2);
  // Whichever of them it wakes: the thrower leaves room for the pusher, the pusher leaves what the second pop takes.
  EXPECT_EQ(q.pop().value().value(), 1);
  EXPECT_EQ(q.pop().value().value(), 3);
  thrower.join();
  pusher.join();
}

TYPED_TEST(bounded_queue_blocking, a_pop_that_throws_has_made_room) {
  typename TestFixture::template queue_of<fragile> q(1);
  EXPECT_TRUE(q.emplace(1));
  std::thread pusher([&] { EXPECT_TRUE(q.emplace(2)); });
  this->wait_for_sleepers(1);
  fragile::throw_next();
  EXPECT_THROW(q.pop(), fragile::broken);
  pusher.join();
  EXPECT_EQ(q.pop().value().value(), 2);
}

TYPED_TEST(bounded_queue_blocking, a_deadline_that_has_passed_times_out_at_once_but_loses_to_what_is_there) {
  using clock = typename TestFixture::platform;
  using time_point = typename clock::time_point;
  typename TestFixture::template queue_of<int> q(1);
  for (const auto passed : {clock::now(), clock::now() - 1h, time_point::min(), time_point{}}) {
    EXPECT_EQ(q.pop_until(passed).error(), wait_status::timed_out);
    EXPECT_EQ(q.push_until(1, passed), wait_status::success);
    EXPECT_EQ(q.push_until(2, passed), wait_status::timed_out);
    EXPECT_EQ(q.pop_until(passed).value(), 1);
  }
  for (const auto d : {std::chrono::hours(0), std::chrono::hours(-1), std::chrono::hours::min()})
    EXPECT_EQ(q.pop_for(d).error(), wait_status::timed_out);
  q.close();
  EXPECT_EQ(q.pop_for(0s).error(), wait_status::closed);
  EXPECT_EQ(q.push_for(1, 0s), wait_status::closed);
}

TYPED_TEST(bounded_queue_blocking, waits_until_times_of_any_clock_and_is_not_early_on_it) {
  typename TestFixture::template queue_of<int> q(1);
  const auto is_not_early = [&](auto until) {
    using clock = typename decltype(until)::clock;
    EXPECT_EQ(q.pop_until(until).error(), wait_status::timed_out);
    EXPECT_GE(clock::now(), until);
    EXPECT_EQ(q.push_until(1, until), wait_status::success);
    EXPECT_EQ(q.push_until(2, clock::now() + 2ms), wait_status::timed_out);
    EXPECT_EQ(q.pop_until(until).value(), 1);
  };
  is_not_early(std::chrono::steady_clock::now() + 0.01s);
  is_not_early(std::chrono::system_clock::now() + 10ms);
}

TYPED_TEST(bounded_queue_blocking, a_deadline_that_comes_is_not_missed_and_not_early) {
  using clock = typename TestFixture::platform;
  typename TestFixture::template queue_of<std::unique_ptr<int>> q(1);
  const auto before = clock::now();
  EXPECT_EQ(q.pop_for(20ms).error(), wait_status::timed_out);
  EXPECT_GE(clock::now() - before, 20ms);
  EXPECT_TRUE(q.push(nullptr));
  auto argument = std::make_unique<int>(1);
  EXPECT_EQ(q.push_until(std::move(argument), clock::now() + 20ms), wait_status::timed_out);
  EXPECT_NE(argument, nullptr);
}

TYPED_TEST(bounded_queue_blocking, a_duration_that_is_no_number_is_none) {
  typename TestFixture::template queue_of<int> q(1);
  const std::chrono::duration<double> none(std::nan(""));
  EXPECT_EQ(q.pop_for(none).error(), wait_status::timed_out);
  ASSERT_TRUE(q.push(1));
  EXPECT_EQ(q.push_for(2, none), wait_status::timed_out);
}

TYPED_TEST(bounded_queue_blocking, durations_that_overflow_the_clock_wait_for_ever) {
  using huge = std::chrono::duration<double, std::ratio<86400 * 365>>;
  typename TestFixture::template queue_of<int> q(1);
  std::thread poppers[] = {
      std::thread([&] { EXPECT_EQ(q.pop_for(std::chrono::hours::max()).value(), 1); }),
      std::thread([&] { EXPECT_EQ(q.pop_for(std::chrono::nanoseconds::max()).value(), 1); }),
      std::thread([&] { EXPECT_EQ(q.pop_for(huge(1e300)).value(), 1); }),
      std::thread([&] { EXPECT_EQ(q.pop_until(TypeParam::no_deadline).value(), 1); }),
  };
  this->wait_for_sleepers(4);
  for (int i = 0; i != 4; ++i) EXPECT_TRUE(q.push(1));
  for (std::thread& t : poppers) t.join();
}

TYPED_TEST(bounded_queue_blocking, timed_forms_are_woken_before_their_deadline) {
  typename TestFixture::template queue_of<int> q(1);
  std::thread popper([&] { EXPECT_EQ(q.pop_for(1h).value(), 7); });
  this->wait_for_sleepers(1);
  EXPECT_EQ(q.push_for(7, 1h), wait_status::success);
  popper.join();
}

TYPED_TEST(bounded_queue_blocking, a_stop_before_the_call_stops_it_but_loses_to_what_is_there) {
  typename TestFixture::template queue_of<int> q(1);
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(q.pop_or_stop(source.get_token()).error(), wait_status::stopped);
  EXPECT_EQ(q.push_or_stop(1, source.get_token()), wait_status::success);
  EXPECT_EQ(q.push_or_stop(2, source.get_token()), wait_status::stopped);
  EXPECT_EQ(q.pop_or_stop(source.get_token()).value(), 1);
  EXPECT_EQ(q.pop_for(1h, source.get_token()).error(), wait_status::stopped);
}

TYPED_TEST(bounded_queue_blocking, a_stop_wakes_sleepers_of_that_token_and_nobody_else) {
  typename TestFixture::template queue_of<int> q(1);
  std::stop_source mine;
  std::stop_source other;
  std::thread stopped([&] { EXPECT_EQ(q.pop_or_stop(mine.get_token()).error(), wait_status::stopped); });
  std::thread stopped_too([&] { EXPECT_EQ(q.pop_for(1h, mine.get_token()).error(), wait_status::stopped); });
  std::thread served([&] { EXPECT_EQ(q.pop_or_stop(other.get_token()).value(), 5); });
  this->wait_for_sleepers(3);
  mine.request_stop();
  stopped.join();
  stopped_too.join();
  EXPECT_TRUE(q.push(5));
  served.join();
}

TYPED_TEST(bounded_queue_blocking, a_stopped_push_leaves_its_argument) {
  typename TestFixture::template queue_of<std::unique_ptr<int>> q(1);
  EXPECT_TRUE(q.push(nullptr));
  std::stop_source source;
  std::thread pusher([&] {
    auto argument = std::make_unique<int>(1);
    EXPECT_EQ(q.push_or_stop(std::move(argument), source.get_token()), wait_status::stopped);
    EXPECT_NE(argument, nullptr);
  });
  this->wait_for_sleepers(1);
  source.request_stop();
  pusher.join();
}

TYPED_TEST(bounded_queue_blocking, a_stop_or_a_deadline_that_races_with_a_delivery_loses_nothing) {
  for (int round = 0; round != scaled(2'000); ++round) {
    typename TestFixture::template queue_of<int> q(1);
    std::stop_source source;
    std::latch start(3);
    int received = 0;
    std::thread popper([&] {
      start.arrive_and_wait();
      const auto e =
          round % 2 == 0 ? q.pop_or_stop(source.get_token()) : q.pop_for(std::chrono::microseconds(round % 90));
      received = e.has_value() ? *e : 0;
    });
    std::thread stopper([&] {
      start.arrive_and_wait();
      source.request_stop();
    });
    start.arrive_and_wait();
    EXPECT_TRUE(q.push(1));
    popper.join();
    stopper.join();
    ASSERT_EQ(received + q.try_pop().value_or(0), 1) << "round " << round;
  }
}

TYPED_TEST(bounded_queue_blocking, nobody_is_woken_where_nobody_sleeps) {
  typename TestFixture::template queue_of<int> q(2);
  for (int i = 0; i != 100; ++i) {
    EXPECT_TRUE(q.push(i));
    EXPECT_EQ(q.pop(), i);
  }
  EXPECT_EQ(TestFixture::platform::wakes, 0U);
  EXPECT_EQ(TestFixture::platform::sleeps, 0U);
}

template <class Queue>
std::string blocking_deliveries(Queue& q, int producers, int consumers, int each) {
  return deliveries(
      producers, consumers, each,
      [&](int p) {
        for (int i = 0; i != each; ++i) q.push(p * each + i);
      },
      [&](std::vector<int>& values, std::atomic<int>& left) {
        while (const auto v = q.pop()) {
          values.push_back(*v);
          if (left.fetch_sub(1) == 1) q.close();
        }
      });
}

TYPED_TEST(bounded_queue_blocking, many_producers_and_consumers_deliver_everything_and_all_leave_after_close) {
  for (const std::size_t capacity : {1U, 2U, 3U, 16U}) {
    typename TestFixture::template queue_of<int> q(capacity);
    EXPECT_EQ(blocking_deliveries(q, 3, 3, scaled(2'000)), "") << capacity;
  }
  bounded_queue<int, std::allocator<int>, TypeParam> spinning(2);
  EXPECT_EQ(blocking_deliveries(spinning, 2, 2, scaled(5'000)), "");
}

}  // namespace
}  // namespace sluice::test::bounded_queue_test
