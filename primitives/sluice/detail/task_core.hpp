// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_core: workers, each a thread that takes tasks from a work_pool and runs them until they end, wait or give their turn away.
//
// A task has its stack from when its turn comes (detail/task_start.hpp) until it ends, and leaves it to the next one, if that begins
// at once. Each worker counts for itself the tasks that it began and ended; how they are added up is detail/task_tally.hpp's.
// Whether all workers sleep, and for good, is detail/stillness.hpp's; what else there is, it asks `surroundings`.
//
// Relaxed: limit_ and the number of schedulers, which carry nothing.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sluice/detail/clock.hpp>
#include <sluice/detail/stillness.hpp>
#include <sluice/detail/task_control.hpp>
#include <sluice/detail/task_settings.hpp>
#include <sluice/detail/task_stacks.hpp>
#include <sluice/detail/task_start.hpp>
#include <sluice/detail/task_tally.hpp>
#include <sluice/detail/task_visit.hpp>
#include <sluice/detail/waiting_coroutines.hpp>
#include <sluice/detail/work_pool.hpp>
#include <sluice/platform.hpp>
#include <sluice/platform_threads.hpp>

namespace sluice::detail {

class task_core : private clock<std_platform>::listener {
  using platform = std_threads;
  using times = clock<std_platform>;  // of timers and contexts
  template <class T>
  using atomic = platform::atomic<T>;

 public:
  explicit task_core(scheduler_settings settings)
      : settings_(checked(std::move(settings))),
        slabs_(settings_.stack_size * fiber_watch::larger_frames,
               static_cast<std::size_t>(settings_.workers) * stack_cache::most_unused),
        pool_(static_cast<unsigned>(settings_.workers)),
        limit_(static_cast<std::uint32_t>(settings_.workers)),
        still_(pool_.workers()) {
    for (unsigned i = 0; i != pool_.workers(); ++i) workers_.push_back(std::make_unique<worker>(*this, i));
    times::listen(*this);  // end_threads undoes what follows, and no memory may be wanted in between
    schedulers.fetch_add(1, std::memory_order_relaxed);
    tasks_are_woken_by(&task_control::wake);
    try {
      for (auto& w : workers_) w->thread = platform::thread([this, &w = *w] { work(w); });
      clock_ = platform::thread([this] { timers_.run([] {}, [this] { nudge(); }); });
    } catch (...) {
      end_threads();
      throw;
    }
  }
  task_core(const task_core&) = delete;
  task_core& operator=(const task_core&) = delete;
  // Lets all go on that can, until they have ended or wait. Those that wait are reported, and never go on.
  ~task_core() {
    end_threads();
    leave_who_wakes();
    if (live() == 0) return;
    std::vector<task_report> leaked;
    try {
      report(leaked);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): those that there is memory for are told of
    }
    slabs_.abandon();  // what lies there may be linked to from elsewhere
    const bool some_wait = coroutines_->began() != coroutines_->over();
    [[maybe_unused]] const auto* const theirs = some_wait ? coroutines_.release() : nullptr;
    settings_.on_leak(leaked);
  }

  // Starts a task that runs Closure{args...}().
  template <class Closure, class... Args>
  void spawn(std::source_location at, task_name&& name, Args&&... args) {
    task_start& t = task_start::make<Closure>(at, std::move(name), std::forward<Args>(args)...);
    // Not asked for before: what was copied may have waited, and this task be on another worker now.
    worker* const w = worker_here(this);
    try {
      w != nullptr ? w->stacks.promise() : slabs_.promise(1);
    } catch (...) {
      t.discard();
      throw;
    }
    t.id = begin(w);
    make_known(w, t);
  }

  // Lets `t`, which waited, go on. Never waits but for short locks.
  void make_ready(task_control& t) {
    t.expect();
    if (worker* const w = worker_here(this)) return pool_.push_next(w->index, &t);
    const task_visit here(visitors_);
    pool_.push(&t);
  }

  // A task of the worker whose own flow of control `own` is has ended. Which one begins next, on the same stack and without a
  // switch; null: the stack is to be left.
  task_start* ended(fiber& own) noexcept {
    auto& w = static_cast<worker&>(own);
    w.stacks.one_ended();
    w.tasks.own_is_over();
    if (w.index >= limit()) return nullptr;
    pool_item* const next = pool_.at_hand(w.index);
    if (next != nullptr && !next->begun) return static_cast<task_start*>(next);
    w.next = next;
    return nullptr;
  }

  std::uint64_t live() const noexcept {
    return live_in_all([this](auto count) {
      for (const auto& w : workers_) count(w->tasks);
      count(*coroutines_);
      count(begun_outside_);
    });
  }

  unsigned limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  void limit(int n) {
    if (n < 1 || static_cast<unsigned>(n) > pool_.workers())
      throw std::invalid_argument("sluice::scheduler: " + std::to_string(n) +
                                  " workers were asked for, but this scheduler was made for 1 to " +
                                  std::to_string(pool_.workers()));
    change_limit(static_cast<std::uint32_t>(n));
  }

  // Waits until done() is true, which is asked whenever all workers sleep, and after nudge(). Throws deadlock_error.
  template <class Done>
  void wait_until(Done done) {
    if (const task_control* const t = this_task_control(); t != nullptr && &t->home() == this)
      throw std::logic_error(
          "sluice::scheduler: a task waits for the end of all tasks, itself among them; use a wait_group");
    if (!still_.wait_until(done, surroundings{*this})) {
      std::vector<task_report> all;
      report(all);
      throw deadlock_error(std::move(all));
    }
  }
  void nudge() { still_.nudge(); }

  void clock_is_idle() noexcept override { nudge(); }  // what waits for tasks may find a deadlock now

  task_control::timers& timers() noexcept { return timers_; }
  waiting_coroutines& coroutines() noexcept { return *coroutines_; }
  // Also of one that has ended, or is none.
  static bool has_this_thread(const task_core* c) noexcept { return worker_here(c) != nullptr; }
  task_visitors& visitors() noexcept { return visitors_; }
  void failed(const task_report& t, const std::exception_ptr& e) { settings_.on_exception(t, e); }

 private:
  struct worker : fiber {  // the thread's own flow of control
    worker(task_core& h, unsigned i) : home(h), index(i), stacks(h.slabs_) {}
    task_core& home;
    const unsigned index;
    stack_cache stacks;
    pool_item* next = nullptr;  // taken, and not run yet
    // Written by the worker.
    alignas(cache_line) task_tally<platform> tasks;
    platform::thread thread;
  };
  // What is around the workers, as stillness asks for it.
  struct surroundings {
    const task_core& core;
    bool clocks_rest() const noexcept { return core.timers_.at_rest() && times::at_rest(); }
    std::uint64_t clock_did() const noexcept { return times::happened(); }
    bool nothing_lies() const noexcept { return core.pool_.empty(); }
    bool only_tasks() const noexcept { return core.settings_.only_tasks; }
    // Of a thread that has gone, what it did before is seen: the system counts threads under a lock.
    bool nobody_else(std::size_t waiting) const noexcept {
      return schedulers.load(std::memory_order_relaxed) == 1 &&
             threads_of_process() == core.workers_.size() + 1 + times::threads() + waiting;
    }
  };
  static inline thread_local constinit worker* worker_of_thread = nullptr;
  [[gnu::noinline]] static worker* worker_of_this_thread() noexcept {
    differs_by_thread();
    return worker_of_thread;
  }
  // A new task begins when its turn comes.
  void make_known(worker* w, task_start& t) {
    if (w == nullptr) return pool_.push(&t);
    try {
      pool_.push(w->index, &t);
    } catch (const std::bad_alloc&) {
      pool_.push_last(&t);  // the line needs no memory
    }
  }
  static worker* worker_here(const task_core* home) noexcept {  // this thread's, if it is one of those
    worker* const w = worker_of_this_thread();
    return w != nullptr && &w->home == home ? w : nullptr;
  }
  // Counts a new task; its number.
  std::uint64_t begin(worker* w) noexcept {
    if (w == nullptr) return begun_outside_.one_begins() * (workers_.size() + 1);
    return w->tasks.own_begins() * (workers_.size() + 1) + w->index + 1;
  }

  void end_threads() {
    timers_.stop();
    if (clock_.joinable()) clock_.join();
    pool_.close();
    change_limit(pool_.workers());
    for (auto& w : workers_)
      if (w->thread.joinable()) w->thread.join();
    times::no_longer_listen(*this);
    schedulers.fetch_sub(1, std::memory_order_relaxed);
  }

  // What waits here nobody finds any more, be it a timer's clock; who has found something is waited for.
  void leave_who_wakes() {
    std::size_t found = 0;
    each_alive([&found](task_control& t) { found += t.abandon() ? 0 : 1; });
    const auto forget_one = [this, &found] {
      pool_item* const late = pool_.take_late();
      if (late != nullptr) late->begun ? void(--found) : static_cast<task_start*>(late)->discard();
      return late != nullptr;
    };
    while (found != 0)
      if (!forget_one()) platform::yield();
    coroutines_->scheduler_is_to_end();
    visitors_.wait();
    coroutines_->scheduler_ends();
    while (forget_one()) continue;
  }

  void work(worker& w) {
    worker_of_thread = &w;
    w.is_of_this_thread();
    const auto sleeps = [this](bool now) { now ? still_.one_sleeps() : still_.one_works(); };
    for (;;) {
      if (w.next == nullptr) {
        if (w.index >= limit()) stand_by(w, sleeps);
        w.next = pool_.next(w.index, sleeps);
        if (w.next == nullptr) return;
      }
      pool_item& t = *std::exchange(w.next, nullptr);
      run(w, t.begun ? static_cast<task_control&>(t) : with_stack(w, static_cast<task_start&>(t)));
    }
  }
  task_control& with_stack(worker& w, task_start& t) {
    return task_stack(w.stacks.take(), slabs_.size()).make(*this, t);
  }
  void run(worker& w, task_control& t) {
    if (!t.resume(w)) return;
    if (t.step_taken() == task_control::step::yields) return pool_.push_last(&t);
    const task_stack stack(task_stack::of(t, slabs_.size()));
    stack.unmake();
    w.stacks.give_back(stack.bottom());
  }
  // There are more workers than there shall be.
  template <class Sleeps>
  void stand_by(worker& w, Sleeps sleeps) {
    pool_.give_up(w.index);
    sleeps(true);
    for (std::uint32_t now = limit_.load(std::memory_order_relaxed); now <= w.index;
         now = limit_.load(std::memory_order_relaxed))
      platform::wait(limit_, now);
    sleeps(false);
  }
  void change_limit(std::uint32_t n) {
    limit_.store(n, std::memory_order_relaxed);
    platform::wake_all(limit_);
  }

  void report(std::vector<task_report>& to) {  // of all live tasks, while nothing runs
    each_alive([&](const task_control& t) { to.push_back(t.report()); });
    if (const auto n = coroutines_->began() - coroutines_->over(); n != 0)
      to.push_back({.name = std::to_string(n) + " coroutines that wait"});
  }
  template <class F>
  void each_alive(F f) {
    slabs_.each([&](std::byte* bottom) {
      const task_stack s(bottom, slabs_.size());
      if (s.alive()) f(s.task());
    });
  }

  static inline constinit atomic<std::uint32_t> schedulers{0};  // that are there

  const scheduler_settings settings_;
  stack_slabs slabs_;
  work_pool<pool_item, platform> pool_;
  task_control::timers timers_;
  std::vector<std::unique_ptr<worker>> workers_;
  platform::thread clock_;
  std::unique_ptr<waiting_coroutines> coroutines_ = std::make_unique<waiting_coroutines>(*this);
  task_tally<platform> begun_outside_;  // by who is no worker
  atomic<std::uint32_t> limit_;
  task_visitors visitors_;
  stillness<platform, std_platform> still_;
};

}  // namespace sluice::detail
