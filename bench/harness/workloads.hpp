// SPDX-License-Identifier: BSL-1.0
#pragma once
// The workloads, and how their names are made:
//
//   <subject>/<workload>/<producers>+<consumers>/cap:<n>      "one" instead of P+C where one thread does both
//
// Each sums what was pushed and what was popped, and reports an error instead of a time where the sums differ, or where
// one producer's elements did not come in its order. Where several threads take part a repetition is one iteration: many
// short measurements among the others', not few long ones.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "arrivals.hpp"
#include "crew.hpp"
#include "payload.hpp"

namespace bench {

// How a thread moves elements: push returns the sum of the numbers that it pushed, those of the elements from `from` on.
template <class T>
struct one_by_one {
  template <class Subject>
  static std::uint64_t push(Subject& subject, std::uint64_t who, std::uint64_t from, std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = from; i != from + n; ++i) {
      sum += numbered(who, i);
      subject.put(element_of<T>(numbered(who, i)));
    }
    return sum;
  }
  // False if one came broken.
  template <class Subject>
  static bool pop(Subject& subject, std::uint64_t n, arrivals& seen) {
    bool all_whole = true;
    for (std::uint64_t i = 0; i != n; ++i) {
      T element = element_of<T>(0);
      subject.get(element);
      seen.saw(number_of(element));
      all_whole = whole(element) && all_whole;
    }
    return all_whole;
  }
};

template <class T, std::size_t Batch>
struct in_bulk {
  template <class Subject>
  static std::uint64_t push(Subject& subject, std::uint64_t who, std::uint64_t from, std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = from; i != from + n; i += Batch) {
      std::array<T, Batch> batch;
      for (std::size_t k = 0; k != Batch; ++k) fill(batch[k], numbered(who, i + k)), sum += numbered(who, i + k);
      subject.put_n(batch.data(), Batch);
    }
    return sum;
  }
  template <class Subject>
  static bool pop(Subject& subject, std::uint64_t n, arrivals& seen) {
    bool all_whole = true;
    for (std::uint64_t i = 0; i != n; i += Batch) {
      std::array<T, Batch> batch;
      subject.get_n(batch.data(), Batch);
      for (const T& element : batch) seen.saw(number_of(element)), all_whole = whole(element) && all_whole;
    }
    return all_whole;
  }
};

// Elements without a value: put() and get(), which are counted.
struct just_counted {
  template <class Subject>
  static std::uint64_t push(Subject& subject, std::uint64_t, std::uint64_t, std::uint64_t n) {
    for (std::uint64_t i = 0; i != n; ++i) subject.put();
    return n;
  }
  template <class Subject>
  static bool pop(Subject& subject, std::uint64_t n, arrivals& seen) {
    for (std::uint64_t i = 0; i != n; ++i) subject.get();
    seen.saw_alike(n);
    return true;
  }
};

// A share of the work at a time, so that all threads are busy to the end, however the scheduler treats them.
class shares {
 public:
  static constexpr std::uint64_t size = 256;
  explicit shares(std::uint64_t elements) : elements_(elements) {}
  // Where the next share begins, or `elements` if none is left.
  std::uint64_t next() noexcept { return std::min(taken_.fetch_add(size, std::memory_order_relaxed), elements_); }

 private:
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  const std::uint64_t elements_;
};

// How many elements one measurement moves. A function of the capacity alone, so the same for all that are compared: on
// small capacities, where a blocking queue sleeps for nearly every element, fewer.
constexpr std::uint64_t elements_for(std::size_t capacity) noexcept {
  return std::uint64_t{1} << (capacity < 8 ? 14 : capacity < 64 ? 16 : capacity < 512 ? 18 : 19);
}

// Whether one producer's elements come out in its order; a subject that says otherwise has a member `ordered`.
template <class Subject>
constexpr bool keeps_order() {
  if constexpr (requires { Subject::ordered; })
    return Subject::ordered;
  else
    return true;
}

// Elements through the subject as fast as they go; the threads are new, and their making is not in the time.
template <class Subject, class Mover>
void throughput(benchmark::State& state, shape s, std::size_t capacity) {
  const std::uint64_t elements = elements_for(capacity);  // a multiple of shares::size
  for (auto _ : state) {
    Subject subject(capacity, s.producers + s.consumers);
    shares to_push(elements);
    shares to_pop(elements);
    std::atomic<std::uint64_t> pushed{0};
    std::atomic<std::uint64_t> popped{0};
    std::atomic<bool> in_order{true};
    state.SetIterationTime(run_workload<Subject>(s.producers + s.consumers, [&](int who) {
      if (who < s.producers) {
        std::uint64_t sum = 0;
        for (std::uint64_t at; (at = to_push.next()) != elements;)
          sum += Mover::push(subject, static_cast<std::uint64_t>(who), at, shares::size);
        pushed += sum;
      } else {
        arrivals seen(s.producers);
        bool all_whole = true;
        while (to_pop.next() != elements) all_whole = Mover::pop(subject, shares::size, seen) && all_whole;
        if (all_whole) popped += seen.sum();
        if (keeps_order<Subject>() && !seen.in_order()) in_order = false;
      }
    }));
    if (const char* wrong = pushed.load() != popped.load() ? sums_differ : !in_order.load() ? out_of_order : nullptr) {
      state.SkipWithError(wrong);
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(elements));
}

// One thread puts an element and takes it out again. An iteration is one pair.
template <class Subject, class T>
void pair(benchmark::State& state, std::size_t capacity) {
  Subject subject(capacity, 1);
  std::uint64_t next = 0;
  std::uint64_t popped = 0;
  for (auto _ : state) {
    subject.put(element_of<T>(next++));
    T element = element_of<T>(0);
    subject.get(element);
    popped += sum_of(element);
  }
  std::uint64_t pushed = 0;
  for (std::uint64_t i = 0; i != next; ++i) pushed += i * sum_of(element_of<T>(1));
  if (pushed != popped) state.SkipWithError(sums_differ);
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

// One thread puts a batch and takes it out again. An item is one element of it.
template <class Subject, class Mover>
void pair_in_bulk(benchmark::State& state, std::size_t capacity, std::uint64_t batch) {
  Subject subject(capacity, 1);
  std::uint64_t next = 0;
  std::uint64_t pushed = 0;
  arrivals seen(1);
  bool all_whole = true;
  for (auto _ : state) {
    pushed += Mover::push(subject, 0, next, batch);
    all_whole = Mover::pop(subject, batch, seen) && all_whole;
    next += batch;
  }
  if (pushed != seen.sum() || !all_whole || !seen.in_order()) state.SkipWithError(sums_differ);
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

// The p50_ns, p99_ns and p999_ns of a repetition: a throughput may be bought by letting some elements wait.
inline void report_percentiles(benchmark::State& state, std::vector<double> ns) {
  std::sort(ns.begin(), ns.end());
  const auto at = [&ns](double share) {
    return ns[static_cast<std::size_t>(share * static_cast<double>(ns.size() - 1))];
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["p999_ns"] = at(0.999);
}

// One element there through a first subject, its successor back through a second one. An item is one round trip.
template <class Subject>
void round_trip(benchmark::State& state, std::size_t capacity) {
  using clock = std::chrono::steady_clock;
  constexpr std::uint64_t trips = 1 << 13;
  for (auto _ : state) {
    Subject there(capacity, 2);
    Subject back(capacity, 2);
    std::vector<double> ns(trips);
    bool in_step = true;
    state.SetIterationTime(run_workload<Subject>(2, [&](int who) {
      bool as_expected = true;
      for (std::uint64_t i = 0; i != trips; ++i) {
        std::uint64_t v = 2 * i;
        if (who == 0) {
          const clock::time_point begin = clock::now();
          there.put(std::uint64_t{v});
          back.get(v);
          ns[i] = std::chrono::duration<double, std::nano>(clock::now() - begin).count();
          as_expected = as_expected && v == 2 * i + 1;
        } else {
          there.get(v);
          back.put(v + 1);
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

inline std::string name_of(const std::string& subject, const std::string& workload, const std::string& who,
                           std::size_t capacity) {
  return subject + "/" + workload + "/" + who + "/cap:" + std::to_string(capacity);
}

template <class Subject, class T = std::uint64_t>
void register_pair(const std::string& subject, std::initializer_list<std::size_t> capacities = {1, 64, 1024},
                   const std::string& workload = "pair") {
  for (const std::size_t capacity : capacities)
    benchmark::RegisterBenchmark(name_of(subject, workload, "one", capacity).c_str(),
                                 [capacity](benchmark::State& state) { pair<Subject, T>(state, capacity); });
}

template <class Subject, class Mover = one_by_one<std::uint64_t>>
void register_throughput(const std::string& subject, const std::vector<shape>& all = shapes(),
                         std::initializer_list<std::size_t> capacities = {1, 16, 64, 1024},
                         const std::string& workload = "throughput") {
  for (const shape s : all)
    for (const std::size_t capacity : capacities)
      benchmark::RegisterBenchmark(
          name_of(subject, workload, to_string(s), capacity).c_str(),
          [s, capacity](benchmark::State& state) { throughput<Subject, Mover>(state, s, capacity); })
          ->UseManualTime()
          ->Iterations(1);
}

// Batches through put_n and get_n: by one thread, and between threads.
template <class Subject, std::size_t Batch = 16>
void register_bulk(const std::string& subject, const std::vector<shape>& all = shapes()) {
  using mover = in_bulk<std::uint64_t, Batch>;
  const std::string bulk = "bulk" + std::to_string(Batch);
  benchmark::RegisterBenchmark(name_of(subject, "pair_" + bulk, "one", 1024).c_str(),
                               [](benchmark::State& state) { pair_in_bulk<Subject, mover>(state, 1024, Batch); });
  register_throughput<Subject, mover>(subject, all, {64, 1024}, "throughput_" + bulk);
}

// `SubjectOf<T>` with elements of 8, 64 and 256 bytes, at one capacity.
template <template <class> class SubjectOf>
void register_payloads(const std::string& subject, const std::vector<shape>& all = shapes()) {
  const auto one = [&]<std::size_t Bytes>() {
    using element = payload<Bytes>;
    const std::string bytes = std::to_string(Bytes);
    register_pair<SubjectOf<element>, element>(subject, {1024}, "pair_bytes" + bytes);
    register_throughput<SubjectOf<element>, one_by_one<element>>(subject, all, {1024}, "throughput_bytes" + bytes);
  };
  one.template operator()<8>();
  one.template operator()<64>();
  one.template operator()<256>();
}

template <class Subject>
void register_round_trip(const std::string& subject, const std::string& workload,
                         std::initializer_list<std::size_t> capacities = {1}) {
  for (const std::size_t capacity : capacities)
    benchmark::RegisterBenchmark(name_of(subject, workload, "1+1", capacity).c_str(),
                                 [capacity](benchmark::State& state) { round_trip<Subject>(state, capacity); })
        ->UseManualTime()
        ->Iterations(1);
}

}  // namespace bench
