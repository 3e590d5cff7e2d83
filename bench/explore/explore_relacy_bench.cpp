// SPDX-License-Identifier: BSL-1.0
// The explorer beside Relacy's full search, on the same clients: the time until each has finished, and how many executions
// it took. They do not answer the same question: Relacy's are those of its scheduler under its own memory model, with many
// that differ in nothing; the explorer's are the execution graphs of RC20, each once.
#include <kit/relacy/main.hpp>
// Relacy comes first: it replaces operator new.
#include <benchmark/benchmark.h>

#include <kit/explore.hpp>
#include <string>

#include "programs.hpp"

namespace bench::explore_relacy_bench {
namespace {

template <template <class> class Client>
void by_explorer(benchmark::State& state) {
  sluice::explore::report r;
  for (auto _ : state) r = sluice::explore::check<Client>();
  if (r.verdict != sluice::explore::verdict::ok) state.SkipWithError(r.message.c_str());
  state.counters["executions"] = static_cast<double>(r.executions + r.blocked);
}

template <template <class> class Client>
void by_relacy(benchmark::State& state) {
  sluice::relacy::outcome o;
  sluice::relacy::request full;
  full.scheduler = "full";
  for (auto _ : state) o = sluice::relacy::run<Client<sluice::relacy::engine>>(full);
  if (!o.ok) state.SkipWithError(o.result.c_str());
  state.counters["executions"] = static_cast<double>(o.executions);
}

// One search each: Relacy keeps some 64 KB of every one.
template <template <class> class Client>
void compare(const std::string& name) {
  const auto once = [](auto* b) { b->Unit(benchmark::kMicrosecond)->Iterations(1); };
  once(benchmark::RegisterBenchmark(("explore/" + name + "/one").c_str(), by_explorer<Client>));
  once(benchmark::RegisterBenchmark(("relacy/" + name + "/one").c_str(), by_relacy<Client>));
}

void register_all() {
  compare<store_buffering<1, seq_cst, seq_cst>::client>("store_buffering_1_seq_cst");
  compare<store_buffering<2, relaxed, relaxed>::client>("store_buffering_2_relaxed");
  compare<message_passing<1>::client>("message_passing_1");
  compare<message_passing<2>::client>("message_passing_2");
  compare<independent_reads>("independent_reads_seq_cst");
  compare<increments<4>::client>("increments_4");
  compare<increments<5>::client>("increments_5");
  compare<coherence<2>::client>("coherence_2");
  compare<coherence<3>::client>("coherence_3");
  compare<growing<3>::client>("growing_3");
  compare<ticket_lock<2>::client>("ticket_lock_2");
}

}  // namespace
}  // namespace bench::explore_relacy_bench

int main(int argc, char** argv) {
  using namespace bench::explore_relacy_bench;
  register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
