// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of wait_group. Each client: one property, bounds in its shape.
#include <memory>
#include <new>

#include <clients/task_engine.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::models {

template <class Engine>
struct wait_group_clients {
  using platform = typename Engine::platform;
  using group = basic_wait_group<platform>;
  using number = typename platform::template var<int>;

  template <unsigned Workers, unsigned Waiters>
  struct waits_for_all {
    static constexpr const char* property = "every wait returns, once all tasks are done, and has seen what they did";
    static constexpr unsigned threads = Workers + Waiters;
    static constexpr unsigned role(unsigned index) { return index < Workers ? 0 : 1; }

    group tasks{Workers};
    number work[Workers];

    void thread(unsigned index) {
      if (index < Workers) {
        work[index].store(1);
        tasks.done();
      } else {
        tasks.wait();
        for (const number& w : work) Engine::require(w.load() == 1, "a wait has seen every task's work");
      }
    }
    void finish() { Engine::require(tasks.try_wait(), "none is left"); }
  };
  struct two_workers_one_waiter : waits_for_all<2, 1> {
    static constexpr const char* name = "two_workers_one_waiter";
  };
  struct one_worker_two_waiters : waits_for_all<1, 2> {
    static constexpr const char* name = "one_worker_two_waiters";
  };

  struct tried {
    static constexpr const char* name = "tried";
    static constexpr const char* property = "who finds that none is left has seen what the tasks did";
    static constexpr unsigned threads = 3;
    static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

    group tasks{2};
    number work[2];

    void thread(unsigned index) {
      if (index < 2) {
        work[index].store(1);
        tasks.done();
      } else if (tasks.try_wait()) {
        Engine::require(work[0].load() + work[1].load() == 2, "try_wait has seen every task's work");
      }
    }
    void finish() {}
  };

  // A task adds another one, which somebody else does.
  struct task_of_a_task {
    static constexpr const char* name = "task_of_a_task";
    static constexpr const char* property = "zero is not found between a task and the one that it has added";
    static constexpr unsigned threads = 3;

    group tasks{1};
    typename platform::template atomic<std::uint32_t> added{0};
    number work[2];
    bool ran = false;

    void run() {
      work[1].store(1);
      tasks.done();
      ran = true;
    }
    void thread(unsigned index) {
      if (index == 0) {
        work[0].store(1);
        tasks.add();
        added.store(1, std::memory_order_release);
        tasks.done();
      } else if (index == 1) {
        if (added.load(std::memory_order_acquire) == 1) run();
      } else if (tasks.try_wait()) {
        Engine::require(work[0].load() + work[1].load() == 2, "who finds none left has seen what both did");
      }
    }
    void finish() {
      if (!ran) run();
      Engine::require(tasks.try_wait(), "none is left");
    }
  };

  // The group lives in memory that whoever waited for it frees at once.
  template <unsigned Workers, bool Timed>
  struct waiter_may_destroy {
    static constexpr const char* property = "once a wait has returned true no task touches the group any more";
    static constexpr unsigned threads = Workers + 1;
    static constexpr unsigned role(unsigned index) { return index < Workers ? 0 : 1; }

    typename platform::template allocator<group> memory;
    group* tasks = ::new (static_cast<void*>(memory.allocate(1))) group(Workers);
    bool destroyed = false;

    void thread(unsigned index) {
      group* const mine = tasks;
      if (index < Workers) return mine->done();
      if (Timed && !mine->wait_until(platform::now())) return;
      if (!Timed) mine->wait();
      destroy(mine);
    }
    void destroy(group* mine) {
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
      destroyed = true;
    }
    void finish() {
      if (!destroyed) destroy(tasks);
    }
  };
  struct destroyed_by_the_waiter : waiter_may_destroy<2, false> {
    static constexpr const char* name = "destroyed_by_the_waiter";
  };
  struct destroyed_by_a_timed_waiter : waiter_may_destroy<1, true> {
    static constexpr const char* name = "destroyed_by_a_timed_waiter";
  };

  // Thread 1 may give up; thread 2 must be woken all the same.
  template <bool Stop>
  struct giving_up_costs_nobody {
    static constexpr const char* property =
        "a wait that gives up costs no other its wake-up; one that does not has seen all";
    static constexpr unsigned threads = Stop ? 4 : 3;

    group tasks{1};
    number work;
    typename platform::stop_source stop;

    void thread(unsigned index) {
      if (index == 0) {
        work.store(1);
        tasks.done();
      } else if (index == 1) {
        if (Stop ? tasks.wait_or_stop(stop.get_token()) : tasks.wait_until(platform::now()))
          Engine::require(work.load() == 1, "a wait that succeeds has seen the task's work");
      } else if (index == 2) {
        tasks.wait();
      } else {
        stop.request_stop();
      }
    }
    void finish() { tasks.add(); }  // refused while a waiter is still counted
  };
  struct timed : giving_up_costs_nobody<false> {
    static constexpr const char* name = "timed";
  };
  struct stopped : giving_up_costs_nobody<true> {
    static constexpr const char* name = "stopped";
  };

  struct timed_beside_stopped {
    static constexpr const char* name = "timed_beside_stopped";
    static constexpr const char* property =
        "a time-out beside a stop: each wait answers for itself, and leaves no trace";
    static constexpr unsigned threads = 3;

    group tasks{1};
    number work;
    typename platform::stop_source stop;

    void thread(unsigned index) {
      if (index == 0) {
        work.store(1);
        stop.request_stop();
        tasks.done();
      } else if (index == 1 ? tasks.wait_until(platform::now()) : tasks.wait_or_stop(stop.get_token())) {
        Engine::require(work.load() == 1, "a wait that succeeds has seen the task's work");
      }
    }
    void finish() { tasks.add(); }  // refused while a waiter is still counted
  };

  // One group is used for two rounds, another one tells the worker that the second has begun.
  struct reused {
    static constexpr const char* name = "reused";
    static constexpr const char* property = "after every wait has returned the group serves another round";
    static constexpr unsigned threads = 2;

    group tasks{1};
    group begun{1};
    number work{0};

    void thread(unsigned index) {
      if (index == 0) {
        tasks.wait();
        Engine::require(work.load() == 1, "the first round's work is seen");
        tasks.add();
        begun.done();
        tasks.wait();
        Engine::require(work.load() == 2, "the second round's work is seen");
      } else {
        work.store(1);
        tasks.done();
        begun.wait();
        work.store(2);
        tasks.done();
      }
    }
    void finish() { Engine::require(tasks.try_wait() && begun.try_wait(), "none is left"); }
  };
};

// The same, where the first one to wait is a task, which the last done finds by name.
template <class Engine>
struct parked_wait_group_clients {
  using of_tasks = wait_group_clients<task_engine<Engine>>;
  template <class Client>
  using parked = of_a_task<Engine, Client>;
  struct parked_two_waiters : parked<typename of_tasks::one_worker_two_waiters> {
    static constexpr const char* name = "parked_two_waiters";
  };
  struct parked_destroyed : parked<typename of_tasks::destroyed_by_the_waiter> {
    static constexpr const char* name = "parked_destroyed";
  };
  struct parked_timed : parked<typename of_tasks::timed> {
    static constexpr const char* name = "parked_timed";
  };
  struct parked_reused {
    static constexpr const char* name = "parked_reused";
    static constexpr const char* property = "after a parked wait has returned the group serves another round";
    static constexpr unsigned threads = 2;
    using threads_alone = typename Engine::platform;

    typename task_platform<Engine>::the_one task;
    typename of_tasks::group tasks{1};
    typename threads_alone::template atomic<std::uint32_t> begun{0};
    typename of_tasks::number work{0};

    void thread(unsigned index) {
      if (index == 0) {
        tasks.wait();
        Engine::require(work.load() == 1, "the first round's work is seen");
        tasks.add();
        begun.store(1, std::memory_order_release);
        threads_alone::wake_one(begun);
        tasks.wait();
        Engine::require(work.load() == 2, "the second round's work is seen");
      } else {
        work.store(1);
        tasks.done();
        while (begun.load(std::memory_order_acquire) == 0) threads_alone::wait(begun, 0);
        work.store(2);
        tasks.done();
      }
    }
    void finish() { Engine::require(tasks.try_wait(), "none is left"); }
  };
};

}  // namespace sluice::models
