// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of a wait_group that is misused: a call that is refused harms nobody who waited before.
#include <memory>
#include <new>
#include <stdexcept>

#include <clients/task_engine.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::models {

template <class Engine>
struct wait_group_misuse_clients {
  using platform = typename Engine::platform;
  using group = basic_wait_group<platform>;

  // Thread 2 adds a task while the last one is done or the wait returns, and may be refused. Once it is through, the waiter destroys.
  struct added_too_late {
    static constexpr const char* name = "added_too_late";
    static constexpr const char* property = "a refused add lets nobody go on too early, or a second time";
    static constexpr unsigned threads = 3;

    typename platform::template allocator<group> memory;
    group* tasks = ::new (static_cast<void*>(memory.allocate(1))) group(1);
    typename platform::template atomic<std::uint32_t> through{0};

    void thread(unsigned index) {
      group* const mine = tasks;
      if (index == 1) return mine->done();
      if (index == 2) return add_one(*mine);
      mine->wait();
      while (through.load(std::memory_order_acquire) == 0) platform::wait(through, 0);
      Engine::require(mine->count() == 0, "the count is as it was");
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
    }
    void add_one(group& mine) {
      try {
        mine.add();
        mine.done();
      } catch (const std::logic_error&) {
      }
      through.store(1, std::memory_order_release);
      platform::wake_one(through);
    }
    void finish() {}
  };

  // Two tasks are done where there was one. Who begins to wait meanwhile may be told so, too.
  struct done_too_often {
    static constexpr const char* name = "done_too_often";
    static constexpr const char* property = "a refused done leaves the count as it was, whoever returns meanwhile";
    static constexpr unsigned threads = 2;

    group tasks{1};

    void thread(unsigned index) {
      try {
        if (index == 0) return tasks.wait();
        tasks.done();
        tasks.done();
      } catch (const std::logic_error&) {
      }
    }
    void finish() { Engine::require(tasks.count() == 0, "the count is as it was"); }
  };
};

// The same, where the one who waits is a task, which the last done finds by name.
template <class Engine>
struct parked_wait_group_misuse_clients {
  using of_tasks = wait_group_misuse_clients<task_engine<Engine>>;
  struct parked_added_too_late : of_a_task<Engine, typename of_tasks::added_too_late> {
    static constexpr const char* name = "parked_added_too_late";
  };
  struct parked_done_too_often : of_a_task<Engine, typename of_tasks::done_too_often> {
    static constexpr const char* name = "parked_done_too_often";
  };
};

}  // namespace sluice::models
