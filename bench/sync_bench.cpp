// SPDX-License-Identifier: BSL-1.0
// wait_group, sharded_wait_group, once, mutex, rw_mutex, cond, semaphore and single_flight against the standard library's, Abseil's, Go's, and what the machine
// allows. Names are <subject>/<workload>/<P+C>, P and C being two halves of the threads.
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <sluice/cond.hpp>
#include <sluice/mutex.hpp>
#include <sluice/once.hpp>
#include <sluice/rw_mutex.hpp>
#include <sluice/semaphore.hpp>
#include <sluice/sharded_wait_group.hpp>
#include <sluice/single_flight.hpp>
#include <sluice/wait_group.hpp>

#include "harness/crew.hpp"
#include "harness/run.hpp"
#include "limits/two_rmws.hpp"
#include "peers/process.hpp"
#include "peers/waits.hpp"

namespace bench::sync_bench {
namespace {

// One thread; an iteration is one `operation`.
template <class Operation>
void register_one(const std::string& subject, const std::string& workload, Operation operation) {
  benchmark::RegisterBenchmark((subject + "/" + workload + "/one").c_str(), [operation](benchmark::State& state) {
    auto run = operation();
    for (auto _ : state) run();
  });
}

// `job(share, who)` in each of the threads, `items` in all; `make` gives what they share.
template <class Make, class Job>
void register_crew(const std::string& subject, const std::string& workload, bench::shape s, std::int64_t items,
                   Make make, Job job) {
  benchmark::RegisterBenchmark(
      (subject + "/" + workload + "/" + to_string(s)).c_str(),
      [=](benchmark::State& state) {
        for (auto _ : state) {
          auto shared = make();
          state.SetIterationTime(bench::run_together(s.producers + s.consumers, [&](int who) { job(*shared, who); }));
        }
        state.SetItemsProcessed(state.iterations() * items);
      })
      ->UseManualTime()
      ->Iterations(1);
}

constexpr std::uint64_t rounds = 1 << 17;

// Counting down: each thread does its share.
template <class Counter, class Down>
void register_countdown(const std::string& subject, Down down) {
  for (const bench::shape s : bench::crews()) {
    const auto all = static_cast<std::int64_t>(rounds) * (s.producers + s.consumers);
    register_crew(
        subject, "countdown", s, all, [all] { return std::make_unique<Counter>(static_cast<std::uint32_t>(all)); },
        [down](Counter& c, int) {
          for (std::uint64_t i = 0; i != rounds; ++i) down(c);
        });
  }
}

// Each thread adds a task and is done with it, over and over, beside one that stays.
template <class Group>
void register_group(const std::string& subject) {
  register_one(subject, "add_done", [] {
    return [g = std::make_shared<Group>(1)] {
      g->add();
      g->done();
    };
  });
  for (const bench::shape s : bench::crews())
    register_crew(
        subject, "add_done_by_all", s, static_cast<std::int64_t>(rounds) * (s.producers + s.consumers),
        [] { return std::make_unique<Group>(); },
        [](Group& g, int) {
          g.add();
          for (std::uint64_t i = 0; i != rounds; ++i) {
            g.add();
            g.done();
          }
          g.done();
        });
  register_countdown<Group>(subject, [](Group& g) { g.done(); });
}

// One opens a gate, the other, which waited for it, opens one back. An item is one round trip.
constexpr std::size_t trips = 1 << 12;

template <class Gate>
struct gates {
  std::unique_ptr<Gate[]> there = std::make_unique<Gate[]>(trips);
  std::unique_ptr<Gate[]> back = std::make_unique<Gate[]>(trips);
};

template <class Gate>
void register_cycle(const std::string& subject) {
  register_crew(
      subject, "cycle", {1, 1}, std::int64_t{trips}, [] { return std::make_unique<gates<Gate>>(); },
      [](gates<Gate>& g, int who) {
        for (std::size_t i = 0; i != trips; ++i) {
          if (who != 0) g.there[i].pass();
          (who == 0 ? g.there : g.back)[i].open();
          if (who == 0) g.back[i].pass();
        }
      });
}

template <class Lock>
void register_lock(const std::string& subject) {
  register_one(subject, "lock_unlock", [] {
    return [m = std::make_shared<Lock>()] {
      m->lock();
      m->unlock();
    };
  });
  struct guarded {
    alignas(64) Lock guard;
    alignas(64) std::uint64_t sum = 0;
  };
  for (const bench::shape s : bench::crews())
    register_crew(
        subject, "contended", s, static_cast<std::int64_t>(rounds) * (s.producers + s.consumers),
        [] { return std::make_unique<guarded>(); },
        [](guarded& g, int) {
          for (std::uint64_t i = 0; i != rounds; ++i) {
            g.guard.lock();
            g.sum = g.sum + 1;
            g.guard.unlock();
          }
        });
}

template <class Lock>
void register_shared_lock(const std::string& subject) {
  register_lock<Lock>(subject);
  register_one(subject, "lock_unlock_shared", [] {
    return [m = std::make_shared<Lock>()] {
      m->lock_shared();
      m->unlock_shared();
    };
  });
  for (const bench::shape s : bench::crews())
    register_crew(
        subject, "readers", s, static_cast<std::int64_t>(rounds) * (s.producers + s.consumers),
        [] { return std::make_unique<Lock>(); },
        [](Lock& m, int) {
          for (std::uint64_t i = 0; i != rounds; ++i) {
            m.lock_shared();
            m.unlock_shared();
          }
        });
}

// Two threads that take turns under one lock. An item is one turn of each.
template <class Mutex, class Condition>
void register_turns(const std::string& subject) {
  struct table {
    Mutex guard;
    Condition turned;
    int turn = 0;
  };
  register_crew(
      subject, "turns", {1, 1}, std::int64_t{trips}, [] { return std::make_unique<table>(); },
      [](table& t, int who) {
        for (int i = who; std::cmp_less(i, 2 * trips); i += 2) {
          std::unique_lock lock(t.guard);
          t.turned.wait(lock, [&] { return t.turn == i; });
          t.turn = i + 1;
          lock.unlock();
          t.turned.notify_one();
        }
      });
}

template <class Semaphore>
void register_semaphore(const std::string& subject) {
  register_one(subject, "acquire_release", [] {
    return [s = std::make_shared<Semaphore>(4)] {
      s->acquire();
      s->release();
    };
  });
}

// `Once` is done, and all threads ask.
template <class Once, class Call>
void register_once_by_all(const std::string& subject, Call call) {
  for (const bench::shape s : bench::crews())
    register_crew(
        subject, "done_by_all", s, std::int64_t{16 * rounds} * (s.producers + s.consumers),
        [call] {
          auto o = std::make_unique<Once>();
          call(*o);
          return o;
        },
        [call](Once& o, int) {
          for (std::uint64_t i = 0; i != 16 * rounds; ++i) call(o);
        });
}

void register_once() {
  const auto nothing = [] {};
  register_one("once", "done", [nothing] {
    auto o = std::make_shared<sluice::once>();
    o->call(nothing);
    return [o = std::move(o), nothing] { o->call(nothing); };
  });
  register_one("std_call_once", "done", [nothing] {
    auto o = std::make_shared<std::once_flag>();
    std::call_once(*o, nothing);
    return [o = std::move(o), nothing] { std::call_once(*o, nothing); };
  });
  register_once_by_all<sluice::once>("once", [nothing](sluice::once& o) { o.call(nothing); });
  register_once_by_all<std::once_flag>("std_call_once", [nothing](std::once_flag& o) { std::call_once(o, nothing); });
#if defined(SLUICE_BENCH_ABSL)
  register_one("absl_call_once", "done", [nothing] {
    auto o = std::make_shared<absl::once_flag>();
    absl::call_once(*o, nothing);
    return [o = std::move(o), nothing] { absl::call_once(*o, nothing); };
  });
#endif
  register_one("limit", "acquire_load", [] {
    return [w = std::make_shared<std::atomic<std::uint32_t>>(3)] {
      if (w->load(std::memory_order_acquire) != 3) std::abort();
    };
  });
}

// A flight that nobody shares, and what it cannot do without: a map operation (half of a putting and a taking) and a block.
void register_single_flight() {
  register_one("single_flight", "run", [] {
    return [f = std::make_shared<sluice::single_flight<std::uint64_t, std::uint64_t>>()] {
      benchmark::DoNotOptimize(f->run(7, [] { return std::uint64_t{1}; }));
    };
  });
  benchmark::RegisterBenchmark("limit/map_operation_and_allocation/one", [](benchmark::State& state) {
    std::unordered_map<std::uint64_t, std::uint64_t> map;
    const auto allocate = [] {
      const auto block = std::make_unique_for_overwrite<std::byte[]>(96);
      benchmark::DoNotOptimize(block.get());
    };
    for (auto _ : state) {
      map.try_emplace(7, 1);
      allocate();
      map.erase(7);
      allocate();
    }
    state.SetItemsProcessed(2 * state.iterations());
  });
}

// Go's WaitGroup and Mutex, in a process of their own.
void register_go() {
  constexpr std::int64_t times = 1 << 20;
  bench::register_peer("go_peer", "go_wait_group/add_done/one", bench::question("add_done", times), times);
  for (const bench::shape s : bench::crews()) {
    const std::int64_t threads = s.producers + s.consumers;
    const auto all = static_cast<std::int64_t>(rounds) * threads;
    bench::register_peer("go_peer", "go_wait_group/countdown/" + to_string(s),
                         bench::question("countdown", threads, rounds), all);
    bench::register_peer("go_peer", "go_mutex/contended/" + to_string(s), bench::question("contended", threads, rounds),
                         all);
  }
}

}  // namespace
}  // namespace bench::sync_bench

int main(int argc, char** argv) {
  using namespace bench::sync_bench;
  bench::find_peers(argv[0]);
  bench::register_two_rmws();
  register_group<sluice::wait_group>("wait_group");
  register_group<sluice::sharded_wait_group>("sharded_wait_group");
  register_countdown<std::latch>("std_latch", [](std::latch& l) { l.count_down(); });

  register_cycle<bench::group_gate>("wait_group");
  register_cycle<bench::latch_gate>("std_latch");
  register_cycle<bench::futex_gate>("futex_loop");

  register_once();
  register_lock<sluice::mutex>("mutex");
  register_lock<std::mutex>("std_mutex");
  register_shared_lock<sluice::rw_mutex>("rw_mutex");
  register_shared_lock<std::shared_mutex>("std_shared_mutex");
  register_turns<sluice::mutex, sluice::cond>("cond");
  register_turns<std::mutex, std::condition_variable>("std_condition_variable");
  register_semaphore<sluice::semaphore>("semaphore");
  register_semaphore<std::counting_semaphore<>>("std_semaphore");
  register_single_flight();
  register_go();
#if defined(SLUICE_BENCH_ABSL)
  register_cycle<bench::absl_gate>("absl_notification");
  register_lock<bench::absl_mutex>("absl_mutex");
#endif
  return bench::run(argc, argv);
}
