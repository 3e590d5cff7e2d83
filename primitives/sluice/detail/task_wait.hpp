// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a task does where a thread would sleep, and how it is woken: see task_control.
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <stop_token>
#include <utility>

#include <sluice/detail/task_control.hpp>
#include <sluice/detail/task_core.hpp>

namespace sluice::detail {

inline void task_control::sleeper::give_up(wait_result because) {
  if (!parked_tasks().cancel(*this)) return;
  why = because;
  task.home().make_ready(task);
}

inline std::size_t task_control::wake(const void* address, std::size_t count) {
  return parked_tasks().unpark(address, count, [](task_lot::sleeper& s) {
    task_control& t = static_cast<sleeper&>(s).task;
    t.home().make_ready(t);
  });
}

inline bool task_control::armed(sleeper& s, time_point deadline) {
  try {
    home_.timers().arm(s, deadline);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

inline void task_control::wake() { home_.make_ready(*this); }

// Stop request and deadline are set up before the task parks; one that comes first makes the lot refuse it. Who waits is registered
// somewhere already, and could not take an exception: where there is no memory for a timer he looks again at his next turn.
inline wait_result task_control::wait(word& w, std::uint32_t expected, time_point deadline,
                                      const std::stop_token& stop) {
  if (w.load(std::memory_order_relaxed) != expected) return wait_result::woken;
  if (stop.stop_requested()) return wait_result::stopped;
  const bool timed = deadline != time_point::max();
  if (timed && deadline <= std_threads::now()) return wait_result::timed_out;
  sleeper self(*this, w);
  {
    const auto stopped = [&self] { self.give_up(wait_result::stopped); };
    std::optional<std::stop_callback<decltype(stopped)>> on_stop;
    if (stop.stop_possible()) on_stop.emplace(stop, stopped);
    if (timed && !armed(self, deadline)) {
      on_stop.reset();
      return leave(step::yields), wait_result::woken;
    }
    sleeper_ = &self;
    waits_on_ = &w;
    expected_ = expected;
    leave(step::parks);
    waits_on_ = nullptr;
    if (timed) home_.timers().disarm(self);
  }
  if (self.why != wait_result::woken) return self.why;
  if (stop.stop_requested()) return wait_result::stopped;
  return wait_result::woken;
}

// In the same scheduler.
inline void task_control::start(std::unique_ptr<job> j, std::source_location at) {
  struct runs {
    std::unique_ptr<job> what;
    void operator()() const { what->run(); }
  };
  home_.spawn<runs>(at, {}, std::move(j));
}

inline void task_control::run_what_is_held() {
  try {
    start_->run();
  } catch (...) {
    home_.failed(report(), std::current_exception());
  }
  locals.clear();
}
// A stack is left once the task is over and no other one is to begin at once.
inline void task_control::body(void* self) {
  task_control& t = *static_cast<task_control*>(self);
  for (;;) {
    t.run_what_is_held();
    task_start* const next = t.home_.ended(*t.worker_);
    if (next == nullptr) break;
    t.become(*next);
  }
  t.leave(step::ended);
}

}  // namespace sluice::detail
