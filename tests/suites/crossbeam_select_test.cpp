// SPDX-License-Identifier: BSL-1.0
// What crossbeam-channel's suites check of select between two threads and of operations inside operations, in our words and
// code. Where they sleep so that a peer waits, or waits no more, a short time-out is tried until it is met here.
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::crossbeam_select_test {
namespace {

using namespace std::chrono_literals;

constexpr auto ignore = [](auto&&) {};
constexpr auto must_be = [](int expected) { return [expected](std::optional<int> v) { EXPECT_EQ(v, expected); }; };

// All flavours: a rendezvous, buffers, and without a bound.
constexpr std::size_t without_bound = SIZE_MAX;
template <class T>
chan<T> make(std::size_t capacity) {
  return capacity == without_bound ? make_chan<T>(unbounded) : make_chan<T>(capacity);
}
class crossbeam_flavours : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(crossbeam, crossbeam_flavours, testing::Values(0U, 1U, 2U, without_bound), [](const auto& at) {
  return at.param == without_bound ? std::string("list")
         : at.param == 0           ? std::string("zero")
                                   : "array_" + std::to_string(at.param);
});

// stress_timeout_two_threads, of the flavours and of select: each side gives up again and again.
TEST_P(crossbeam_flavours, two_threads_that_time_out_again_and_again_lose_nothing) {
  const auto c = make<int>(GetParam());
  const int count = scaled(2'000);
  std::thread pusher([&] {
    for (int i = 0; i != count; ++i)
      if (i % 4 < 2)
        while (c.push_for(i, std::chrono::microseconds(i % 7)) != wait_status::success) continue;
      else
        while (select(on_push(c, i), after(std::chrono::microseconds(i % 7))) != 0) continue;
  });
  for (int i = 0; i != count; ++i)
    if (i % 3 == 0)
      while (select(on_pop(c, must_be(i)), after(std::chrono::microseconds(i % 5))) != 0) continue;
    else
      for (auto v = c.pop_for(0s);; v = c.pop_for(std::chrono::microseconds(i % 5)))
        if (v) {
          ASSERT_EQ(*v, i);
          break;
        }
  pusher.join();
}

// recv_in_send: what is pushed is what the same channel gives.
TEST_P(crossbeam_flavours, an_element_that_is_popped_may_be_what_a_select_pushes) {
  const auto c = make<int>(GetParam());
  std::thread peer([&] {
    EXPECT_TRUE(c.push(7));
    if (GetParam() == 0) {
      EXPECT_EQ(c.pop(), 7);
    }
  });
  EXPECT_EQ(select(on_push(c, c.pop().value())), 0U);
  peer.join();
  EXPECT_EQ(c.size(), GetParam() == 0 ? 0U : 1U);
}

struct link {
  receiver<std::unique_ptr<link>> next;
};
// channel_through_channel, by operations and by selects.
TEST_P(crossbeam_flavours, a_channel_comes_through_a_channel_that_came_through_a_channel) {
  using element = std::unique_ptr<link>;
  const int count = scaled(1'000);
  auto c = make<element>(GetParam());
  std::thread pusher([tx = sender<element>(c)]() mutable {
    for (int i = 0; i != count; ++i) {
      const auto next = make<element>(static_cast<std::size_t>(i % 3));
      auto l = std::make_unique<link>(link{next});
      if (i % 2 == 0) {
        EXPECT_TRUE(tx.push(std::move(l)));
      } else {
        EXPECT_EQ(select(on_push(tx, std::move(l))), 0U);
      }
      tx = next;
    }
  });
  receiver<element> rx = std::exchange(c, {});
  for (int i = 0; i != count; ++i) {
    element l;
    if (i % 2 == 0)
      select(on_pop(rx, [&](std::optional<element> v) { l = std::move(v.value()); }));
    else
      l = rx.pop().value();
    rx = std::move(l->next);
  }
  pusher.join();
}

struct counted {
  static inline std::atomic<int> alive{0};
  counted() { ++alive; }
  counted(const counted&) { ++alive; }
  counted(counted&&) noexcept { ++alive; }
  counted& operator=(const counted&) = default;
  ~counted() { --alive; }
  int filler = 0;
};
// drops: what is popped, what is left inside, and what is refused, all ends once.
TEST_P(crossbeam_flavours, every_element_is_destroyed_once) {
  for (int run = 0; run != scaled(40); ++run) {
    auto c = make<counted>(GetParam());
    const int steps = 1 + run * 7 % 50;
    std::thread popper([&, c] {
      for (int i = 0; i != steps; ++i) EXPECT_TRUE(c.pop().has_value());
    });
    for (int i = 0; i != steps; ++i) EXPECT_TRUE(c.push(counted{}));
    popper.join();
    EXPECT_EQ(counted::alive, 0);
    for (int i = 0; i != run % 5; ++i) static_cast<void>(c.try_push(counted{}));
    EXPECT_EQ(counted::alive, static_cast<int>(c.size()));
    c = {};
    EXPECT_EQ(counted::alive, 0);
  }
}

// both_ready, stress_mixed and reuse: a select that may pop or push, against a peer that pushes and then pops; with cases in the
// call, and with cases that are used again.
TEST(crossbeam_select, a_select_that_may_pop_or_push_does_both_in_turn) {
  const auto in = make_chan<int>();
  const auto out = make_chan<int>();
  const auto done = make_chan<void>(100);
  const int count = scaled(2'000);
  std::thread peer([&] {
    for (int i = 0; i != count; ++i) {
      EXPECT_TRUE(in.push(i));
      EXPECT_EQ(out.pop(), i);
      EXPECT_TRUE(done.pop().has_value());
    }
  });
  int now = 0;
  std::array<any_case<>, 1> pop_again = {on_pop(in, [&](std::optional<int> v) { EXPECT_EQ(v, now); })};
  for (; now != count; ++now) {
    if (now % 2 == 0) {
      for (int k = 0; k != 2; ++k) select(on_pop(in, must_be(now)), on_push(out, int{now}));
    } else {
      EXPECT_EQ(select(std::span(pop_again)), 0U);
      EXPECT_EQ(select(on_push(out, int{now})), 0U);
    }
    EXPECT_TRUE(done.push());
  }
  peer.join();
}

// stress_recv and stress_send: a peer that goes from one channel to the other, and a select over both.
TEST(crossbeam_select, a_select_follows_a_peer_from_channel_to_channel) {
  const int count = scaled(1'000);
  const auto a = make_chan<int>(unbounded);
  const auto b = make_chan<int>(5);
  const auto turn = make_chan<void>(100);
  std::thread pusher([&] {
    for (int i = 0; i != count; ++i)
      for (const auto& c : {a, b}) {
        EXPECT_TRUE(c.push(i));
        EXPECT_TRUE(turn.pop().has_value());
      }
  });
  for (int i = 0; i != 2 * count; ++i) {
    EXPECT_EQ(select(on_pop(a, must_be(i / 2)), on_pop(b, must_be(i / 2))), static_cast<std::size_t>(i % 2));
    EXPECT_TRUE(turn.push());
  }
  pusher.join();
  const auto x = make_chan<int>();
  const auto y = make_chan<int>();
  std::thread popper([&] {
    for (int i = 0; i != count; ++i) EXPECT_EQ(i % 2 == 0 ? x.pop() : y.pop(), i);
  });
  for (int i = 0; i != count; ++i)
    EXPECT_EQ(select(on_push(x, int{i}), on_push(y, int{i})), static_cast<std::size_t>(i % 2));
  popper.join();
}

// matching and matching_with_leftover: as many as there are, they pair off, and none with itself.
TEST(crossbeam_select, selects_in_both_directions_pair_off) {
  for (const int leftover : {0, 1}) {
    const auto c = make_chan<int>();
    std::vector<std::thread> threads;
    for (int i = 0; i != 16 + leftover; ++i)
      threads.emplace_back(
          [&c, i] { select(on_pop(c, [i](std::optional<int> v) { EXPECT_NE(v, i); }), on_push(c, int{i})); });
    if (leftover != 0) {
      EXPECT_TRUE(c.push(-1));
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
    EXPECT_EQ(c.try_push(1), conqueue_status::full);
  }
}

// duplicate_operations, nesting, send_recv_same_channel, preflight: one thread, one channel.
TEST(crossbeam_select, one_channel_in_several_cases_and_selects_within_selects) {
  const auto c = make_chan<int>(unbounded);
  std::array<bool, 4> hit{};
  while (!(hit[0] && hit[1] && hit[2] && hit[3]))
    hit[select(on_pop(c, ignore), on_pop(c, ignore), on_push(c, 0), on_push(c, 0))] = true;
  while (c.try_pop()) continue;

  int depth = 0;
  select(on_push(c, 0, [&] {
    select(on_pop(c, [&](std::optional<int> first) {
      EXPECT_EQ(first, 0);
      select(on_push(c, 1, [&] {
        select(on_pop(c, [&](std::optional<int> second) {
          EXPECT_EQ(second, 1);
          ++depth;
        }));
      }));
    }));
  }));
  EXPECT_EQ(depth, 1);

  const auto zero = make_chan<int>();
  EXPECT_EQ(select(on_push(zero, 0), on_pop(zero, ignore), after(1ms)), 2U) << "not with itself";
  EXPECT_EQ(select(on_push(c, 0), on_pop(c, ignore), after(1h)), 0U) << "there is room and no element";
  c.close();
  EXPECT_EQ(select(on_pop(c, must_be(0))), 0U);
  EXPECT_EQ(select(on_pop(c, [](auto v) { EXPECT_EQ(v, std::nullopt); })), 0U);
}

// default, default_when_disconnected, default_only.
TEST(crossbeam_select, otherwise_and_a_time_out_give_way_to_a_close_on_either_side) {
  const auto open = make_chan<int>();
  const auto closed = make_chan<int>();
  closed.close();
  EXPECT_EQ(select(on_pop(open, ignore), on_push(open, 1), otherwise()), 2U);
  EXPECT_EQ(select(on_pop(open, ignore), on_pop(closed, ignore), otherwise()), 1U);
  EXPECT_EQ(select(on_pop(open, ignore), on_pop(closed, ignore), after(1h)), 1U);
  EXPECT_EQ(select(on_push(closed, 1, [](bool accepted) { EXPECT_FALSE(accepted); }), otherwise()), 0U);
  EXPECT_EQ(select(on_push(closed, 1, [](bool accepted) { EXPECT_FALSE(accepted); }), after(1h)), 0U);
  EXPECT_EQ(select(otherwise()), 0U);
  EXPECT_EQ(select(after(1ms)), 0U);
}

// linearizable_timeout: who has pushed finds an element by a select that waits for no time at all.
TEST(crossbeam_select, a_time_out_of_nothing_does_not_hide_what_was_pushed_before) {
  for (const std::size_t capacity : {std::size_t{1}, without_bound}) {
    const auto a = make<int>(capacity);
    const auto b = make<int>(capacity);
    const auto start = make_chan<void>();
    const auto end = make_chan<void>();
    const int count = scaled(1'000);
    std::thread other([&] {
      for (int i = 0; i != count; ++i) {
        EXPECT_TRUE(start.pop().has_value());
        EXPECT_TRUE(b.push(1));
        static_cast<void>(a.try_pop());
        EXPECT_TRUE(end.pop().has_value());
      }
    });
    for (int i = 0; i != count; ++i) {
      EXPECT_TRUE(start.push());
      EXPECT_TRUE(a.push(1));
      ASSERT_NE(select(on_pop(a, ignore), on_pop(b, ignore), after(0s)), 2U);
      EXPECT_TRUE(end.push());
      static_cast<void>(b.try_pop());
    }
    other.join();
  }
}

// fairness1 and fairness_duplicates; of what is always ready, as their after(0) is, a closed channel stands for it.
TEST(crossbeam_select, ready_cases_of_all_flavours_are_taken_alike_and_so_are_duplicates) {
  constexpr int count = 2'000;
  const auto array = make_chan<void>(count);
  const auto list = make_chan<void>(unbounded);
  const auto closed = make_chan<void>();
  closed.close();
  for (int i = 0; i != count; ++i) array.push(), list.push();
  std::array<int, 3> hits{};
  for (int i = 0; i != count; ++i) ++hits[select(on_pop(array, ignore), on_pop(list, ignore), on_pop(closed, ignore))];
  for (const int h : hits) EXPECT_NEAR(h, count / 3.0, 8 * std::sqrt(count / 3.0));
  std::array<int, 4> twice{};
  for (int i = 0; i != count; ++i)
    ++twice[select(on_pop(closed, ignore), on_pop(closed, ignore), on_pop(closed, ignore), on_pop(closed, ignore))];
  for (const int h : twice) EXPECT_NEAR(h, count / 4.0, 8 * std::sqrt(count / 4.0));
}

// fairness2: pushes into what has room and into a rendezvous, against a select over all three.
TEST(crossbeam_select, no_flavour_is_forgotten_between_two_selects) {
  const auto list = make_chan<void>(unbounded);
  const auto array = make_chan<void>(1);
  const auto zero = make_chan<void>();
  const int count = scaled(4'000);
  std::thread pusher([&] {
    const chan<void> nil;
    for (int i = 0; i != count; ++i)
      select(on_push(list.size() == 0 ? list : nil, unit{}), on_push(array.size() == 0 ? array : nil, unit{}),
             on_push(zero, unit{}));
  });
  std::array<int, 3> hits{};
  for (int i = 0; i != count; ++i) ++hits[select(on_pop(list, ignore), on_pop(array, ignore), on_pop(zero, ignore))];
  pusher.join();
  EXPECT_EQ(hits[0] + hits[1] + hits[2], count);
  for (const int h : hits) EXPECT_GT(h, 0);
  for (const auto& c : {list, array, zero}) EXPECT_FALSE(c.try_pop());
}

// never: nil.
TEST(crossbeam_never, nothing_comes_from_nil) {
  const chan<int> never;
  const auto open = make_chan<int>(1);
  EXPECT_TRUE(open.push(1));
  EXPECT_EQ(select(on_pop(never, ignore), on_pop(open, must_be(1))), 1U);
  EXPECT_EQ(never.capacity(), 0U);
  EXPECT_EQ(never.size(), 0U);
  EXPECT_EQ(never.try_pop().error(), conqueue_status::empty);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(never.pop_for(10ms).error(), wait_status::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 10ms);
}

}  // namespace
}  // namespace sluice::test::crossbeam_select_test
