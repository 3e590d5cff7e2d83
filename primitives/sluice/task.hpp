// SPDX-License-Identifier: BSL-1.0
#pragma once
// go and its like: tasks, as Go's goroutines, on the scheduler of the task that calls, or on the default one. sluice/scheduler.hpp says
// what a task may do, and what happens to one that throws, or still waits at the end.
//
//   sluice::go([&] { results.push(work()); });        go func() { results <- work() }()
//   sluice::go(serve, connection);                    go serve(connection)
//   sluice::default_scheduler().run(program);         func main(): ends when program does, and reports a deadlock
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include <sluice/scheduler.hpp>
#include <sluice/sleep.hpp>

namespace sluice {

// The process's own, made when it is first asked for. It is never destroyed: as in Go, tasks end with the program.
inline scheduler& default_scheduler() {
  alignas(scheduler) static std::byte raw[sizeof(scheduler)];
  static auto* const the_one = ::new (static_cast<void*>(raw)) scheduler;
  return *the_one;
}

namespace detail {
inline task_core& core_here() {
  const task_control* const t = this_task_control();
  return t != nullptr ? t->home() : core_of(default_scheduler());
}
}  // namespace detail

// Runs f(args...) as a task. See scheduler::go.
template <class... Args>
void go(const std::type_identity_t<detail::launch<detail::not_handled, Args...>>& f, Args&&... args) {
  f(detail::core_here(), {}, {}, std::forward<Args>(args)...);
}
template <class... Args>
void go_as(std::string name, const std::type_identity_t<detail::launch<detail::not_handled, Args...>>& f,
           Args&&... args) {
  f(detail::core_here(), detail::task_name(std::move(name)), {}, std::forward<Args>(args)...);
}
template <class Handler, class... Args>
void safe_go(Handler handler, const std::type_identity_t<detail::launch<Handler, Args...>>& f, Args&&... args) {
  f(detail::core_here(), {}, std::move(handler), std::forward<Args>(args)...);
}

// Gives other tasks a turn, or, outside of tasks, other threads.
inline void yield() { std_platform::yield(); }

// How many tasks the default scheduler has.
inline std::uint64_t live_tasks() { return default_scheduler().live_tasks(); }
// Go's GOMAXPROCS, of the default scheduler.
inline unsigned max_workers() { return default_scheduler().max_workers(); }
inline void max_workers(int n) { default_scheduler().max_workers(n); }

// About the task that calls.
namespace this_task {

// Whether there is one.
inline bool is_one() noexcept { return detail::this_task_control() != nullptr; }
// Its number within its scheduler, from 1 on; 0 outside of tasks.
inline std::uint64_t id() noexcept {
  const detail::task_control* const t = detail::this_task_control();
  return t == nullptr ? 0 : t->id();
}
// For reports. Empty unless given; outside of tasks there is none to give.
inline std::string name() {
  const detail::task_control* const t = detail::this_task_control();
  return t == nullptr ? std::string() : t->name();
}
inline void rename(std::string name) {
  if (detail::task_control* const t = detail::this_task_control()) t->rename(std::move(name));
}

}  // namespace this_task
}  // namespace sluice
