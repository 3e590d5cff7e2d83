// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_local: a value for each task, and outside of tasks for each thread. A thread_local object would be another one after a task has
// waited and gone on elsewhere.
//
//   static task_local<std::string> user{"nobody"};     user.get() = "ann";  …  log(*user, …)
//
// Contract. A task's value is made when it first asks for it, a copy of the first value, and destroyed in the task at its end, the
// youngest first. It is nobody else's: a task that it starts begins anew (what is to go along is a context's, or an argument).
// A coroutine (sluice/async_task.hpp) has those of the stack that it runs on, so none across a co_await.
// The task_local outlives all tasks that use it: it is static. get() is linear in how many a task has; the first one allocates.
#include <type_traits>
#include <utility>

#include <sluice/detail/local_values.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class T>
  requires std::is_copy_constructible_v<T>
class task_local {
 public:
  task_local() = default;
  explicit task_local(T first) : first_(std::move(first)) {}
  task_local(const task_local&) = delete;
  task_local& operator=(const task_local&) = delete;
  ~task_local() = default;

  // Of the task, or thread, that calls.
  T& get() {
    return detail::local_values_here().template get<T>(this, [this] { return T(first_); });
  }
  T& operator*() { return get(); }
  T* operator->() { return &get(); }

 private:
  const T first_{};
};

}  // namespace sluice
