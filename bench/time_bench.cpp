// SPDX-License-Identifier: BSL-1.0
// Timers and contexts against Go's. Names are <subject>/<workload>/one; an item is a timer that was armed and stopped, or a
// context of a tree that ends.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <sluice/context.hpp>
#include <sluice/timer.hpp>

#include "harness/run.hpp"
#include "peers/process.hpp"

namespace bench::time_bench {
namespace {

using clock_type = std::chrono::steady_clock;
constexpr int timers = 100'000;
constexpr int children = 10;  // of each context of a tree

double since(clock_type::time_point begin) { return std::chrono::duration<double>(clock_type::now() - begin).count(); }

// `measured` gives the seconds that count, or less than 0 where its answer was wrong.
void add(const std::string& name, std::int64_t items, const std::function<double()>& measured) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 for (auto _ : state) {
                                   const double seconds = measured();
                                   if (seconds < 0) return state.SkipWithError("something did not end as it should");
                                   state.SetIterationTime(seconds);
                                 }
                                 state.SetItemsProcessed(state.iterations() * items);
                               })
      ->UseManualTime()
      ->Iterations(1);
}

// All are armed before the first is stopped.
double arm_and_stop() {
  std::deque<sluice::timer> all;
  bool right = true;
  const auto begin = clock_type::now();
  for (int i = 0; i != timers; ++i) all.emplace_back(std::chrono::hours(1) + std::chrono::microseconds(i));
  for (sluice::timer& t : all) right = t.stop() && right;
  return right ? since(begin) : -1;
}
double reset() {
  sluice::timer one(std::chrono::hours(1));
  bool right = true;
  const auto begin = clock_type::now();
  for (int i = 0; i != timers; ++i) right = one.reset(std::chrono::hours(1)) && right;
  return right ? since(begin) : -1;
}

// The root of a tree of `n` is cancelled.
double cancel_tree(int n) {
  std::vector<sluice::canceled_by<sluice::std_platform>> all{sluice::with_cancel(sluice::background())};
  for (int i = 1; i != n; ++i)
    all.push_back(sluice::with_cancel(sluice::context(all[static_cast<std::size_t>((i - 1) / children)].ctx)));
  const auto begin = clock_type::now();
  all.front().cancel();
  const double seconds = since(begin);
  return all.back().ctx.err() ? seconds : -1;
}

void register_go() {
  const auto ask = [](const std::string& name, const std::string& what, std::int64_t items) {
    bench::register_peer("go_peer", name, what, items);
  };
  ask("go_timer/arm_stop/one", bench::question("timer_arm_stop", timers), timers);
  ask("go_timer/reset/one", bench::question("timer_reset", timers), timers);
  for (const int n : {1'000, 10'000, 100'000})
    ask("go_context/cancel_tree" + std::to_string(n) + "/one", bench::question("context_cancel_tree", n, children), n);
}

}  // namespace
}  // namespace bench::time_bench

int main(int argc, char** argv) {
  using namespace bench::time_bench;
  bench::find_peers(argv[0]);
  add("timer/arm_stop/one", timers, &arm_and_stop);
  add("timer/reset/one", timers, &reset);
  for (const int n : {1'000, 10'000, 100'000})
    add("context/cancel_tree" + std::to_string(n) + "/one", n, [n] { return cancel_tree(n); });
  register_go();
  return bench::run(argc, argv);
}
