// SPDX-License-Identifier: BSL-1.0
#pragma once
// task<T>: a coroutine that the workers of a scheduler run, and that takes no stack while it waits. For very many that wait.
//
//   task<int> sum(receiver<int> rx) {
//     int n = 0;
//     while (const auto v = co_await rx.async_pop()) n += *v;    // in the same line as threads and tasks
//     co_return n + co_await sum(other);                        // runs it, and goes on with what it returns
//   }
//   go(serve(rx));                                              // a task<void> on its own
//   const int n = await(sum(rx));                               // from a task, which parks, or from a thread
//
// Contract. A task<T> begins when it is awaited, or given to go or await, once; one that never was is destroyed with its handle. It
// runs on a worker of the scheduler of who began it (as sluice::go), on a stack that it has until it waits by co_await: then
// the stack goes to others, and it goes on on any worker. In between it may do all that a task may: what waits in another way
// (lock(), pop(), sleep_for) parks the stack with it. What it throws comes out of co_await or await; from one that was given to go
// it is as if it had left a task: see sluice/scheduler.hpp. One that waits counts among live_tasks(); reports say how many there are.
// Where another coroutine awaits it, and goes while both wait, it goes too, leaves the lines in which it stands, and counts no more.
// Any awaitable may be awaited. Operations of channels (sluice/async_chan.hpp) go on on a worker unless they are given an executor;
// what else resumes the coroutine does so where it does: on a thread that is no worker it is not counted, and runs while its
// scheduler is there. Those that still wait on channels when their scheduler ends never go on, whoever serves them; their frames stay.
// A frame lies where operator new puts it, whatever it holds (so does GCC; P2014): no variable of it may be over-aligned.
// Cost: beginning and going on cost what starting a task costs; a frame is one allocation. A task<T> that another one awaits
// runs on the stack of that one, beside it and not inside: any number may await each other. (What others resume, until it waits
// again, g++ nests unless it optimizes.) Those that are to go on stand in line for a stack: a million that are woken at once have as
// many as there are workers, and one for each that then waits in another way than by co_await.
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <sluice/async_chan.hpp>
#include <sluice/detail/async_task_await.hpp>
#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

namespace sluice {

template <class T = void>
class [[nodiscard]] task {
 public:
  class promise_type;
  using value_type = T;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  // Runs it, and gives what it returns, or throws what it throws. Throws std::logic_error if it was awaited, or moved from, before.
  auto operator co_await() && { return awaiter{std::move(*this)}; }

 private:
  using frame = std::coroutine_handle<promise_type>;
  explicit task(frame f) noexcept : frame_(f) {}
  friend void go(task<void> t, std::source_location at);

  struct awaiter {
    task awaited;
    detail::coroutine_home* caller_home = nullptr;  // if that is a task<T>
    bool await_ready() const {
      if (!awaited.frame_ || awaited.frame_.promise().has_begun())
        throw std::logic_error("sluice::task: awaited a second time, or after it was moved from");
      return false;
    }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) {
      promise_type& p = awaited.frame_.promise();
      if constexpr (std::derived_from<Promise, detail::coroutine_promise>) {
        caller_home = &caller.promise().home();
        p.begin(*caller_home->all, caller_home->at, caller_home->turns, caller);
      } else {
        p.begin(detail::core_here().coroutines(), std::source_location::current(), nullptr, caller);
      }
      return p.in_turn(awaited.frame_);
    }
    T await_resume() {
      promise_type& p = awaited.frame_.promise();
      if (caller_home != nullptr) caller_home->turns = p.home().turns;  // it may have ended elsewhere than it began
      return p.take();
    }
  };

  frame frame_;
};

template <class T>
class task<T>::promise_type : public detail::coroutine_result<T> {
 public:
  task get_return_object() noexcept { return task(frame::from_promise(*this)); }
  static std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept { return detail::goes_back<promise_type>{}; }
};

// Runs it on its own, on the scheduler of the task that calls, or on the default one; it goes when it has ended. Where there is no
// memory for a stack it begins on that of the caller. Throws std::logic_error if it was moved from.
inline void go(task<void> t, std::source_location at = std::source_location::current()) {
  if (!t.frame_) throw std::logic_error("sluice::go: a task<void> that was moved from");
  auto& p = t.frame_.promise();
  p.begin(detail::core_here().coroutines(), at, nullptr, nullptr);
  p.home().begins = true;
  p.home().all->one_begins();
  detail::resume_on_worker(p.home(), std::exchange(t.frame_, nullptr));
}

// Runs it, waits until it has ended, and gives what it returns, or throws what it throws.
template <class T>
T await(task<T> t, std::source_location at = std::source_location::current()) {
  struct outcome : detail::coroutine_result<T> {
    wait_group ended{1};
  } result;
  go(
      [](task<T> running, outcome& to) -> task<void> {
        try {
          if constexpr (std::is_void_v<T>)
            co_await std::move(running);
          else
            to.return_value(co_await std::move(running));
        } catch (...) {
          to.unhandled_exception();
        }
        to.ended.done();
      }(std::move(t), result),
      at);
  result.ended.wait();
  return result.take();
}

}  // namespace sluice
