// SPDX-License-Identifier: BSL-1.0
// Of many signals, each of which comes after a time of its own, the first one counts: from two hours down to a millisecond.
#include <gtest/gtest.h>

#include <chrono>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>

namespace sluice::test::or_channel_test {
namespace {

namespace p = sluice::patterns;
using namespace std::chrono_literals;

// Closes after `d`, or when nobody is interested any more.
receiver<void> signal_after(const receiver<void>& done, std::chrono::milliseconds d) {
  return p::chan_owner<void>(done, [d](const auto& out) { select(on_pop(out.done(), [](auto) {}), after(d)); });
}

TEST(or_channel, closes_after_the_shortest_of_many_durations) {
  scheduler workers({.only_tasks = true});
  const auto waited = workers.run([] {
    const auto [stop, done] = make_pipe<void>();  // lets those that would still wait for hours go
    const auto start = std::chrono::steady_clock::now();
    p::or_channel(signal_after(done, 2h), signal_after(done, 5min), signal_after(done, 1min), signal_after(done, 1h),
                  signal_after(done, 1ms))
        .pop();
    return std::chrono::steady_clock::now() - start;
  });
  EXPECT_GE(waited, 1ms);
  EXPECT_LT(waited, 1min);
  EXPECT_NO_THROW(workers.join()) << "a timer is left";
}

}  // namespace
}  // namespace sluice::test::or_channel_test
