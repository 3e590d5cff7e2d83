// SPDX-License-Identifier: BSL-1.0
// Services are asked for their health, all at once, and each has so long to answer; who does not is reported, and not waited for.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <sluice/context.hpp>
#include <sluice/patterns.hpp>
#include <sluice/replicate.hpp>
#include <sluice/task.hpp>

namespace sluice::test::health_checks_test {
namespace {

namespace p = sluice::patterns;
using namespace std::chrono_literals;

// Stands for a request over the network: inventory does not answer before it is told that nobody waits.
std::string check(const context& ctx, const std::string& service) {
  if (service == "inventory") ctx.done().pop();
  return service + ": healthy";
}

std::set<std::string> report(const std::vector<std::string>& services, std::chrono::milliseconds limit) {
  const auto [stop, done] = make_pipe<void>();
  const auto ask = [limit](const std::string& service) {
    const auto answer = p::within(background(), limit, [service](const context& ctx) { return check(ctx, service); });
    return answer ? *answer : service + ": timed out";
  };
  std::set<std::string> all;
  for (auto& line : p::worker_pool(done, p::generator(done, services), static_cast<int>(services.size()), ask))
    all.insert(std::move(line));
  return all;
}

TEST(health_checks, name_who_answers_and_who_does_not) {
  scheduler workers;
  const auto seen = workers.run([] { return report({"auth", "payments", "inventory"}, 200ms); });
  EXPECT_TRUE(seen.contains("inventory: timed out"));
  EXPECT_EQ(seen.size(), 3U);
  workers.join();  // inventory's check has been told to end
}

}  // namespace
}  // namespace sluice::test::health_checks_test
