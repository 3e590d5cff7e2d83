// SPDX-License-Identifier: BSL-1.0
// A source that comes and goes: each time that it is there it brings a channel of its own. Who reads sees one stream, in order (bridge).
#include <gtest/gtest.h>

#include <vector>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>

namespace sluice::test::bridge_of_streams_test {
namespace {

namespace p = sluice::patterns;

// Ten channels, one after the other, with a number each.
receiver<receiver<int>> visits(const receiver<void>& done) {
  return p::chan_owner<receiver<int>>(done, [](const auto& out) {
    for (int i = 0; i != 10; ++i)
      if (!out.push(p::generator(out.done(), {i}))) return;
  });
}

TEST(bridge_of_streams, is_one_stream_in_order) {
  scheduler workers({.only_tasks = true});
  const auto seen = workers.run([] {
    const auto [stop, done] = make_pipe<void>();
    std::vector<int> all;
    for (const int n : p::bridge(done, visits(done))) all.push_back(n);
    return all;
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_NO_THROW(workers.join());
}

}  // namespace
}  // namespace sluice::test::bridge_of_streams_test
