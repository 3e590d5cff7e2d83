// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_control: a task that has begun, as its scheduler sees it. It lies at the top of its own stack.
//
// How a task waits. Platform::wait in a task comes to wait() here. The task says what it wants, and leaves its stack for its worker's;
// only then, on the worker's stack, it is put into the parking lot, so that whoever wakes it may run it at once. If its word has
// changed meanwhile the worker goes on with it. A deadline and a stop request take it out of the lot by cancel. Where one alone may
// wake it (lone_task), its word says that it is parked, and it is in no lot.
//
// Relaxed: looks at the word that it waits on, which the lot's [look] orders.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <stop_token>
#include <string>
#include <utility>

#include <sluice/detail/lone_task.hpp>
#include <sluice/detail/parking_lot.hpp>
#include <sluice/detail/task_report.hpp>
#include <sluice/detail/task_start.hpp>
#include <sluice/detail/timer_heap.hpp>
#include <sluice/platform.hpp>
#include <sluice/platform_fiber.hpp>

namespace sluice::detail {

class task_core;

// All tasks that wait, of all schedulers. In memory of the program's own, since neither who waits nor who wakes can do without; never
// destroyed: who wakes may come late.
using task_lot = parking_lot<std_threads, std::size_t{1} << 16U>;
inline task_lot& parked_tasks() {
  alignas(task_lot) static constinit std::byte place[sizeof(task_lot)]{};
  static task_lot& all = *std::construct_at(reinterpret_cast<task_lot*>(place));
  return all;
}

class task_control final : public waits_in_place_of_thread, public pool_item {
 public:
  using word = futex_word;
  using time_point = std::chrono::steady_clock::time_point;
  using timers = timer_heap<std_threads>;
  // Why it left its stack.
  enum class step : std::uint8_t { ended, yields, parks, parks_alone };

  // Will run what `start` holds, on the stack of `size` bytes from `bottom` on.
  task_control(task_core& home, task_start& start, std::byte* bottom, std::size_t size)
      : pool_item(true),
        home_(home),
        start_(&start),
        id_(start.id),
        started_(start.started),
        name_(std::move(start.name)) {
    fiber_.prepare(bottom, size, &body, this);
  }
  task_control(const task_control&) = delete;
  task_control& operator=(const task_control&) = delete;
  ~task_control() = default;

  // By a worker. Runs until the task leaves its stack: true, and it is to be looked at step_taken(); false: it is parked, and
  // somebody may already run it elsewhere.
  bool resume(fiber& worker) {
    for (;;) {
      worker_ = &worker;
      set_current_task(this);
      fiber::switch_over(worker, fiber_);
      set_current_task(nullptr);
      if (step_ == step::ended || step_ == step::yields) return true;
      if (step_ == step::parks ? put_in_lot() : say_parked()) return false;
      waits_on_ = nullptr;
    }
  }
  // It will soon be resumed: the frames that go on first, and what lies above them, begin to come from memory all together.
  void expect() const noexcept {
    const std::byte* const frames = fiber_.left_at();
    for (std::size_t i = 0; i != lines_needed_first; ++i) __builtin_prefetch(frames + i * cache_line);
  }
  step step_taken() const noexcept { return step_; }
  // It has ended, and its stack is free.
  void forget() { fiber_.forget(); }

  wait_result wait(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) override;
  void yield() override { leave(step::yields); }
  void start(std::unique_ptr<job> j, std::source_location at) override;
  void park(word& w, std::uint32_t from, std::uint32_t to) override {
    waits_on_ = &w;
    expected_ = from;
    parked_ = to;
    leave(step::parks_alone);
    waits_on_ = nullptr;
  }
  void wake() override;

  // It will never go on: nobody who wakes shall find it. False: somebody has, and makes it ready.
  [[nodiscard]] bool abandon() {
    if (waits_on_ == nullptr) return true;
    return step_ == step::parks ? parked_tasks().cancel(*sleeper_) : say_gone(*waits_on_, expected_, parked_);
  }
  // Makes those go on that wait on `address`.
  static std::size_t wake(const void* address, std::size_t count);

  task_core& home() const noexcept { return home_; }
  std::uint64_t id() const noexcept { return id_; }
  std::string name() const { return name_.text(); }
  void rename(std::string name) { name_ = task_name(std::move(name)); }
  // It runs, by turns, what was started at several places.
  void now_runs(std::source_location started) noexcept { started_ = started; }
  // Without the name where there is no memory for that: who asks may have nobody to throw to.
  task_report report() const noexcept {
    task_report all{.id = id_, .started = started_, .waits_on = waits_on_};
    try {
      all.name = name_.text();
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the rest says which it is
    }
    return all;
  }

 private:
  struct sleeper : task_lot::sleeper, timers::timer {
    sleeper(task_control& t, const word& w) : task_lot::sleeper(&w), timers::timer(&time_is_up), task(t) {}
    void give_up(wait_result because);
    static time_point time_is_up(timers::timer& t, time_point) {
      static_cast<sleeper&>(t).give_up(wait_result::timed_out);
      return std_threads::no_deadline;
    }
    task_control& task;
    wait_result why = wait_result::woken;  // written by who takes it out of the lot
  };

  // By a worker, after the task has left its stack. True: it is parked, and is not to be touched any more.
  bool put_in_lot() {
    const auto unchanged = [w = waits_on_, e = expected_] { return w->load(std::memory_order_relaxed) == e; };
    return parked_tasks().park(*sleeper_, unchanged);
  }
  bool say_parked() { return detail::say_parked(*waits_on_, expected_, parked_); }
  // False: there is no memory for that.
  bool armed(sleeper& s, time_point deadline);
  void leave(step how) {
    step_ = how;
    fiber::switch_over(fiber_, *worker_, how == step::ended);
  }
  static void body(void* self);
  void run_what_is_held();
  // What it ran is over, and another task begins on its stack.
  void become(task_start& next) noexcept {
    start_ = &next;
    id_ = next.id;
    started_ = next.started;
    name_ = std::move(next.name);
  }
  static constexpr std::size_t lines_needed_first = 16;  // of a task that waits in a push or a pop: all that it has

  fiber fiber_;
  task_core& home_;
  task_start* start_;  // until it has been run
  // Written by the task before it leaves, and by the worker that resumes it.
  fiber* worker_ = nullptr;
  sleeper* sleeper_ = nullptr;
  word* waits_on_ = nullptr;
  std::uint32_t expected_ = 0;
  std::uint32_t parked_ = 0;
  step step_ = step::ended;
  // Written by the task.
  std::uint64_t id_;
  std::source_location started_;
  task_name name_;
};

// The task that runs here, or null.
inline task_control* this_task_control() noexcept { return static_cast<task_control*>(current_task()); }

}  // namespace sluice::detail
