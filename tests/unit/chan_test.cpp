// SPDX-License-Identifier: BSL-1.0
#include <sluice/chan.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <latch>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "../support/delivery.hpp"
#include "../support/gated.hpp"
#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::chan_test {
namespace {

using namespace std::chrono_literals;

// What each end may do is part of its type.
template <class C>
concept can_push = requires(const C& c) { c.push(1); };
template <class C>
concept can_pop = requires(const C& c) { c.pop(); };
template <class C>
concept can_close = requires(const C& c) { c.close(); };
static_assert(can_push<chan<int>> && can_pop<chan<int>> && can_close<chan<int>>);
static_assert(can_push<sender<int>> && !can_pop<sender<int>> && can_close<sender<int>>);
static_assert(!can_push<receiver<int>> && can_pop<receiver<int>> && !can_close<receiver<int>>);
static_assert(std::is_convertible_v<chan<int>, sender<int>> && std::is_convertible_v<chan<int>, receiver<int>>);
static_assert(!std::is_constructible_v<chan<int>, sender<int>> && !std::is_constructible_v<chan<int>, receiver<int>>);
static_assert(!std::is_constructible_v<sender<int>, receiver<int>> &&
              !std::is_constructible_v<receiver<int>, sender<int>>);
static_assert(!std::is_constructible_v<chan<int>, chan<long>>);

template <class Base>
class chan_blocking : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  template <class T>
  static chan<T, platform> make(std::size_t capacity) {
    return make_chan<T, platform>(capacity);
  }
  chan_blocking() { platform::reset(); }
  // Until so many threads sleep, or are about to: they are in line then.
  static void wait_for_sleepers(std::uint64_t n) { platform::wait_for_sleepers(n); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(chan_blocking, bases);

TEST(chan, a_buffer_holds_exactly_its_capacity_in_fifo_order) {
  for (const std::size_t capacity : {1U, 2U, 3U, 5U, 64U}) {
    for (const std::uint64_t first : {std::uint64_t{0}, UINT64_MAX}) {
      const auto c = make_chan<int>(capacity, detail::first_lap{first});
      EXPECT_EQ(c.capacity(), capacity);
      for (int lap = 0; lap != 3; ++lap) {
        for (int i = 0; i != static_cast<int>(capacity); ++i) {
          EXPECT_EQ(c.size(), static_cast<std::size_t>(i));
          ASSERT_EQ(c.try_push(i), conqueue_status::success);
        }
        EXPECT_EQ(c.try_push(-1), conqueue_status::full);
        EXPECT_EQ(c.size(), capacity);
        for (int i = 0; i != static_cast<int>(capacity); ++i) ASSERT_EQ(c.try_pop().value(), i);
        EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
      }
    }
  }
}

TEST(chan, a_rendezvous_has_neither_room_nor_element_where_nobody_waits) {
  const auto c = make_chan<int>();
  EXPECT_EQ(c.capacity(), 0U);
  EXPECT_EQ(c.size(), 0U);
  EXPECT_EQ(c.try_push(1), conqueue_status::full);
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
  EXPECT_EQ(c.push_for(1, 0s), wait_status::timed_out);
  EXPECT_EQ(c.pop_for(0s).error(), wait_status::timed_out);
  EXPECT_EQ(c.pop_for(std::chrono::duration<double>(std::nan(""))).error(), wait_status::timed_out);
}

TEST(chan, waits_until_times_of_any_clock_and_is_not_early_on_it) {
  const auto c = make_chan<int>(1);
  int out = 0;
  const auto is_not_early = [&](auto until) {
    using clock = typename decltype(until)::clock;
    EXPECT_EQ(c.pop_until(until).error(), wait_status::timed_out);
    EXPECT_GE(clock::now(), until);
    EXPECT_EQ(c.pop_n_until(&out, 1, until), (bulk_wait_result{0, wait_status::timed_out}));
    EXPECT_EQ(c.push_until(1, until), wait_status::success) << "has come, but loses to room";
    EXPECT_EQ(c.push_until(2, clock::now() + 2ms), wait_status::timed_out);
    EXPECT_EQ(c.push_n_until(&out, 1, until), (bulk_wait_result{0, wait_status::timed_out}));
    EXPECT_EQ(c.pop_until(until).value(), 1);
  };
  is_not_early(std::chrono::steady_clock::now() + 0.01s);
  is_not_early(std::chrono::system_clock::now() + 10ms);
  is_not_early(std::chrono::system_clock::now() + std::chrono::duration<double>(0.01));
  c.close();
  EXPECT_EQ(c.pop_until(std::chrono::system_clock::time_point::max()).error(), wait_status::closed);
}

TEST(chan, a_date_that_nanoseconds_do_not_hold_is_still_to_come_or_has_come) {
  using std::chrono::system_clock;
  const auto date = [](int year) { return std::chrono::sys_days(std::chrono::year(year) / 1 / 1); };
  const auto c = make_chan<int>(1);
  for (const int year : {2263, 2300, 2317, 2400, 32767})
    EXPECT_TRUE(detail::still_to_come<std_platform>(date(year))) << year;
  for (const int year : {1676, 1, -31770, -28779, -32767})
    EXPECT_EQ(c.pop_until(date(year)).error(), wait_status::timed_out) << year;
  const std::chrono::time_point<system_clock, std::chrono::duration<std::int64_t, std::pico>> long_ago{};
  EXPECT_EQ(c.pop_until(long_ago).error(), wait_status::timed_out) << "now has too many picoseconds";
  const auto no_number = std::chrono::duration<double>(std::nan(""));
  EXPECT_EQ(c.pop_until(std::chrono::time_point<system_clock, std::chrono::duration<double>>(no_number)).error(),
            wait_status::timed_out);
  EXPECT_EQ(
      c.pop_until(std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>>(no_number)).error(),
      wait_status::timed_out);
}

TEST(chan, an_impossible_capacity_is_refused_with_its_value) {
  try {
    make_chan<int>(SIZE_MAX);
    FAIL() << "no exception";
  } catch (const std::length_error& e) {
    EXPECT_NE(std::string(e.what()).find(std::to_string(SIZE_MAX)), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("make_chan"), std::string::npos) << e.what();
  }
}

TEST(chan, closed_is_reported_after_the_drain_and_closing_twice_reports) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    const auto c = make_chan<int>(capacity);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(c.push(static_cast<int>(i)));
    EXPECT_FALSE(c.is_closed());
    EXPECT_TRUE(c.close());
    EXPECT_FALSE(c.close());
    EXPECT_TRUE(c.is_closed());
    EXPECT_FALSE(c.push(7));
    EXPECT_EQ(c.try_push(7), conqueue_status::closed);
    EXPECT_EQ(c.push_for(7, 1h), wait_status::closed);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_EQ(c.pop(), static_cast<int>(i));
    EXPECT_EQ(c.pop(), std::nullopt);
    EXPECT_EQ(c.try_pop().error(), conqueue_status::closed);
    EXPECT_EQ(c.pop_for(1h).error(), wait_status::closed);
  }
}

TEST(chan, a_push_that_does_not_succeed_leaves_its_argument) {
  for (const std::size_t capacity : {0U, 1U}) {
    const auto c = make_chan<std::unique_ptr<int>>(capacity);
    if (capacity != 0) {
      EXPECT_TRUE(c.push(nullptr));
    }
    auto p = std::make_unique<int>(1);
    EXPECT_EQ(c.try_push(std::move(p)), conqueue_status::full);
    EXPECT_EQ(c.push_for(std::move(p), 1ms), wait_status::timed_out);
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(c.push_or_stop(std::move(p), stopped.get_token()), wait_status::stopped);
    c.close();
    EXPECT_FALSE(c.push(std::move(p)));
    EXPECT_NE(p, nullptr);
  }
}

TEST(chan, an_emplace_of_an_element_that_does_not_succeed_leaves_it) {
  const chan<std::unique_ptr<int>> nil;
  for (const auto& c : {nil, make_chan<std::unique_ptr<int>>(), make_chan<std::unique_ptr<int>>(1)}) {
    if (c.capacity() != 0) {
      EXPECT_TRUE(c.emplace(nullptr));
    }
    auto p = std::make_unique<int>(1);
    EXPECT_EQ(c.try_emplace(std::move(p)), conqueue_status::full);
    EXPECT_NE(p, nullptr);
    if (!c) continue;
    c.close();
    EXPECT_EQ(c.try_emplace(std::move(p)), conqueue_status::closed);
    EXPECT_FALSE(c.emplace(std::move(p)));
    EXPECT_NE(p, nullptr);
  }
}

struct copies_badly {
  copies_badly() = default;
  copies_badly(const copies_badly&) { throw std::runtime_error("no copy"); }
  copies_badly(copies_badly&&) noexcept {}
  copies_badly& operator=(const copies_badly&) = delete;
};
TEST(chan, a_copy_that_throws_has_changed_nothing) {
  const auto c = make_chan<copies_badly>(1);
  const copies_badly b;
  EXPECT_THROW(c.push(b), std::runtime_error);
  EXPECT_THROW(c.try_push(b), std::runtime_error);
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
  EXPECT_TRUE(c.push(copies_badly{}));
}

TEST(chan, nil_waits_for_ever_and_never_succeeds) {
  const chan<int> nil;
  EXPECT_FALSE(nil);
  EXPECT_EQ(nil.try_push(1), conqueue_status::full);
  EXPECT_EQ(nil.try_pop().error(), conqueue_status::empty);
  EXPECT_EQ(nil.push_for(1, 1ms), wait_status::timed_out);
  EXPECT_EQ(nil.pop_for(1ms).error(), wait_status::timed_out);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(nil.pop_or_stop(stop.get_token()).error(), wait_status::stopped);
  EXPECT_FALSE(nil.close());
  EXPECT_FALSE(nil.is_closed());
  EXPECT_EQ(nil.capacity(), 0U);
}

TEST(chan, handles_of_one_channel_are_equal_and_hash_alike) {
  const auto a = make_chan<int>(1);
  const auto b = make_chan<int>(1);
  const chan<int> same = a;
  const sender<int> tx = a;
  const receiver<int> rx = a;
  EXPECT_TRUE(a == same && a == tx && tx == rx);
  EXPECT_FALSE(a == b);
  EXPECT_TRUE(chan<int>{} == chan<int>{});
  const std::unordered_set<chan<int>> set{a, same, b};
  EXPECT_EQ(set.size(), 2U);
  EXPECT_EQ(std::hash<sender<int>>{}(tx), std::hash<receiver<int>>{}(rx));
}

TEST(chan, a_receiver_can_be_iterated_until_closed_and_drained) {
  const auto c = make_chan<std::unique_ptr<int>>(3);
  for (int i = 0; i != 3; ++i) c.push(std::make_unique<int>(i));
  c.close();
  int next = 0;
  for (const auto& p : receiver<std::unique_ptr<int>>(c)) EXPECT_EQ(*p, next++);
  EXPECT_EQ(next, 3);
}

TEST(chan, a_channel_of_void_carries_signals) {
  const auto c = make_chan<void>(2);
  EXPECT_TRUE(c.push());
  EXPECT_EQ(c.try_push(), conqueue_status::success);
  EXPECT_EQ(c.try_push(), conqueue_status::full);
  EXPECT_TRUE(c.pop().has_value());
  EXPECT_TRUE(c.try_pop().has_value());
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
}

struct alignas(128) wide {
  int value;
};
TEST(chan, elements_keep_their_alignment) {
  const auto c = make_chan<wide>(3);
  for (int i = 0; i != 6; ++i) {
    EXPECT_TRUE(c.push(wide{i}));
    const auto w = c.pop();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*w) % 128, 0U);
    EXPECT_EQ(w->value, i);
  }
}

TEST(chan, the_last_handle_destroys_what_is_inside) {
  const auto counted = std::make_shared<int>(0);
  {
    chan<std::shared_ptr<int>> c = make_chan<std::shared_ptr<int>>(4);
    c.push(counted);
    c.push(counted);
    const receiver<std::shared_ptr<int>> rx = c;
    c = {};
    EXPECT_EQ(counted.use_count(), 3);
    EXPECT_TRUE(rx.pop().has_value());
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(chan, a_pipe_closes_with_its_last_sender) {
  auto [tx, rx] = make_pipe<int>(2);
  sender<int> second = tx;
  EXPECT_TRUE(tx.push(1));
  tx = {};
  EXPECT_FALSE(rx.is_closed());
  EXPECT_TRUE(second.push(2));
  {
    const sender<int> moved = std::move(second);
    EXPECT_FALSE(rx.is_closed());
  }
  EXPECT_TRUE(rx.is_closed());
  EXPECT_EQ(rx.pop(), 1);
  EXPECT_EQ(rx.pop(), 2);
  EXPECT_EQ(rx.pop(), std::nullopt);
}

TYPED_TEST(chan_blocking, pops_in_line_are_served_first_come_first_served) {
  for (const std::size_t capacity : {0U, 1U, 8U}) {
    TestFixture::platform::reset();
    const auto c = this->template make<int>(capacity);
    std::vector<std::thread> poppers;
    std::vector<int> got(6, -1);
    for (std::size_t i = 0; i != got.size(); ++i) {
      poppers.emplace_back([&, i] { got[i] = c.pop().value(); });
      this->wait_for_sleepers(i + 1);
    }
    for (int i = 0; i != 6; ++i) EXPECT_TRUE(i % 2 == 0 ? c.push(i) : c.try_push(i) == conqueue_status::success);
    for (std::thread& t : poppers) t.join();
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5})) << "capacity " << capacity;
  }
}

TYPED_TEST(chan_blocking, pushes_in_line_are_served_first_come_first_served_and_nobody_passes_them) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    TestFixture::platform::reset();
    const auto c = this->template make<int>(capacity);
    const int inside = static_cast<int>(capacity);
    for (int i = 0; i != inside; ++i) EXPECT_TRUE(c.push(i));
    std::vector<std::thread> pushers;
    for (int i = 0; i != 5; ++i) {
      pushers.emplace_back([&, i] { EXPECT_TRUE(c.push(inside + i)); });
      this->wait_for_sleepers(static_cast<std::uint64_t>(i) + 1);
    }
    for (int i = 0; i != inside + 5; ++i) {
      if (i < 4 && capacity != 0) {
        EXPECT_EQ(c.try_push(-1), conqueue_status::full) << "room belongs to those in line";
      }
      EXPECT_EQ(i % 2 == 0 ? c.pop() : c.try_pop().value(), i) << "capacity " << capacity;
    }
    for (std::thread& t : pushers) t.join();
  }
}

TYPED_TEST(chan_blocking, a_rendezvous_push_returns_only_when_it_is_met) {
  const auto c = this->template make<int>(0);
  std::atomic<bool> returned{false};
  std::thread pusher([&] {
    EXPECT_TRUE(c.push(7));
    returned = true;
  });
  this->wait_for_sleepers(1);
  EXPECT_FALSE(returned);
  EXPECT_EQ(c.try_pop().value(), 7);
  pusher.join();
}

TYPED_TEST(chan_blocking, one_close_wakes_everybody_on_both_sides) {
  for (const std::size_t capacity : {0U, 2U}) {
    TestFixture::platform::reset();
    const auto empty = this->template make<std::unique_ptr<int>>(capacity);
    const auto full = this->template make<std::unique_ptr<int>>(capacity);
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(full.push(nullptr));
    std::vector<std::thread> waiting;
    for (int i = 0; i != 4; ++i) {
      waiting.emplace_back([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
      waiting.emplace_back([&] {
        auto argument = std::make_unique<int>(1);
        EXPECT_FALSE(full.push(std::move(argument)));
        EXPECT_NE(argument, nullptr);
      });
    }
    this->wait_for_sleepers(8);
    empty.close();
    full.close();
    for (std::thread& t : waiting) t.join();
    for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(full.pop().has_value()) << "close loses nothing";
    EXPECT_EQ(full.pop(), std::nullopt);
  }
}

TYPED_TEST(chan_blocking, who_gives_up_leaves_the_line_and_the_others_move_up) {
  for (const std::size_t capacity : {0U, 1U}) {
    TestFixture::platform::reset();
    const auto c = this->template make<int>(capacity);
    std::stop_source stop;
    std::thread stopped([&] { EXPECT_EQ(c.pop_or_stop(stop.get_token()).error(), wait_status::stopped); });
    this->wait_for_sleepers(1);
    std::thread popper([&] { EXPECT_EQ(c.pop(), 7); });
    this->wait_for_sleepers(2);
    EXPECT_EQ(c.pop_for(1ms).error(), wait_status::timed_out);
    stop.request_stop();
    stopped.join();
    EXPECT_TRUE(c.push(7));
    popper.join();
    EXPECT_EQ(c.try_push(8), capacity == 0 ? conqueue_status::full : conqueue_status::success) << "nobody is in line";
  }
}

TYPED_TEST(chan_blocking, a_pop_waits_for_a_push_that_stalls_in_its_slot) {
  const auto c = this->template make<gated>(2);
  gate g;
  std::thread stalled([&] { EXPECT_TRUE(c.push(gated(1, g, 1))); });
  g.wait_until_inside();
  EXPECT_TRUE(c.push(gated(2)));
  std::thread popper([&] {
    EXPECT_EQ(c.pop()->value, 1);
    EXPECT_EQ(c.try_pop()->value, 2);
  });
  this->wait_for_sleepers(1);
  g.open();
  stalled.join();
  popper.join();
}

TYPED_TEST(chan_blocking, nobody_is_woken_where_nobody_sleeps) {
  const auto c = this->template make<int>(2);
  for (int i = 0; i != 100; ++i) {
    EXPECT_TRUE(c.push(i));
    EXPECT_EQ(c.pop(), i);
  }
  EXPECT_EQ(TestFixture::platform::wakes, 0U);
  EXPECT_EQ(TestFixture::platform::sleeps, 0U);
}

TYPED_TEST(chan_blocking, a_stop_or_a_deadline_that_races_with_a_delivery_loses_nothing) {
  for (int round = 0; round != scaled(1'000); ++round) {
    const auto c = this->template make<int>(static_cast<std::size_t>(round % 2));
    std::stop_source source;
    std::latch start(3);
    int received = 0;
    std::thread popper([&] {
      start.arrive_and_wait();
      const auto e =
          round % 4 < 2 ? c.pop_or_stop(source.get_token()) : c.pop_for(std::chrono::microseconds(round % 90));
      received = e.has_value() ? *e : 0;
    });
    std::thread stopper([&] {
      start.arrive_and_wait();
      source.request_stop();
    });
    start.arrive_and_wait();
    const int sent = c.push_for(1, 20us) == wait_status::success ? 1 : 0;
    popper.join();
    stopper.join();
    ASSERT_EQ(received + c.try_pop().value_or(0), sent) << "round " << round;
  }
}

template <class Chan>
std::string blocking_deliveries(const Chan& c, int producers, int consumers, int each) {
  return deliveries(
      producers, consumers, each,
      [&](int p) {
        for (int i = 0; i != each; ++i) c.push(p * each + i);
      },
      [&](std::vector<int>& values, std::atomic<int>& left) {
        for (const int v : receiver<int, typename Chan::platform>(c)) {
          values.push_back(v);
          if (left.fetch_sub(1) == 1) c.close();
        }
      });
}

TYPED_TEST(chan_blocking, many_producers_and_consumers_deliver_everything_and_all_leave_after_close) {
  for (const std::size_t capacity : {0U, 1U, 2U, 3U, 16U})
    EXPECT_EQ(blocking_deliveries(this->template make<int>(capacity), 3, 3, scaled(1'000)), "") << capacity;
  for (const std::size_t capacity : {0U, 2U}) {
    const auto spinning = make_chan<int, TypeParam>(capacity);
    EXPECT_EQ(blocking_deliveries(spinning, 2, 2, scaled(5'000)), "");
  }
}

}  // namespace
}  // namespace sluice::test::chan_test
