// SPDX-License-Identifier: BSL-1.0
// Random numbers go to several tasks that look for primes among them (fan-out); what they find comes together again (fan-in), and who
// has ten of them stops all.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>

namespace sluice::test::prime_finders_test {
namespace {

namespace p = sluice::patterns;

bool is_prime(int n) {
  for (int d = 2; d <= n / d; ++d)
    if (n % d == 0) return false;
  return n > 1;
}

std::vector<int> some_primes(std::size_t how_many, int finders) {
  const auto [stop, done] = make_pipe<void>();  // with the return all stages end
  const auto numbers =
      p::repeat_fn(done, [dice = std::mt19937(7)]() mutable { return static_cast<int>(dice() % 50'000'000); });
  const auto finder = [](auto end, auto in) { return p::filter(end, in, is_prime); };
  std::vector<int> primes;
  for (const int n : p::take(done, p::fan_in(done, p::fan_out(done, numbers, finders, finder)), how_many))
    primes.push_back(n);
  return primes;
}

TEST(prime_finders, find_as_many_primes_as_are_wanted_and_end) {
  for (const int finders : {1, 4}) {
    scheduler workers({.only_tasks = true});
    const auto primes = workers.run([&] { return some_primes(10, finders); });
    EXPECT_EQ(primes.size(), 10U);
    for (const int n : primes) EXPECT_TRUE(is_prime(n)) << n;
    EXPECT_NO_THROW(workers.join()) << "a stage is left";
  }
}

}  // namespace
}  // namespace sluice::test::prime_finders_test
