// SPDX-License-Identifier: BSL-1.0
// What Go's tests do with many goroutines, with as many coroutines, on one thread: their order is a queue's.
#include <sluice/async_chan.hpp>

#include <gtest/gtest.h>

#include <array>
#include <coroutine>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "../support/coroutine.hpp"
#include "../support/ready_queue.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::go_coroutine_test {
namespace {

constexpr auto ignore = [](auto&&) {};

class go_coroutine : public testing::Test {
 protected:
  ready_queue all_;
};

// goroutines: one value through a chain of ten thousand, each of which adds one.
TEST_F(go_coroutine, a_chain_of_ten_thousand_adds_ten_thousand) {
  const int n = scaled(10'000);
  const auto link = [this](chan<int> left, chan<int> right) -> detached {
    const std::optional<int> v = co_await right.async_pop(all_.in());
    EXPECT_TRUE(co_await left.async_push(*v + 1, all_.in()));
  };
  const auto leftmost = make_chan<int>();
  chan<int> right = leftmost;
  for (int i = 0; i != n; ++i) {
    const chan<int> left = std::exchange(right, make_chan<int>());
    link(left, right);
  }
  std::optional<int> got;
  const auto ends = [&](chan<int> last) -> detached {
    EXPECT_TRUE(co_await last.async_push(0, all_.in()));
    got = co_await leftmost.async_pop(all_.in());
  };
  ends(right);
  all_.run();
  EXPECT_EQ(got, n);
}

// ken/chan: 76 values on each of four channels, by a pusher and a popper for each or by one select for all, on either side.
class go_ken_chan : public go_coroutine, public testing::WithParamInterface<std::size_t> {
 protected:
  static constexpr int values = 76;
  using four = std::array<chan<int>, 4>;

  detached push(chan<int> c, int first) {
    for (int v = first; v != first + values; ++v) {
      EXPECT_TRUE(co_await c.async_push(int{v}, all_.in()));
      ++pushed_;
    }
  }
  detached pop(chan<int> c, int first) {
    for (int v = first; v != first + values; ++v) {
      EXPECT_EQ(co_await c.async_pop(all_.in()), v);
      ++popped_;
    }
  }
  // A channel that is through becomes nil.
  detached select_push(four c) {
    std::array<int, 4> v = {100, 200, 300, 400};
    for (int left = 4; left != 0; ++pushed_) {
      const std::size_t i =
          co_await async_select(resume_on(all_.in()), on_push(c[0], int{v[0]}), on_push(c[1], int{v[1]}),
                                on_push(c[2], int{v[2]}), on_push(c[3], int{v[3]}));
      if (++v[i] % 100 == values) c[i] = {}, --left;
    }
  }
  detached select_pop(four c) {
    std::array<int, 4> v = {100, 200, 300, 400};
    const auto take = [&v](std::size_t i) { return [&v, i](std::optional<int> got) { EXPECT_EQ(got, v[i]); }; };
    for (int left = 4; left != 0; ++popped_) {
      const std::size_t i = co_await async_select(resume_on(all_.in()), on_pop(c[0], take(0)), on_pop(c[1], take(1)),
                                                  on_pop(c[2], take(2)), on_pop(c[3], take(3)));
      if (++v[i] % 100 == values) --left;
    }
  }

  int pushed_ = 0;
  int popped_ = 0;
};
INSTANTIATE_TEST_SUITE_P(capacities, go_ken_chan, testing::Values(0U, 1U, 10U, 100U));

TEST_P(go_ken_chan, by_operations_and_by_selects_on_either_side) {
  for (const bool select_to_push : {false, true})
    for (const bool select_to_pop : {false, true}) {
      pushed_ = popped_ = 0;
      four c;
      for (auto& one : c) one = make_chan<int>(GetParam());
      for (int i = 0; i != 4; ++i) {
        if (!select_to_push) push(c[static_cast<std::size_t>(i)], 100 + 100 * i);
        if (!select_to_pop) pop(c[static_cast<std::size_t>(i)], 100 + 100 * i);
      }
      if (select_to_push) select_push(c);
      if (select_to_pop) select_pop(c);
      all_.run();
      EXPECT_EQ(pushed_, 4 * values);
      EXPECT_EQ(popped_, 4 * values);
      for (auto& one : c) EXPECT_EQ(select(on_pop(one, ignore), otherwise()), 1U) << "nothing is left";
    }
}

}  // namespace
}  // namespace sluice::test::go_coroutine_test
