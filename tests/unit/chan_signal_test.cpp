// SPDX-License-Identifier: BSL-1.0
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace sluice::test::chan_signal_test {
namespace {

using namespace std::chrono_literals;

// One attempt, each time of another kind; how many went in.
std::size_t push_somehow(const chan<void>& c, unsigned kind) {
  switch (kind % 5) {
    case 0: return c.push() ? 1 : 0;
    case 1: {
      const unit three[3] = {};
      return c.push_n(three, 3);
    }
    case 2: return c.push_for(unit{}, 20us) == wait_status::success ? 1 : 0;
    case 3: {
      bool in = false;
      select(on_push(c, unit{}, [&](bool accepted) { in = accepted; }), otherwise());
      return in ? 1 : 0;
    }
    default: return c.try_push() == conqueue_status::success ? 1 : 0;
  }
}
std::size_t pop_all_somehow(const chan<void>& c) {
  std::size_t out = 0;
  for (unsigned kind = 0;; ++kind) {
    if (kind % 3 == 0)
      out += c.try_pop() ? 1 : 0;
    else if (kind % 3 == 1)
      out += c.pop_for(20us) ? 1 : 0;
    else if (c.pop())
      ++out;
    else
      return out;
  }
}

std::size_t lost_of_those_that_went_in(const chan<void>& c) {
  constexpr unsigned each = 4'000;
  std::atomic<std::size_t> in{0};
  std::atomic<std::size_t> out{0};
  std::thread poppers[2];
  for (std::thread& t : poppers) t = std::thread([&] { out += pop_all_somehow(c); });
  std::thread pushers[4];
  for (unsigned n = 0; n != 4; ++n)
    pushers[n] = std::thread([&, n] {
      std::size_t mine = 0;
      for (unsigned i = 0; i != each; ++i) mine += push_somehow(c, i + n);
      in += mine;
    });
  for (std::thread& t : pushers) t.join();
  c.close();
  for (std::thread& t : poppers) t.join();
  return in - out;
}

TEST(chan_signal, as_many_come_out_as_went_in_whichever_way) {
  for (const std::size_t capacity : {0U, 1U, 2U, 7U})
    EXPECT_EQ(lost_of_those_that_went_in(make_chan<void>(capacity)), 0U);
}
TEST(chan_signal, as_many_come_out_as_went_in_without_a_bound) {
  EXPECT_EQ(lost_of_those_that_went_in(make_chan<void>(unbounded, 1)), 0U);
}

}  // namespace
}  // namespace sluice::test::chan_signal_test
