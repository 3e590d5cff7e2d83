// SPDX-License-Identifier: BSL-1.0
// What the explorer costs. One iteration is one exhaustive search (or its first ten million executions); an item is one
// execution, so the time per item is the cost of an execution. Beside it: how many there were, how many were blocked, and
// by how much the peak of resident memory rose meanwhile.
//
// For scale, GenMC 0.11 on LLVM IR of the same programs in C, one core: increments_9 in 23 s; ms_queue_3 in 87 s;
// 2,073,600 executions of a coherence test (coherence_6 has a quarter of them) in 18 s.
#include <sys/resource.h>

#include <benchmark/benchmark.h>

#include <kit/explore.hpp>
#include <mpmc_ring/mpmc_ring_clients.hpp>
#include <string>

#include "programs.hpp"

namespace bench::explore_bench {
namespace {
namespace explore = sluice::explore;

double peak_kib() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_maxrss);
}

template <class Client>
void search(benchmark::State& state) {
  const auto ignore = [](const Client&) {};
  explore::report r;
  std::int64_t items = 0;
  const double before = peak_kib();
  for (auto _ : state) {
    r = explore::detail::explore_all(explore::detail::program_of<Client>(ignore), {.max_executions = 10'000'000});
    items += static_cast<std::int64_t>(r.executions + r.blocked);
  }
  if (r.verdict == explore::verdict::violation) state.SkipWithError(r.message.c_str());
  state.SetItemsProcessed(items);
  state.counters["executions"] = static_cast<double>(r.executions);
  state.counters["blocked"] = static_cast<double>(r.blocked);
  state.counters["peak_growth_KiB"] = peak_kib() - before;
}

template <class Client>
auto measure(const std::string& name) {
  return benchmark::RegisterBenchmark(("explore/" + name + "/one").c_str(), search<Client>)
      ->Unit(benchmark::kMillisecond);
}
template <template <class> class Client>
auto measure(const std::string& name) {
  return measure<Client<explore::engine>>(name);
}

// Two producers, two consumers, `Items` each: what the ring's own clients do.
template <unsigned Capacity>
struct ring_2_2
    : sluice::kit::elements_flow<explore::engine, sluice::models::mpmc_ring_subject<explore::engine>::template ring,
                                 {2, 2, 1, Capacity, 0}> {};

void register_all() {
  measure<store_buffering<1, relaxed, relaxed>::client>("store_buffering_1_relaxed");
  measure<store_buffering<5, relaxed, relaxed>::client>("store_buffering_5_relaxed");
  measure<store_buffering<5, release, acquire>::client>("store_buffering_5_release_acquire");
  measure<store_buffering<5, seq_cst, seq_cst>::client>("store_buffering_5_seq_cst");
  measure<message_passing<4>::client>("message_passing_4");
  measure<independent_reads>("independent_reads_seq_cst");
  measure<increments<7>::client>("increments_7");
  measure<increments<9>::client>("increments_9");
  measure<coherence<5>::client>("coherence_5");
  measure<coherence<6>::client>("coherence_6");
  measure<coherence<7>::client>("coherence_7_first_10_million")->Repetitions(1);
  measure<growing<4>::client>("growing_4");
  measure<growing<6>::client>("growing_6");
  measure<growing<8>::client>("growing_8");
  measure<growing<10>::client>("growing_10");
  measure<long_past<10>::client>("long_past_10");
  measure<long_past<100>::client>("long_past_100");
  measure<long_past<1000>::client>("long_past_1000");
  measure<ticket_lock<4>::client>("ticket_lock_4");
  measure<ms_queue<2>::client>("ms_queue_2");
  measure<ms_queue<3>::client>("ms_queue_3");
  measure<ring_2_2<1>>("mpmc_ring_2_2_capacity_1");
  measure<ring_2_2<2>>("mpmc_ring_2_2_capacity_2");
}

}  // namespace
}  // namespace bench::explore_bench

int main(int argc, char** argv) {
  using namespace bench::explore_bench;
  register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
