// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of bell, whose owner is a thread or a task, and of lone_task by itself. Each client: one property, bounds in its shape.
#include <cstdint>
#include <memory>
#include <new>

#include <clients/task_engine.hpp>
#include <sluice/detail/bell.hpp>

namespace sluice::models {

template <class Engine>
struct bell_clients {
  // Thread 0 waits, thread 1 rings. The bell lies in memory that is freed as soon as the wait has ended.
  template <class E>
  struct rung_once {
    static constexpr const char* property =
        "who waits goes on once, after the ring, which then touches nothing any more";
    static constexpr unsigned threads = 2;
    using platform = typename E::platform;
    using bell = detail::bell<platform>;
    using limit = detail::wait_limit<platform>;

    typename task_platform<Engine>::the_one task;
    typename platform::template allocator<bell> memory;
    bell* const rung = ::new (static_cast<void*>(memory.allocate(1))) bell;
    typename platform::template var<int> served{0};

    virtual bool wait() { return rung->wait({}) == wait_result::woken; }
    void thread(unsigned index) {
      if (index == 1) {
        bell* const mine = rung;
        served.store(1);
        Engine::require(!mine->ring(), "nobody is suspended");
        return;
      }
      Engine::require(wait(), "without a limit it waits until the ring");
      Engine::require(served.load() == 1, "what was done before the ring is seen");
      std::destroy_at(rung);
      memory.deallocate(rung, 1);
    }
    void finish() {}
    virtual ~rung_once() = default;
  };
  struct rings_a_thread : rung_once<Engine> {
    static constexpr const char* name = "rings_a_thread";
  };
  struct rings_a_task : rung_once<task_engine<Engine>> {
    static constexpr const char* name = "rings_a_task";
  };
  // As a wait_group does, which looks at its word no more than once.
  struct stays_until_it_is_changed {
    static constexpr const char* name = "stays_until_it_is_changed";
    static constexpr const char* property = "a task that was parked, or was about to be, finds the word changed";
    static constexpr unsigned threads = 2;
    using platform = task_platform<Engine>;
    static constexpr std::uint32_t silent = 0, parked = 1, changed = 2;

    typename platform::the_one self;
    detail::lone_task<platform> task;
    typename platform::template atomic<std::uint32_t> word{silent};
    typename platform::template var<int> served{0};

    void thread(unsigned index) {
      if (index == 0) {
        Engine::require(task.park(word, silent, parked), "whoever calls is a task");
        Engine::require(word.load(std::memory_order_acquire) == changed, "it goes on when the word has been changed");
        return Engine::require(served.load() == 1, "what was done before is seen");
      }
      served.store(1);
      if (word.exchange(changed, std::memory_order_release) == parked) task.wake(word);
    }
    void finish() {}
  };
  // Its scheduler has ended, and it stands where it is for ever.
  struct gone_is_not_woken {
    static constexpr const char* name = "gone_is_not_woken";
    static constexpr const char* property = "who changes the word of a task that will never go on has nobody to wake";
    static constexpr unsigned threads = 2;
    using platform = task_platform<Engine>;
    static constexpr std::uint32_t silent = 0, parked = 1, changed = 2;

    typename platform::template atomic<std::uint32_t> word{silent};
    typename platform::template atomic<std::uint32_t> ended{0};

    void thread(unsigned index) {
      if (index == 0) {
        Engine::require(detail::say_parked(word, silent, parked), "nobody has changed it");
        detail::say_gone(word, silent, parked);
        return ended.store(1, std::memory_order_release);
      }
      if (ended.load(std::memory_order_acquire) == 0) return;
      Engine::require(word.exchange(changed, std::memory_order_release) == silent, "nobody is parked");
    }
    void finish() {}
  };
  // It wants to give up, but a counterparty has claimed it, and will ring.
  struct rings_a_task_that_gave_up : rung_once<task_engine<Engine>> {
    static constexpr const char* name = "rings_a_task_that_gave_up";
    bool wait() override {
      const wait_result first = this->rung->wait({task_platform<Engine>::now(), {}});
      return first == wait_result::woken || this->rung->wait({}) == wait_result::woken;
    }
  };
};

}  // namespace sluice::models
