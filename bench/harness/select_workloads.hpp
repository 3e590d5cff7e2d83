// SPDX-License-Identifier: BSL-1.0
#pragma once
// Workloads of a select over several channels. A Subject is made of the number of channels and their capacity, and has
// put(channel, v) and, over all of them, get(), which selects.
//
//   <subject>/select<n>_pair/one          one thread puts into one of n and selects it out again
//   <subject>/select<n>/<P+C>             producers put into the channels in turn, consumers select
//   <subject>/select<n>_round_trip/1+1    there through one of n and back through one of n, selected on both sides
//
// Of one producer the elements of one channel come in its order; those of two channels may overtake each other.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arrivals.hpp"
#include "crew.hpp"
#include "workloads.hpp"

namespace bench {

template <class Subject>
void select_pair(benchmark::State& state, std::size_t channels) {
  Subject subject(channels, 64);
  std::uint64_t next = 0;
  std::uint64_t popped = 0;
  for (auto _ : state) {
    subject.put(next % channels, next);
    popped += subject.get();
    ++next;
  }
  if (popped != next * (next - 1) / 2) state.SkipWithError(sums_differ);
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

template <class Subject>
void select_throughput(benchmark::State& state, shape s, std::size_t channels) {
  constexpr std::uint64_t elements = 1 << 17;
  for (auto _ : state) {
    Subject subject(channels, 64);
    shares to_push(elements);
    shares to_pop(elements);
    std::atomic<std::uint64_t> pushed{0};
    std::atomic<std::uint64_t> popped{0};
    std::atomic<bool> in_order{true};
    state.SetIterationTime(run_workload<Subject>(s.producers + s.consumers, [&](int who) {
      if (who < s.producers) {
        std::uint64_t sum = 0;
        for (std::uint64_t at; (at = to_push.next()) != elements;)
          for (std::uint64_t i = at; i != at + shares::size; ++i) {
            const std::uint64_t number = numbered(static_cast<std::uint64_t>(who), i);
            sum += number;
            subject.put(i % channels, number);
          }
        pushed += sum;
      } else {
        arrivals seen(s.producers, channels);
        while (to_pop.next() != elements)
          for (std::uint64_t i = 0; i != shares::size; ++i) seen.saw(subject.get());
        popped += seen.sum();
        if (!seen.in_order()) in_order = false;
      }
    }));
    if (const char* wrong = pushed.load() != popped.load() ? sums_differ : !in_order.load() ? out_of_order : nullptr) {
      state.SkipWithError(wrong);
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(elements));
}

template <class Subject>
void select_round_trip(benchmark::State& state, std::size_t channels) {
  using clock = std::chrono::steady_clock;
  constexpr std::uint64_t trips = 1 << 13;
  for (auto _ : state) {
    Subject there(channels, 0);
    Subject back(channels, 0);
    std::vector<double> ns(trips);
    bool in_step = true;
    state.SetIterationTime(run_workload<Subject>(2, [&](int who) {
      bool as_expected = true;
      for (std::uint64_t i = 0; i != trips; ++i) {
        if (who == 0) {
          const clock::time_point begin = clock::now();
          there.put(i % channels, 2 * i);
          as_expected = back.get() == 2 * i + 1 && as_expected;
          ns[i] = std::chrono::duration<double, std::nano>(clock::now() - begin).count();
        } else {
          back.put(i % channels, there.get() + 1);
        }
      }
      if (who == 0) in_step = as_expected;
    }));
    if (!in_step) {
      state.SkipWithError("what came back is not the successor of what went out");
      break;
    }
    report_percentiles(state, std::move(ns));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(trips));
}

// Of many, threads or what the Subject runs.
template <class Subject>
void register_select_of_many(const std::string& subject, std::size_t channels, bool rendezvous = true,
                             const std::vector<shape>& all = shapes()) {
  const std::string workload = "select" + std::to_string(channels);
  for (const shape& s : all)
    benchmark::RegisterBenchmark(
        name_of(subject, workload, to_string(s), 64).c_str(),
        [s, channels](benchmark::State& state) { select_throughput<Subject>(state, s, channels); })
        ->UseManualTime()
        ->Iterations(1);
  if (!rendezvous) return;
  benchmark::RegisterBenchmark(name_of(subject, workload + "_round_trip", "1+1", 0).c_str(),
                               [channels](benchmark::State& state) { select_round_trip<Subject>(state, channels); })
      ->UseManualTime()
      ->Iterations(1);
}
template <class Subject>
void register_select(const std::string& subject, std::size_t channels, bool rendezvous = true,
                     const std::vector<shape>& all = shapes()) {
  benchmark::RegisterBenchmark(name_of(subject, "select" + std::to_string(channels) + "_pair", "one", 64).c_str(),
                               [channels](benchmark::State& state) { select_pair<Subject>(state, channels); });
  register_select_of_many<Subject>(subject, channels, rendezvous, all);
}

}  // namespace bench
