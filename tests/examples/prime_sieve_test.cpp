// SPDX-License-Identifier: BSL-1.0
// The sieve of Eratosthenes as a chain of tasks, one for each prime, that lets through what the prime does not divide; after the program
// of that name that comes with Go, and M. D. McIlroy's before it. Here the chain ends, with `done`.
#include <gtest/gtest.h>

#include <vector>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>

namespace sluice::test::prime_sieve_test {
namespace {

namespace p = sluice::patterns;

receiver<int> from_two_on(const receiver<void>& done) {
  return p::chan_owner<int>(done, [](const auto& out) {
    for (int n = 2; out.push(n); ++n) {
    }
  });
}

std::vector<int> first_primes(std::size_t how_many) {
  const auto [stop, done] = make_pipe<void>();
  std::vector<int> primes;
  auto candidates = from_two_on(done);
  while (primes.size() != how_many) {
    const int prime = *candidates.pop();
    primes.push_back(prime);
    candidates = p::filter(done, candidates, [prime](int n) { return n % prime != 0; });
  }
  return primes;
}

TEST(prime_sieve, finds_the_primes_in_order_and_ends) {
  scheduler workers({.only_tasks = true});
  EXPECT_EQ(workers.run([] { return first_primes(10); }), (std::vector<int>{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}));
  EXPECT_EQ(workers.run([] { return first_primes(100); }).back(), 541);
  EXPECT_NO_THROW(workers.join()) << "a stage is left";
}

}  // namespace
}  // namespace sluice::test::prime_sieve_test
