// SPDX-License-Identifier: BSL-1.0
// Random runs of select: selects against selects on two channels without a buffer, as many of the one kind as of the other.
#include <cstdint>
#include <cstdio>
#include <optional>

#include <kit/record/staged_platform.hpp>
#include <sluice/select.hpp>

namespace {

using platform = sluice::record::staged_platform;
using channel = sluice::chan<int, platform>;

// Pushes into the one or pops from the other.
void either(channel& to, channel& from) {
  sluice::select(sluice::on_push(to, 1, [](bool) {}), sluice::on_pop(from, [](const std::optional<int>&) {}));
}

}  // namespace

int main() {
  for (std::uint64_t seed = 1; seed != 201; ++seed) {
    std::printf("trace %llu\n", static_cast<unsigned long long>(seed));
    auto a = sluice::make_chan<int, platform>();
    auto b = sluice::make_chan<int, platform>();
    const auto one = [&] {
      for (int i = 0; i != 2; ++i) either(a, b);
    };
    const auto other = [&] {
      for (int i = 0; i != 2; ++i) either(b, a);
    };
    sluice::record::stage::the().run({one, other, one, other}, seed);
  }
}
