// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of sharded_wait_group, of two shards or three; which one is a thread's own is said in the call. Each client:
// one property, bounds in its shape.
#include <cstdint>
#include <memory>
#include <new>

#include <sluice/detail/sharded_count.hpp>

namespace sluice::models {

template <class Engine>
struct sharded_wait_group_clients {
  using platform = typename Engine::platform;
  using number = typename platform::template var<int>;
  using flag = typename platform::template atomic<std::uint32_t>;

  // Begins with so many tasks in the first shard.
  template <std::uint32_t Shards>
  struct group_of : detail::sharded_count<platform, Shards> {
    explicit group_of(std::uint32_t n) {
      if (n != 0) this->add(0, n);
    }
    void wait() { this->held().wait(); }
    bool none_left() const { return this->held().try_wait(); }
  };
  using group = group_of<2>;

  struct one_in_each {
    static constexpr const char* name = "one_in_each";
    static constexpr const char* property = "every wait returns, once all tasks are done, and has seen what they did";
    static constexpr unsigned threads = 3;

    group tasks{2};
    number work[2];

    void thread(unsigned index) {
      if (index < 2) {
        work[index].store(1);
        tasks.done(index, 1);
      } else {
        tasks.wait();
        Engine::require(work[0].load() + work[1].load() == 2, "a wait has seen every task's work");
      }
    }
    void finish() { Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left"); }
  };

  // Four tasks, and who has none in its shard moves some there, beside one who is done in the other.
  struct half_moves {
    static constexpr const char* name = "half_moves";
    static constexpr const char* property =
        "zero is not found before all are done, however the tasks stand in the shards";
    static constexpr unsigned threads = 2;

    group tasks{4};
    number work[2];

    void thread(unsigned index) {
      tasks.done(index, 1);
      Engine::require(!tasks.none_left(), "one's own second task is not done");
      work[index].store(1);
      tasks.done(index, 1);
      if (tasks.none_left())
        Engine::require(work[0].load() + work[1].load() == 2, "who finds none left has seen every task's work");
    }
    void finish() { Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left"); }
  };

  // Three with a shard each: what one has moved to its own another finds there.
  struct moved_on {
    static constexpr const char* name = "moved_on";
    static constexpr const char* property = "what one moves is found by who is done, wherever it stands meanwhile";
    static constexpr unsigned threads = 3;

    group_of<3> tasks{3};

    void thread(unsigned index) { tasks.done(index, 1); }
    void finish() { Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left"); }
  };

  // Who has none in its shard, and is done many times at once, takes from both.
  struct done_many_times {
    static constexpr const char* name = "done_many_times";
    static constexpr const char* property = "a done of many takes them from wherever they are, and no others";
    static constexpr unsigned threads = 2;

    group tasks{3};

    void thread(unsigned index) {
      if (index == 0) {
        tasks.add(1, 1);
        tasks.done(0, 2);
      } else {
        tasks.done(1, 2);
      }
    }
    void finish() { Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left"); }
  };

  // A task adds another one to the shard of who runs it, and is done in its own.
  struct task_of_a_task {
    static constexpr const char* name = "task_of_a_task";
    static constexpr const char* property = "zero is not found between a task and the one that it has added";
    static constexpr unsigned threads = 3;

    group tasks{1};
    flag added{0};
    number work[2];
    bool ran = false;

    void run() {
      work[1].store(1);
      tasks.done(1, 1);
      ran = true;
    }
    void thread(unsigned index) {
      if (index == 0) {
        work[0].store(1);
        tasks.add(1, 1);
        added.store(1, std::memory_order_release);
        tasks.done(0, 1);
      } else if (index == 1) {
        if (added.load(std::memory_order_acquire) == 1) run();
      } else if (tasks.none_left()) {
        Engine::require(work[0].load() + work[1].load() == 2, "who finds none left has seen what both did");
      }
    }
    void finish() {
      if (!ran) run();
      Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left");
    }
  };

  // Both add the first task of one shard.
  struct added_by_both {
    static constexpr const char* name = "added_by_both";
    static constexpr const char* property =
        "while one's own task is left zero is not found, whoever made the shard count";
    static constexpr unsigned threads = 2;
    static constexpr unsigned role(unsigned) { return 0; }

    group tasks{0};

    void thread(unsigned) {
      tasks.add(0, 1);
      Engine::require(!tasks.none_left(), "one's own task is not done");
      tasks.done(0, 1);
    }
    void finish() { Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left"); }
  };

  // The group lives in memory that whoever waited for it frees at once.
  struct destroyed_by_the_waiter {
    static constexpr const char* name = "destroyed_by_the_waiter";
    static constexpr const char* property = "once a wait has returned no task touches the group any more";
    static constexpr unsigned threads = 3;

    typename platform::template allocator<group> memory;
    group* tasks = ::new (static_cast<void*>(memory.allocate(1))) group(2);

    void thread(unsigned index) {
      group* const mine = tasks;
      if (index < 2) return mine->done(index, 1);
      mine->wait();
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
    }
    void finish() {}
  };

  struct reused {
    static constexpr const char* name = "reused";
    static constexpr const char* property = "after every wait has returned the group serves another round";
    static constexpr unsigned threads = 2;

    group tasks{1};
    flag begun{0};
    number work{0};

    void thread(unsigned index) {
      if (index == 0) {
        tasks.wait();
        Engine::require(work.load() == 1, "the first round's work is seen");
        tasks.add(0, 1);
        begun.store(1, std::memory_order_release);
        platform::wake_one(begun);
        tasks.wait();
        Engine::require(work.load() == 2, "the second round's work is seen");
      } else {
        work.store(1);
        tasks.done(1, 1);
        while (begun.load(std::memory_order_acquire) == 0) platform::wait(begun, 0);
        work.store(2);
        tasks.done(1, 1);
      }
    }
    void finish() { Engine::require(tasks.none_left() && tasks.sum() == 0, "none is left"); }
  };
};

}  // namespace sluice::models
