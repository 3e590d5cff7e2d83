// SPDX-License-Identifier: BSL-1.0
#pragma once
// What it costs to wait where nothing comes: the CPU time of the whole process while threads wait, per second.
//
//   <subject>/<workload>/0+<C>/cap:<n>
//
// The time that is reported is CPU time per second that went by: of a core, that is the share. Those seconds begin once the
// threads have had time to stop spinning.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace bench {

inline double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// `waits()` is called by each thread and has to return once `ends()` was called.
template <class Waits, class Ends>
double cpu_of_waiting(int threads, Waits waits, Ends ends) {
  using namespace std::chrono_literals;
  constexpr auto settles = 300ms;
  constexpr auto watched = 700ms;
  std::latch begun(threads);
  std::vector<std::jthread> waiting;
  for (int i = 0; i != threads; ++i)
    waiting.emplace_back([&] {
      begun.count_down();
      waits();
    });
  begun.wait();
  std::this_thread::sleep_for(settles);
  const double before = cpu_seconds();
  std::this_thread::sleep_for(watched);
  const double used = cpu_seconds() - before;
  ends();
  return used / std::chrono::duration<double>(watched).count();
}

// `make()` gives what is waited on: with waits() and ends(), as above.
template <class Make>
void register_waiting(const std::string& subject, const std::string& workload, int threads, std::size_t capacity,
                      Make make) {
  benchmark::RegisterBenchmark(
      (subject + "/" + workload + "/0+" + std::to_string(threads) + "/cap:" + std::to_string(capacity)).c_str(),
      [=](benchmark::State& state) {
        for (auto _ : state) {
          auto on = make();
          state.SetIterationTime(cpu_of_waiting(threads, [&] { on.waits(); }, [&] { on.ends(); }));
        }
        state.SetItemsProcessed(state.iterations());
      })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace bench
