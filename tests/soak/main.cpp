// SPDX-License-Identifier: BSL-1.0
// ./kit test --soak: run after run over random topologies, for as long as asked. Each has a seed, which replays it: the
// topology and every choice of its workers, if not their schedule.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <ratio>
#include <string>

#include "run.hpp"

namespace {

[[noreturn]] void refuse() {
  std::fputs("usage: soak [--minutes M] [--seed S]: from that seed on; with 0 minutes, that one alone\n", stderr);
  std::exit(2);
}

// True if nothing was wrong.
bool check(std::uint64_t seed) {
  sluice::test::soak::run r(seed);
  const std::string wrong = r.result(std::chrono::seconds(120));
  if (wrong.empty()) return true;
  std::fprintf(stderr, "\nsoak: %s\nsoak: %s\nsoak: replay with --seed %llu\n", wrong.c_str(),
               r.made_of().describe().c_str(), static_cast<unsigned long long>(seed));
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  using clock = std::chrono::steady_clock;
  double minutes = 60;
  std::uint64_t seed = std::random_device{}();
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) refuse();
    if (option == "--minutes")
      minutes = std::strtod(argv[i + 1], nullptr);
    else if (option == "--seed")
      seed = std::strtoull(argv[i + 1], nullptr, 10);
    else
      refuse();
  }
  const auto end = clock::now() + std::chrono::duration<double, std::ratio<60>>(minutes);
  auto next_word = clock::now();
  std::uint64_t runs = 0;
  do {
    if (clock::now() >= next_word) {  // what crashes does so within a second behind the last seed that was said
      std::fprintf(stderr, "soak: %llu runs, at --seed %llu\n", static_cast<unsigned long long>(runs),
                   static_cast<unsigned long long>(seed + runs));
      next_word += std::chrono::seconds(1);
    }
    if (!check(seed + runs)) return 1;
    ++runs;
  } while (clock::now() < end);
  std::fprintf(stderr, "soak: %llu runs, nothing wrong\n", static_cast<unsigned long long>(runs));
  return 0;
}
