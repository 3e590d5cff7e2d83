// SPDX-License-Identifier: BSL-1.0
#pragma once
// waiting_coroutines: how many coroutines (sluice/async_task.hpp) of a scheduler wait, and those that go on as soon as there is a
// stack. One that waits counts as a task; before and afterwards that task counts which it runs on.
//
// A task that waits lies where its scheduler finds it, and is taken out of the parking lot when that ends. A coroutine stands in
// the line of a channel, which is nobody's business here, and who serves it there comes for its scheduler. So this lies apart from
// the scheduler, and stays for ever where coroutines wait at its end, as their frames do; they find that it has ended.
//
// One that waits begins in the tally, and is over where it goes on, after the task that it goes on in was begun.
// Relaxed: scheduler_, which is written once, beside nobody who uses what it names: its workers, and who visits it.
#include <coroutine>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/ready_line.hpp>
#include <sluice/detail/task_tally.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

class task_core;

// One that is to be resumed, or to begin.
struct ready_coroutine {
  std::coroutine_handle<> frame;
  bool begins = false;  // and did not wait
  std_threads::var<ready_coroutine*> next_ready{nullptr};
};

class waiting_coroutines : public task_tally<std_threads> {
 public:
  explicit waiting_coroutines(task_core& scheduler) noexcept : scheduler_(&scheduler) {}

  // Those that wait for nothing but a stack to go on on.
  ready_line<ready_coroutine, std_threads>& ready() noexcept { return ready_; }

  // Null once it has ended.
  task_core* scheduler() const noexcept { return scheduler_.load(std::memory_order_relaxed); }
  // In this order: nobody begins a visit any more; those that were begun are over.
  void scheduler_is_to_end() {
    const lock_held lock(visits_);
    ends_ = true;
  }
  void scheduler_ends() noexcept { scheduler_.store(nullptr, std::memory_order_relaxed); }
  // Calls f(*scheduler()), which begins a visit, unless it is to end.
  template <class F>
  void unless_it_ends(const F& f) {
    const lock_held lock(visits_);
    if (!ends_) f(*scheduler());
  }

 private:
  ready_line<ready_coroutine, std_threads> ready_;
  futex_lock<std_threads> visits_;
  bool ends_ = false;  // under the lock
  std_threads::atomic<task_core*> scheduler_;
};

}  // namespace sluice::detail
