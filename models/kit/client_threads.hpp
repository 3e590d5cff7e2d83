// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a client may need beside the structure that it uses: a lock, and threads that start when another one says so. They
// stand for a program's own and run under every engine; to wait costs the explorer blocked executions, no complete ones.
#include <atomic>
#include <cstdint>

namespace sluice::kit {

// A mutex. Locking waits for as long as another thread holds it; n threads that each lock it once have n! executions.
//
// Edges (release -> acquire)
//   [held]  unlock -> lock   what the last holder did happened before
template <class Engine>
class client_mutex {
 public:
  void lock() {
    while (!try_lock()) Engine::platform::pause();
  }
  // False: somebody holds it. Never fails spuriously.
  bool try_lock() {
    std::uint32_t free = 0;
    return held_.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed);  // [held]
  }
  // By whoever holds it.
  void unlock() {
    const std::uint32_t was = held_.exchange(0, std::memory_order_release);  // [held] -> lock
    Engine::require(was == 1, "unlocks a mutex that nobody holds");
  }

 private:
  typename Engine::platform::template atomic<std::uint32_t> held_{0};
};

// One of the client's threads that begins when another one starts it. Its thread(index) calls run() with what it does;
// another one calls start(), once, and join() if it waits for the end. Whoever starts a thread that is never begun, or
// waits for one that is never started, waits for ever: a deadlock.
//
// Edges (release -> acquire)
//   [start]  start -> run   what was done before is seen by the thread
//   [end]    run -> join    what the thread did is seen afterwards
template <class Engine>
class client_thread {
 public:
  void start() { state_.store(started, std::memory_order_release); }  // [start] -> run
  template <class F>
  void run(F&& body) {
    while (state_.load(std::memory_order_acquire) == idle) Engine::platform::pause();  // [start]
    body();
    state_.store(ended, std::memory_order_release);  // [end] -> join
  }
  void join() {
    while (state_.load(std::memory_order_acquire) != ended) Engine::platform::pause();  // [end]
  }

 private:
  enum : std::uint32_t { idle, started, ended };
  typename Engine::platform::template atomic<std::uint32_t> state_{idle};
};

}  // namespace sluice::kit
