// SPDX-License-Identifier: BSL-1.0
#pragma once
// Threads that start together and are timed together, and how a thread waits that may not block.
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

#include <sluice/platform.hpp>

namespace bench {

// How many threads push and how many pop.
struct shape {
  int producers;
  int consumers;
};

inline std::string to_string(shape s) { return std::to_string(s.producers) + "+" + std::to_string(s.consumers); }

// Up to four of each everywhere, so that small machines also show more threads than CPUs; eight where they have CPUs of
// their own, and then sixteen, which are more than that.
inline std::vector<shape> shapes() {
  std::vector<shape> all{{1, 1}, {2, 2}, {4, 4}};
  if (sluice::std_platform::cpus() >= 12) all.insert(all.end(), {{8, 8}, {16, 16}});
  return all;
}
// For what all threads do alike, P and C being two halves of them: up to twice as many threads as CPUs, and at most 16.
inline std::vector<shape> crews() {
  std::vector<shape> all{{1, 1}, {2, 2}};
  for (const int half : {4, 8})
    if (std::cmp_less_equal(2 * half, sluice::std_platform::cpus())) all.push_back({half, half});
  return all;
}

// Between two attempts of an operation that does not block: a few pauses, then the CPU for somebody else. Everything
// that spins here spins like this.
class backoff {
 public:
  void wait() noexcept {
    if (tries_ != pauses) {
      ++tries_;
      sluice::std_platform::pause();
    } else {
      sluice::std_platform::yield();
    }
  }

 private:
  static constexpr int pauses = 32;
  int tries_ = 0;
};

// Whether thread i shall stay on the i-th CPU. Off unless asked for: programs seldom pin, and a baseline that sleeps
// is faster where the scheduler may put both sides on one CPU. On, it tells how much of a result is placement.
inline bool pinned() {
  static const bool yes = std::getenv("SLUICE_BENCH_PIN") != nullptr;
  return yes;
}
#if defined(__linux__)
inline void pin_self(int i) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int left = i % CPU_COUNT(&allowed);
  for (int cpu = 0; cpu != CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || left-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}
#else
inline void pin_self(int) {}
#endif

// Runs job(0) .. job(threads - 1), each on a thread of its own. Seconds from the first that began to the last that
// ended; nobody begins before all are there.
inline double run_together(int threads, const std::function<void(int)>& job) {
  using clock = std::chrono::steady_clock;
  struct times {
    clock::time_point begin, end;
  };
  std::vector<times> measured(static_cast<std::size_t>(threads));
  {
    std::barrier start(threads);
    std::vector<std::jthread> crew;
    crew.reserve(measured.size());
    for (int i = 0; i != threads; ++i)
      crew.emplace_back([&, i] {
        if (pinned()) pin_self(i);
        times t;
        start.arrive_and_wait();
        t.begin = clock::now();
        job(i);
        t.end = clock::now();
        measured[static_cast<std::size_t>(i)] = t;
      });
    for (std::jthread& member : crew) member.join();
  }
  clock::time_point begin = measured.front().begin;
  clock::time_point end = measured.front().end;
  for (const times& t : measured) begin = std::min(begin, t.begin), end = std::max(end, t.end);
  return std::chrono::duration<double>(end - begin).count();
}

// The same for a Subject's workload, on threads unless it has a run_together of its own.
template <class Subject>
double run_workload(int threads, const std::function<void(int)>& job) {
  if constexpr (requires { Subject::run_together(threads, job); })
    return Subject::run_together(threads, job);
  else
    return run_together(threads, job);
}

}  // namespace bench
