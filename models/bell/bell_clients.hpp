// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of bell, whose owner is a thread or a task. Each client: one property, bounds in its shape.
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
