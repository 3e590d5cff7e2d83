// SPDX-License-Identifier: BSL-1.0
// Random runs of mpmc_ring at capacity 1: pushes, pops and a close that take turns.
#include <cstdio>
#include <memory>

#include <kit/record/staged_platform.hpp>
#include <sluice/mpmc_ring.hpp>

int main() {
  for (std::uint64_t seed = 1; seed != 201; ++seed) {
    std::printf("trace %llu\n", static_cast<unsigned long long>(seed));
    sluice::mpmc_ring<int, std::allocator<int>, sluice::record::staged_platform> ring(1);
    const auto push = [&] {
      for (int i = 0; i != 3; ++i) static_cast<void>(ring.try_push(i));
    };
    const auto pop = [&] {
      for (int i = 0; i != 3; ++i) static_cast<void>(ring.try_pop());
    };
    const auto close = [&] {
      static_cast<void>(ring.try_pop());
      ring.close();
    };
    sluice::record::stage::the().run({push, pop, push, pop, close}, seed);
  }
}
