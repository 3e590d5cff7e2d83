// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a scheduler is made, and what it does with what nobody else takes.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sluice/detail/task_report.hpp>
#include <sluice/platform.hpp>

namespace sluice {

struct scheduler_settings {
  int workers = 0;  // threads that run tasks; 0: as many as there are CPUs for the process
  std::size_t stack_size = std::size_t{64}
                           << 10U;  // of a task, in bytes; what it never touches costs address space only
  // Nobody but tasks of this scheduler wakes its tasks while somebody is in run() or join(): so where all wait, that is a deadlock.
  // Otherwise it is called one only where the process has no other threads, and no other scheduler.
  bool only_tasks = false;
  // Takes an exception that has left a task, whose name is left out where there is no memory for it. Without it the program ends, with a
  // message.
  std::function<void(const task_report&, const std::exception_ptr&)> on_exception{};
  // Takes the tasks that still wait when the scheduler ends, as many as there is memory to list. Without it stderr gets a list of them.
  std::function<void(const std::vector<task_report>&)> on_leak{};
};

namespace detail {

[[noreturn]] inline void end_for_exception(const task_report& t, const std::exception_ptr& e) {
  try {
    const std::string text = "sluice: " + utc_now() + ": an exception has left " + to_string(t) + ": " + what_of(e) +
                             "\n(safe_go, or scheduler_settings::on_exception, would take it)\n";
    std::fputs(text.c_str(), stderr);
  } catch (const std::bad_alloc&) {  // most likely the one that has left it
    std::fputs("sluice: an exception has left a task, and there is no memory to say which\n", stderr);
  }
  std::abort();
}
inline void list_leaks(const std::vector<task_report>& tasks) {
  try {
    const std::string text = "sluice: " + utc_now() + ": a scheduler ends while " + std::to_string(tasks.size()) +
                             (tasks.size() == 1 ? " task still waits:\n" : " tasks still wait:\n") + to_string(tasks);
    if (!tasks.empty()) return static_cast<void>(std::fputs(text.c_str(), stderr));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): said below
  }
  std::fputs("sluice: a scheduler ends while tasks still wait, and there is no memory to list them\n", stderr);
}

// With every choice made. Throws std::invalid_argument for what cannot be.
inline scheduler_settings checked(scheduler_settings s) {
  constexpr int most_workers = 1024;
  constexpr std::size_t least_stack = std::size_t{16} << 10U;
  constexpr std::size_t most_stack = SIZE_MAX / 1024;  // many of them are mapped at a time
  constexpr std::size_t page = 4096;
  if (s.workers < 0 || s.workers > most_workers)
    throw std::invalid_argument("sluice::scheduler: " + std::to_string(s.workers) +
                                " workers were asked for; 0 (as many as CPUs) to " + std::to_string(most_workers) +
                                " can be");
  if (s.stack_size < least_stack || s.stack_size > most_stack)
    throw std::invalid_argument("sluice::scheduler: a stack of " + std::to_string(s.stack_size) +
                                " bytes was asked for; the least is " + std::to_string(least_stack) + ", the most " +
                                std::to_string(most_stack));
  if (s.workers == 0) s.workers = static_cast<int>(std_threads::cpus());
  s.stack_size = (s.stack_size + page - 1) / page * page;
  if (!s.on_exception) s.on_exception = &end_for_exception;
  if (!s.on_leak) s.on_leak = &list_leaks;
  return s;
}

}  // namespace detail
}  // namespace sluice
