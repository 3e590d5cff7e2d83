// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the platform knows of the machine: cache lines, the processor's spin hint, how many CPUs we may use.
#include <cstddef>
#include <thread>
#if defined(__linux__)
#include <sched.h>
#endif

namespace sluice::detail {

// Distance, in bytes, at which two fields written by different threads no longer slow each other down.
// A constant and not std::hardware_destructive_interference_size: that one changes with -mtune, and with it the
// layout that two translation units must agree on.
inline constexpr std::size_t cache_line = 64;

// Tells the processor that the caller spins. Never blocks.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield" ::: "memory");
#endif
}

// In a function that gives what is the thread's own, which has to be [[gnu::noinline]] as well. A task (sluice/task.hpp) may go on on
// another thread after any call that waits, and compilers take it that a function stays on one: they keep the address
// of what is thread-local, and the answer of a function that seems to depend on nothing.
inline void differs_by_thread() noexcept { asm volatile("" ::: "memory"); }

inline unsigned count_cpus() noexcept {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int n = CPU_COUNT(&set);
    if (n > 0) return static_cast<unsigned>(n);
  }
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n == 0 ? 1 : n;
}

// CPUs that this process may run on: spinning for a peer is pointless where there is one. Counted before main where
// possible: a thread that is bound to one CPU must not answer for the others. Zero if asked earlier still, which means one.
inline const unsigned cpus_at_start = count_cpus();

inline unsigned cpus() noexcept { return cpus_at_start == 0 ? 1 : cpus_at_start; }

// Spins for a while, out of line: for what is rare. Not where whoever is to go on meanwhile needs this CPU.
[[gnu::noinline, gnu::cold]] inline void give_way(unsigned pauses) noexcept {
  if (cpus() < 2) return;
  for (unsigned i = 0; i != pauses; ++i) cpu_relax();
}

}  // namespace sluice::detail
