// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_aware: sleeping and waking for threads and for tasks (sluice/task.hpp) that run on threads. A task that waits leaves its
// thread to others; who waits outside of tasks sleeps as Futex sleeps. All is on the slow path: whoever need not wait, and wakes
// nobody, comes by none of this.
//
// Who wakes does not know what sleeps on its word. Threads are counted as they go to sleep (detail/sleeper_count.hpp), tasks by what
// schedules them (detail/parking_lot.hpp), so that a wake-up for which nobody sleeps costs two fences and no system call. Where both
// sleep, one of each is woken: the task may need the worker whose thread it is that sleeps, as another task may not leave it
// (detail/on_this_thread.hpp).
//
// Edge: the first scheduler stores wake_tasks before its first task parks; a waker that still reads null has, by the fences of
// anybody() and park, changed its word before that task looks at it.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <stop_token>
#include <thread>
#include <utility>

#include <sluice/detail/local_values.hpp>
#include <sluice/detail/sleeper_count.hpp>
#include <sluice/platform_cpu.hpp>
#include <sluice/platform_late_end.hpp>
#include <sluice/platform_std.hpp>
#include <sluice/wait_result.hpp>

namespace sluice::detail {

// What shall run once, on its own.
class job {
 public:
  job() = default;
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  virtual ~job() = default;
  virtual void run() = 0;
};
template <class F>
class job_of final : public job {
 public:
  explicit job_of(F f) : f_(std::move(f)) {}
  void run() override { f_(); }

 private:
  F f_;
};

// What a task does where a thread would sleep, give its turn to others, or start another thread.
class waits_in_place_of_thread {
 public:
  waits_in_place_of_thread(const waits_in_place_of_thread&) = delete;
  waits_in_place_of_thread& operator=(const waits_in_place_of_thread&) = delete;
  virtual wait_result wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                           std::chrono::steady_clock::time_point deadline, const std::stop_token& stop) = 0;
  virtual void yield() = 0;
  virtual void start(std::unique_ptr<job> j, std::source_location at) = 0;
  // See Platform::park and wake_task.
  virtual void park(std::atomic<std::uint32_t>& word, std::uint32_t from, std::uint32_t to) = 0;
  virtual void wake() = 0;
  local_values locals;  // the task's own
  unsigned stays = 0;  // how many reasons it has to wait as a thread does, until they are over

 protected:
  waits_in_place_of_thread() = default;
  ~waits_in_place_of_thread() = default;
};

// The task that runs on this thread, if any. Never inlined: a task comes back from a wait on another thread, and a compiler may
// keep the address of what is thread-local across it.
inline thread_local constinit waits_in_place_of_thread* task_of_thread = nullptr;
[[gnu::noinline]] inline waits_in_place_of_thread* current_task() noexcept {
  differs_by_thread();
  return task_of_thread;
}
[[gnu::noinline]] inline void set_current_task(waits_in_place_of_thread* t) noexcept {
  differs_by_thread();
  task_of_thread = t;
}

// What a thread keeps for itself.
struct values_of_thread {
  values_of_thread() = default;
  values_of_thread(const values_of_thread&) = delete;
  values_of_thread& operator=(const values_of_thread&) = delete;
  ~values_of_thread() {
    it.clear();  // what goes may ask for others
    here = nullptr;
  }

  static inline constinit thread_local local_values* here = nullptr;
  local_values it;
};

// What the task that runs on this thread, or else the thread, keeps for itself.
[[gnu::noinline]] inline local_values& local_values_here() {
  differs_by_thread();
  waits_in_place_of_thread* const t = current_task();
  if (t != nullptr) return t->locals;
  if (values_of_thread::here == nullptr) values_of_thread::here = &new_of_thread<values_of_thread>().it;
  return *values_of_thread::here;
}

// Wakes tasks that wait on a word; null until there is a scheduler.
using task_waker = std::size_t (*)(const void* word, std::size_t count);
inline constinit std::atomic<task_waker> wake_tasks{nullptr};
inline void tasks_are_woken_by(task_waker f) noexcept { wake_tasks.store(f, std::memory_order_seq_cst); }

using futex_word = std::atomic<std::uint32_t>;

template <class Futex>
class task_aware {
 public:
  using word = std::atomic<std::uint32_t>;
  using time_point = std::chrono::steady_clock::time_point;

  static wait_result wait(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) {
    if (waits_in_place_of_thread* const t = this_task()) return t->wait(w, expected, deadline, stop);
    const typename count::sleeper here(near(&w).threads);
    return Futex::wait(w, expected, deadline, stop);
  }
  static std::size_t wake(word& w, std::size_t n) { return wake(&w, n); }
  // By address alone: the word may be gone.
  static std::size_t wake(word* w, std::size_t n) {
    const std::size_t woken = near(w).threads.anybody() ? Futex::wake(w, n) : 0;
    const task_waker tasks = wake_tasks.load(std::memory_order_acquire);
    return tasks == nullptr ? woken : woken + tasks(w, n);
  }

  // Null, too, where it stays on its thread.
  static waits_in_place_of_thread* this_task() noexcept {
    waits_in_place_of_thread* const t = current_task();
    return t != nullptr && t->stays == 0 ? t : nullptr;
  }
  // See detail/on_this_thread.hpp.
  class stays_on_thread {
   public:
    stays_on_thread() noexcept : task_(current_task()) {
      if (task_ != nullptr) ++task_->stays;
    }
    stays_on_thread(const stays_on_thread&) = delete;
    stays_on_thread& operator=(const stays_on_thread&) = delete;
    ~stays_on_thread() {
      if (task_ != nullptr) --task_->stays;
    }

   private:
    waits_in_place_of_thread* const task_;
  };

  static void yield() {
    if (waits_in_place_of_thread* const t = this_task())
      t->yield();
    else
      std::this_thread::yield();
  }
  template <class F>
  static void start(F f, std::source_location at) {
    if (waits_in_place_of_thread* const t = current_task())
      t->start(std::make_unique<job_of<F>>(std::move(f)), at);
    else
      std::thread(std::move(f)).detach();
  }
  // A task that spins may hold up the very task that it waits for: it is told that there is one CPU. To leave its worker takes less than to look
  // again a few times, also where that has nothing else to do: who is woken goes on there, on the same lines.
  static unsigned cpus() noexcept { return this_task() != nullptr ? 1 : detail::cpus(); }

 private:
  using count = sleeper_count<basic_std_platform<Futex>>;
  // Words that share a count of the threads that sleep on them.
  struct alignas(cache_line) neighbours {
    count threads;
  };
  static constexpr std::size_t groups = 256;
  static inline constinit neighbours table[groups] = {};

  static neighbours& near(const void* w) noexcept {
    const std::uint64_t mixed = (reinterpret_cast<std::uintptr_t>(w) >> 2U) * std::uint64_t{0x9E3779B97F4A7C15};
    return table[(mixed >> 40U) % groups];
  }
};

}  // namespace sluice::detail
