// SPDX-License-Identifier: BSL-1.0
#pragma once
// scheduler: runs tasks, any number of them, on a few threads. A task is a function with a stack of its own; ordinary blocking code
// (a channel's push, a wait_group's wait, a mutex's lock, sleep_for: whatever waits on std_platform) parks the task when it is
// called in one, and the thread goes on with another task. Go's goroutines. Most programs use the default one, see sluice/task.hpp.
//
// How it is built: detail/work_pool.hpp (who runs what, work stealing), detail/parking_lot.hpp (who waits on what),
// platform_fiber.hpp and platform_stacks.hpp (stacks, their guard pages), detail/task_core.hpp (workers). Needs Boost.Context.
//
// Guarantee. What go() is given happens after what was done before go(). A task that is woken is run by some worker that comes for
// work, as soon as one does, but for some microseconds in which it is left to the worker of who woke it: tasks are not interrupted, so
// one that computes keeps its worker, and yield() gives others a turn. Newer tasks come first, but none waits for ever while workers
// come for more. A task may go on on another thread after any wait:
// thread_local objects, std::mutex and the like must not be used across one. Nor may it wait in what a sync_map calls of its keys and
// values (hash, equality, copy), for that section belongs to the thread; nor in the function of a std::stop_callback, or what that
// resumes, for whoever ends the callback knows by the thread alone whether it runs; nor in the move of a channel's element, for some are
// under the channel's lock, and who waits for that keeps its worker.
//
// Errors. An exception that leaves a task ends the program with a message that says which task, where it was started and what was
// thrown, unless safe_go or scheduler_settings::on_exception takes it. join and run throw deadlock_error, with the list of tasks, when
// every task waits, none for a time, and nobody else can wake one: the process has no other threads, or scheduler_settings::only_tasks.
// A task that overflows its stack ends the program (a guard page lies below; on Linux before 6.13 not below each of very many). So does
// what leaves on_exception or on_leak. After fork() the child has no workers and no clock, as it has no other threads: until it calls
// exec, nothing of Sluice that another thread has used may be used there.
//
// The end. The destructor lets all tasks go on that can, and returns when each has ended or waits. Those that wait never go on, nothing
// on their stacks is destroyed, and their memory is kept; on_leak is told of them. Others, and the clock of timers
// and contexts, may wake tasks, or coroutines, meanwhile: whom they wake too late does not go on, and who has found one is waited for.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/task_core.hpp>
#include <sluice/detail/task_launch.hpp>
#include <sluice/detail/task_outcome.hpp>
#include <sluice/detail/task_wait.hpp>
#include <sluice/platform.hpp>

namespace sluice {

class scheduler;
namespace detail {
task_core& core_of(scheduler& s) noexcept;
}

class scheduler {
 public:
  // Starts its workers. Throws std::invalid_argument for settings that cannot be, std::system_error where a thread cannot be.
  explicit scheduler(scheduler_settings settings = {}) : core_(std::move(settings)) {}
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  // See "the end". Not by one of its own tasks: that ends the program.
  ~scheduler() {
    const detail::task_control* const t = detail::this_task_control();
    if (t == nullptr || &t->home() != &core_) return;
    std::fputs(("sluice::scheduler: destroyed by one of its own tasks, " + to_string(t->report()) + '\n').c_str(),
               stderr);
    std::abort();
  }

  // Runs f(args...) as a task; arguments are copied or moved, as std::thread's. It takes a stack when its turn comes. Throws
  // std::bad_alloc where there is no memory for f and args, or would be none for a stack, and what copying throws; then nothing runs.
  template <class... Args>
  void go(const std::type_identity_t<detail::launch<detail::not_handled, Args...>>& f, Args&&... args) {
    f(core_, {}, {}, std::forward<Args>(args)...);
  }
  // The same, under a name for reports.
  template <class... Args>
  void go_as(std::string name, const std::type_identity_t<detail::launch<detail::not_handled, Args...>>& f,
             Args&&... args) {
    f(core_, detail::task_name(std::move(name)), {}, std::forward<Args>(args)...);
  }
  // The same, but what f throws is given to handler(std::exception_ptr), in the task.
  template <class Handler, class... Args>
  void safe_go(Handler handler, const std::type_identity_t<detail::launch<Handler, Args...>>& f, Args&&... args) {
    f(core_, {}, std::move(handler), std::forward<Args>(args)...);
  }

  // Runs f() as a task, waits until it has ended and what it held is gone, and gives what it returns, or throws what it throws. Other
  // tasks go on.
  // Throws deadlock_error, std::logic_error in one of its own tasks.
  template <class F>
  std::invoke_result_t<F&> run(F f, std::source_location at = std::source_location::current()) {
    struct outcome : detail::task_outcome<std::invoke_result_t<F&>> {
      explicit outcome(F&& what) : held(std::move(what)) {}
      std::optional<F> held;
    };
    const auto shared =
        std::make_shared<outcome>(std::move(f));  // it may outlive this call, if that ends with a deadlock
    struct main_task {
      std::shared_ptr<outcome> to;
      detail::task_core& core;
      void operator()() {
        to->come_from(*to->held);
        to->held.reset();  // it may refer to what lives until run() returns
        to->is_over();
        core.nudge();
      }
    };
    core_.template spawn<main_task>(at, detail::task_name("main"), shared, core_);
    core_.wait_until([&] { return shared->done(); });
    return shared->take();
  }

  // Waits until all its tasks have ended. Throws deadlock_error, std::logic_error in one of its own tasks.
  void join() {
    core_.wait_until([this] { return core_.live() == 0; });
  }

  // How many tasks were started and have not ended; a coroutine that waits is one. By the time that it is known it may have changed.
  [[nodiscard]] std::uint64_t live_tasks() const noexcept { return core_.live(); }

  // How many workers run tasks; a worker beyond that ends its task's turn first, and one that sleeps may take one more task.
  // Throws std::invalid_argument unless 1 <= n <= the workers that it was made with.
  [[nodiscard]] unsigned max_workers() const noexcept { return core_.limit(); }
  void max_workers(int n) { core_.limit(n); }

 private:
  friend detail::task_core& detail::core_of(scheduler& s) noexcept;

  detail::task_core core_;
};

inline detail::task_core& detail::core_of(scheduler& s) noexcept { return s.core_; }

}  // namespace sluice
