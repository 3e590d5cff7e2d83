// SPDX-License-Identifier: BSL-1.0
// Restaurants are processed all at once, a few at a time. The first that fails says which it was and why, and the others are told to stop.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <system_error>
#include <vector>

#include <sluice/context.hpp>
#include <sluice/err_group.hpp>
#include <sluice/error.hpp>
#include <sluice/task.hpp>

namespace sluice::test::errgroup_restaurants_test {
namespace {

struct restaurant {
  std::string name;
  bool answers = true;
};

// Stands for requests over the network: those of who does not answer fail, the others would take for ever.
failure process(const context& ctx, const restaurant& r, std::atomic<int>& stopped) {
  if (!r.answers) return std::make_error_code(std::errc::host_unreachable);
  if (r.name != "Quick") {
    ctx.done().pop();
    ++stopped;
  }
  return ctx.err();
}

failure process_all(const context& ctx, const std::vector<restaurant>& all, std::atomic<int>& stopped) {
  auto group = err_group::with_context(ctx);
  group.set_limit(4);
  for (const restaurant& r : all)
    group.go([&]() -> failure {
      if (const failure why = process(group.ctx(), r, stopped)) return error("failed to process " + r.name, why);
      return {};
    });
  return group.wait();
}

TEST(errgroup_restaurants, gives_the_first_error_and_stops_the_others) {
  scheduler workers({.only_tasks = true});
  workers.run([] {
    std::atomic<int> stopped{0};
    const failure why =
        process_all(background(), {{"Luigi"}, {"Quick"}, {"Mei"}, {"Shut", false}, {"Ada"}, {"Omar"}}, stopped);
    EXPECT_EQ(why.message(), "failed to process Shut");
    EXPECT_TRUE(error(why).is(std::errc::host_unreachable));
    EXPECT_EQ(stopped.load(), 4);
    EXPECT_FALSE(process_all(background(), {{"Quick"}, {"Quick"}}, stopped));
  });
  EXPECT_NO_THROW(workers.join());
}

}  // namespace
}  // namespace sluice::test::errgroup_restaurants_test
