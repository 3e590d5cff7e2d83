// SPDX-License-Identifier: BSL-1.0
// Random runs of once: callers that take turns, and a function that throws at first.
#include <cstdint>
#include <cstdio>

#include <kit/record/staged_platform.hpp>
#include <sluice/once.hpp>

int main() {
  struct in_vain {};
  for (std::uint64_t seed = 1; seed != 201; ++seed) {
    std::printf("trace %llu\n", static_cast<unsigned long long>(seed));
    sluice::basic_once<sluice::record::staged_platform> o;
    bool thrown = false;  // whoever is inside the function is alone
    const auto caller = [&] {
      for (int i = 0; i != 2; ++i) try {
          o.call([&] {
            if (thrown) return;
            thrown = true;
            throw in_vain{};
          });
        } catch (const in_vain&) {
        }
    };
    sluice::record::stage::the().run({caller, caller, caller, caller}, seed);
  }
}
