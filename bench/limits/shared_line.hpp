// SPDX-License-Identifier: BSL-1.0
#pragma once
// What threads that share cannot undercut: all of them adding to one word, and one cache line going to and fro
// between two of them.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "../harness/crew.hpp"

namespace bench {

inline void hot_word(benchmark::State& state, int threads) {
  constexpr std::uint64_t each = 1 << 19;
  for (auto _ : state) {
    alignas(64) std::atomic<std::uint64_t> word{0};
    state.SetIterationTime(run_together(threads, [&](int) {
      for (std::uint64_t i = 0; i != each; ++i) word.fetch_add(1, std::memory_order_relaxed);
    }));
    if (word.load() != each * static_cast<std::uint64_t>(threads)) {
      state.SkipWithError("additions were lost");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(each) * threads);
}

// One iteration is many round trips; an item is one of them.
inline void line_ping_pong(benchmark::State& state) {
  constexpr std::uint64_t trips = 1 << 16;
  for (auto _ : state) {
    alignas(64) std::atomic<std::uint64_t> turn{0};
    state.SetIterationTime(run_together(2, [&](int who) {
      for (std::uint64_t i = 0; i != trips; ++i) {
        const std::uint64_t mine = 2 * i + static_cast<std::uint64_t>(who);
        for (backoff b; turn.load(std::memory_order_acquire) != mine; b.wait()) {
        }
        turn.store(mine + 1, std::memory_order_release);
      }
    }));
    if (turn.load() != 2 * trips) {
      state.SkipWithError("a turn was lost");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(trips));
}

inline void register_shared_line() {
  for (const shape& s : shapes())
    benchmark::RegisterBenchmark(("limit/hot_fetch_add/" + to_string(s)).c_str(),
                                 [s](benchmark::State& state) { hot_word(state, s.producers + s.consumers); })
        ->UseManualTime()
        ->Iterations(1);
  benchmark::RegisterBenchmark("limit/line_round_trip/1+1", line_ping_pong)->UseManualTime()->Iterations(1);
}

}  // namespace bench
