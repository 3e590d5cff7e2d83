// SPDX-License-Identifier: BSL-1.0
// Tasks against Go's goroutines, oneTBB's task_group and threads. Names are <subject>/<workload>/<one or P+C>; an item is a task
// (spawn, fork_join, parked), a trip there and back, an element, or one task's turn in a ring.
#include <benchmark/benchmark.h>

#include <unistd.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/async_task.hpp>
#include <sluice/chan.hpp>
#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

#include "harness/run.hpp"
#include "peers/process.hpp"
#if defined(SLUICE_BENCH_TBB)
#include <tbb/task_group.h>
#endif

namespace bench::task_bench {
namespace {

using clock_type = std::chrono::steady_clock;
constexpr int tasks = 1 << 16;
constexpr int trips = 1 << 14;
constexpr int ring_size = 10'000;
constexpr int ring_rounds = 10;
constexpr int fib_of = 27;
constexpr int fib_value = 196'418;
constexpr int fib_forks = 317'810;
constexpr int parked = 100'000;
constexpr int primes = 5'000;
constexpr int last_prime = 48'611;
constexpr int parked_coroutines = 1'000'000;

double since(clock_type::time_point begin) { return std::chrono::duration<double>(clock_type::now() - begin).count(); }

// As many bytes of memory as the process has now.
double resident() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double in_memory = 0;
  statm >> all >> in_memory;
  return in_memory * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// `measured` runs as a task and gives the seconds that count, or less than 0 where its answer was wrong.
void add(const std::string& name, std::int64_t items, const std::function<double(benchmark::State&)>& measured,
         first_run first = first_run::warms_up) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [=, warm = first == first_run::counts](benchmark::State& state) mutable {
                                 if (!std::exchange(warm, true)) measured(state);
                                 for (auto _ : state) {
                                   const double seconds = measured(state);
                                   if (seconds < 0) return state.SkipWithError("the tasks did not do what they should");
                                   state.SetIterationTime(seconds);
                                 }
                                 state.SetItemsProcessed(state.iterations() * items);
                               })
      ->UseManualTime()
      ->Iterations(1);
}
void add_tasks(const std::string& name, std::int64_t items, const std::function<double(benchmark::State&)>& measured) {
  add(name, items,
      [=](benchmark::State& state) { return sluice::default_scheduler().run([&] { return measured(state); }); });
}

double spawn(int batch) {
  const auto begin = clock_type::now();
  for (int at = 0; at < tasks; at += batch) {
    sluice::wait_group all(static_cast<std::uint32_t>(batch));
    for (int i = 0; i != batch; ++i) sluice::go([&all] { all.done(); });
    all.wait();
  }
  return since(begin);
}

template <class Start>
double round_trips(Start start) {
  auto there = sluice::make_chan<std::uint64_t>(0);
  auto back = sluice::make_chan<std::uint64_t>(0);
  start([there, back]() mutable {
    for (const auto v : there) back.push(v + 1);
    back.close();
  });
  bool right = true;
  const auto begin = clock_type::now();
  for (std::uint64_t i = 0; i != trips; ++i) {
    there.push(i);
    right = right && back.pop() == i + 1;
  }
  const double seconds = since(begin);
  there.close();
  return right && !back.pop() ? seconds : -1;
}

double ring() {
  auto first = sluice::make_chan<int>(0);
  auto last = first;
  for (int i = 0; i != ring_size; ++i) {
    auto to = sluice::make_chan<int>(0);
    sluice::go([from = last, to]() mutable {
      for (const int v : from) to.push(v + 1);
      to.close();
    });
    last = to;
  }
  bool right = true;
  const auto begin = clock_type::now();
  for (int i = 0; i != ring_rounds; ++i) {
    first.push(0);
    right = right && last.pop() == ring_size;
  }
  const double seconds = since(begin);
  first.close();
  return right && !last.pop() ? seconds : -1;
}

// Eratosthenes' sieve as a line of tasks, one for each prime, each of which passes on what its prime does not divide. All of them
// have ended when it returns, so that none works on beside what is measured next.
double sieve() {
  sluice::wait_group all(primes + 1);
  const auto begin = clock_type::now();
  const auto first = sluice::make_chan<int>(0);
  sluice::go([first, &all] {
    for (int n = 2; first.push(n); ++n) continue;
    all.done();
  });
  auto numbers = first;
  int prime = 0;
  for (int i = 0; i != primes; ++i) {
    prime = numbers.pop().value();
    auto rest = sluice::make_chan<int>(0);
    sluice::go([from = numbers, rest, prime, &all] {
      for (const int n : from)
        if (n % prime != 0) rest.push(n);
      rest.close();
      all.done();
    });
    numbers = rest;
  }
  const double seconds = since(begin);
  numbers.close();
  first.close();
  all.wait();
  return prime == last_prime ? seconds : -1;
}

double elements(int side) {
  constexpr int each = 1 << 16;
  auto c = sluice::make_chan<std::uint64_t>(1024);
  sluice::wait_group pushing(static_cast<std::uint32_t>(side));
  sluice::wait_group popping(static_cast<std::uint32_t>(side));
  std::atomic<std::uint64_t> sum{0};
  const auto begin = clock_type::now();
  for (int i = 0; i != side; ++i) {
    sluice::go([&, c]() mutable {
      for (std::uint64_t n = 1; n <= each; ++n) c.push(n);
      pushing.done();
    });
    sluice::go([&, c]() mutable {
      std::uint64_t mine = 0;
      while (const auto v = c.pop()) mine += *v;
      sum += mine;
      popping.done();
    });
  }
  pushing.wait();
  c.close();
  popping.wait();
  const double seconds = since(begin);
  return sum == static_cast<std::uint64_t>(side) * each * (each + 1) / 2 ? seconds : -1;
}

int fib(int n) {
  if (n < 2) return n;
  int left = 0;
  sluice::wait_group both(1);
  sluice::go([&left, &both, n] {
    left = fib(n - 1);
    both.done();
  });
  const int right = fib(n - 2);
  both.wait();
  return left + right;
}

// A tree that is only known as one walks it, and unbalanced: four children or none, as a hash has it, but for the root.
struct node {
  std::uint64_t hash;
  int children;

  static node root() { return {1, 4096}; }
  node child(int i) const {
    constexpr int rounds = 32;  // what a node costs
    std::uint64_t h = hash + static_cast<std::uint64_t>(i) + 1;
    for (int r = 0; r != rounds; ++r) {
      h = (h ^ (h >> 30U)) * 0xBF58476D1CE4E5B9U;
      h = (h ^ (h >> 27U)) * 0x94D049BB133111EBU + 0x9E3779B97F4A7C15U;
    }
    return {h, h % 100 < 24 ? 4 : 0};
  }
};
int nodes_of(const node& n) {
  int sum = 1;
  for (int i = 0; i != n.children; ++i) sum += nodes_of(n.child(i));
  return sum;
}
const int nodes_in_tree = nodes_of(node::root());

int count(const node& n) {
  if (n.children == 0) return 1;
  std::atomic<int> sum{1};
  sluice::wait_group others(static_cast<std::uint32_t>(n.children) - 1);
  for (int i = 1; i != n.children; ++i)
    sluice::go([&, i] {
      sum.fetch_add(count(n.child(i)), std::memory_order_relaxed);
      others.done();
    });
  const int mine = count(n.child(0));
  others.wait();
  return sum + mine;
}
// Seconds until `f` has given `right`.
template <class F>
double time_of(F f, int right) {
  const auto begin = clock_type::now();
  return f() == right ? since(begin) : -1;
}

// Tasks that wait all at once, on stacks that nobody used before; how much memory each takes.
double park(benchmark::State& state) {
  sluice::scheduler fresh;
  auto gate = sluice::make_chan<void>(0);
  sluice::wait_group begun(parked);
  const double before = resident();
  const auto begin = clock_type::now();
  for (int i = 0; i != parked; ++i)
    fresh.go([&begun, gate]() mutable {
      begun.done();
      static_cast<void>(gate.pop());
    });
  begun.wait();
  state.counters["bytes_each"] = (resident() - before) / parked;
  gate.close();
  fresh.join();
  return since(begin);
}

// The same as coroutines.
sluice::task<> waits(sluice::receiver<void> gate, sluice::wait_group& begun) {
  begun.done();
  co_await gate.async_pop();
}
double park_coroutines(benchmark::State& state) {
  sluice::scheduler fresh;
  const auto gate = sluice::make_chan<void>(0);
  sluice::wait_group begun(parked_coroutines);
  const double before = resident();
  const auto begin = clock_type::now();
  fresh.go([&] {
    for (int i = 0; i != parked_coroutines; ++i) {
      sluice::go(waits(gate, begun));
      if (i % 64 == 0) sluice::yield();  // so that they wait before there are more, and few stacks are in use
    }
  });
  begun.wait();
  state.counters["bytes_each"] = (resident() - before) / parked_coroutines;
  gate.close();
  fresh.join();
  return since(begin);
}

#if defined(SLUICE_BENCH_TBB)
int tbb_fib(int n) {
  if (n < 2) return n;
  int left = 0;
  tbb::task_group both;
  both.run([&left, n] { left = tbb_fib(n - 1); });
  const int right = tbb_fib(n - 2);
  both.wait();
  return left + right;
}
int tbb_count(const node& n) {
  if (n.children == 0) return 1;
  std::atomic<int> sum{1};
  tbb::task_group others;
  for (int i = 1; i != n.children; ++i)
    others.run([&, i] { sum.fetch_add(tbb_count(n.child(i)), std::memory_order_relaxed); });
  const int mine = tbb_count(n.child(0));
  others.wait();
  return sum + mine;
}
void register_tbb() {
  add("tbb_task/spawn/one", tasks, [](benchmark::State&) {
    const auto begin = clock_type::now();
    for (int at = 0; at < tasks; at += 64) {
      tbb::task_group all;
      for (int i = 0; i != 64; ++i) all.run([] {});
      all.wait();
    }
    return since(begin);
  });
  add("tbb_task/fork_join/one", fib_forks,
      [](benchmark::State&) { return time_of([] { return tbb_fib(fib_of); }, fib_value); });
  add("tbb_task/tree/one", nodes_in_tree,
      [](benchmark::State&) { return time_of([] { return tbb_count(node::root()); }, nodes_in_tree); });
}
#endif

void register_go() {
  const auto ask = [](const char* workload, const char* who, const std::string& what, std::int64_t items) {
    bench::register_peer("go_peer", std::string("go_task/") + workload + '/' + who, what, items,
                         bench::first_run::warms_up);
  };
  ask("spawn", "one", bench::question("task_spawn", tasks, 64), tasks);
  ask("spawn_one", "one", bench::question("task_spawn", tasks, 1), tasks);
  ask("round_trip", "1+1", bench::question("task_round_trip", trips), trips);
  ask("ring", "one", bench::question("task_ring", ring_size, ring_rounds), ring_size * ring_rounds);
  ask("sieve", "one", bench::question("task_sieve", primes, last_prime), primes);
  ask("fork_join", "one", bench::question("task_fib", fib_of, fib_value), fib_forks);
  ask("elements", "4+4", bench::question("throughput", 4, 4, 1024, 4 << 16), 4 << 16);
}

}  // namespace
}  // namespace bench::task_bench

int main(int argc, char** argv) {
  using namespace bench::task_bench;
  bench::find_peers(argv[0]);
  add_tasks("task/spawn/one", tasks, [](benchmark::State&) { return spawn(64); });
  add_tasks("task/spawn_one/one", tasks, [](benchmark::State&) { return spawn(1); });
  add_tasks("task/round_trip/1+1", trips,
            [](benchmark::State&) { return round_trips([](auto f) { sluice::go(std::move(f)); }); });
  add_tasks("task/ring/one", ring_size * ring_rounds, [](benchmark::State&) { return ring(); });
  add_tasks("task/elements/4+4", 4 << 16, [](benchmark::State&) { return elements(4); });
  add_tasks("task/sieve/one", primes, [](benchmark::State&) { return sieve(); });
  const auto forks = [](benchmark::State&) { return time_of([] { return fib(fib_of); }, fib_value); };
  const auto tree = [](benchmark::State&) { return time_of([] { return count(node::root()); }, nodes_in_tree); };
  add_tasks("task/fork_join/one", fib_forks, forks);
  add_tasks("task/tree/one", nodes_in_tree, tree);
  const auto on_one = [](const auto& measured) {
    return [=](benchmark::State& state) {
      sluice::scheduler one({.workers = 1});
      one.run([&] { measured(state); });  // its stacks are there, as those of the default scheduler are in a later run
      return one.run([&] { return measured(state); });
    };
  };
  add("task_one_worker/fork_join/one", fib_forks, on_one(forks));
  add("task_one_worker/tree/one", nodes_in_tree, on_one(tree));
  add("task/parked/one", parked, [](benchmark::State& state) { return park(state); }, bench::first_run::counts);
  add(
      "coroutine/parked/one", parked_coroutines, [](benchmark::State& state) { return park_coroutines(state); },
      bench::first_run::counts);
  add("thread/round_trip/1+1", trips, [](benchmark::State&) {
    std::jthread other;
    return round_trips([&other](auto f) { other = std::jthread(std::move(f)); });
  });
#if defined(SLUICE_BENCH_TBB)
  register_tbb();
#endif
  register_go();
  return bench::run(argc, argv);
}
