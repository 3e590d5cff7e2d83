// SPDX-License-Identifier: BSL-1.0
#pragma once
// What it costs to watch a channel on which nothing happens, as Go programs watch a context's `done`: each thread selects from
// a channel of its own, beside a `done` that nobody closes, one of its own or the one that all share.
//
//   <subject>/select_done_<private or shared>/<P+C>            each thread pushes and selects: a case is always ready
//   <subject>/select_done_<private or shared>_waiting/<P+C>    pairs of threads meet: whoever selects mostly waits
//
// A Subject is made of the number of selecting threads, whether they share `done`, and the capacity; it has put(who, v) and
// get(who), which is wrong_case where `done` fired.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "crew.hpp"

namespace bench {

inline constexpr std::uint64_t wrong_case = ~std::uint64_t{0};

struct done_case {
  bool shared;
  bool waiting;
  // Some ten milliseconds: within less the kernel may not come to move one of two threads that began on one CPU.
  std::uint64_t times() const noexcept { return waiting ? 1 << 13 : 1 << 19; }
  std::string name(const std::string& subject, shape s) const {
    return subject + "/select_done_" + (shared ? "shared" : "private") + (waiting ? "_waiting/" : "/") + to_string(s);
  }
  // How many elements that many threads move.
  std::int64_t items(int threads) const {
    return static_cast<std::int64_t>(times()) * (waiting ? threads / 2 : threads);
  }
};

template <class Subject>
void select_done(benchmark::State& state, int threads, done_case d) {
  const int selecting = d.waiting ? threads / 2 : threads;
  for (auto _ : state) {
    Subject subject(static_cast<std::size_t>(selecting), d.shared, d.waiting ? 0 : 1);
    std::atomic<bool> right{true};
    state.SetIterationTime(run_together(threads, [&](int who) {
      const auto of = static_cast<std::size_t>(who % selecting);
      bool all_right = true;
      for (std::uint64_t i = 0; i != d.times(); ++i) {
        if (!d.waiting || who < selecting) subject.put(of, i);
        if (!d.waiting || who >= selecting) all_right = subject.get(of) == i && all_right;
      }
      if (!all_right) right = false;
    }));
    if (!right) {
      state.SkipWithError("what was selected is not what was pushed");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * d.items(threads));
}

// With as many threads as there are CPUs, and at most 16.
inline shape all_cpus() {
  const int half = static_cast<int>(sluice::std_platform::cpus()) / 2;
  return half < 1 ? shape{1, 1} : half > 8 ? shape{8, 8} : shape{half, half};
}

template <class Subject>
void register_select_done(const std::string& subject) {
  const shape s = all_cpus();
  for (const done_case d : {done_case{false, false}, {true, false}, {false, true}, {true, true}})
    benchmark::RegisterBenchmark(d.name(subject, s).c_str(),
                                 [=](benchmark::State& state) { select_done<Subject>(state, 2 * s.producers, d); })
        ->UseManualTime()
        ->Iterations(1);
}

}  // namespace bench
