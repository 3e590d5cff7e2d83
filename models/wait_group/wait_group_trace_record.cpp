// SPDX-License-Identifier: BSL-1.0
// Random runs of wait_group: rounds of tasks and waits that take turns.
#include <cstdio>

#include <kit/record/staged_platform.hpp>
#include <sluice/wait_group.hpp>

int main() {
  using sluice::record::stage;
  for (std::uint64_t seed = 1; seed != 201; ++seed) {
    std::printf("trace %llu\n", static_cast<unsigned long long>(seed));
    sluice::basic_wait_group<sluice::record::staged_platform> g;
    const auto task = [&] { g.done(); };
    const auto waiter = [&] { g.wait(); };
    for (std::uint64_t round = 0; round != 2; ++round) {
      g.add();
      g.add();
      stage::the().run({task, waiter, task, waiter}, 2 * seed + round);
    }
  }
}
