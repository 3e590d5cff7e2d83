// SPDX-License-Identifier: BSL-1.0
#pragma once
// An engine whose platform has tasks: whoever asks is one, and parks as tasks do (sluice/detail/task_control.hpp): it leaves its
// stack, here a moment in which others may step in, says in the word that it is parked, and stands still until it is woken, which
// it may be once: a scheduler would run it twice. Of a client's threads one at a time may wait alone.
#include <cstdint>

#include <sluice/detail/lone_task.hpp>
#include <sluice/platform.hpp>

namespace sluice::models {

template <class Engine>
struct task_platform : Engine::platform {
  using threads = typename Engine::platform;
  using word = typename threads::template atomic<std::uint32_t>;
  struct task {
    word goes_on{0};
    typename threads::template var<bool> stands{false};  // and has not been woken
  };
  // Whoever asks. Belongs to an execution.
  struct the_one {
    the_one() { here = &self; }
    task self;
    static inline thread_local task* here = nullptr;
  };

  static task* this_task() { return the_one::here; }
  static void park(task& t, word& w, std::uint32_t from, std::uint32_t to) {
    t.stands.store(true);
    if (!detail::say_parked(w, from, to)) return t.stands.store(false);
    while (t.goes_on.load(std::memory_order_acquire) == 0) threads::wait(t.goes_on, 0);
    t.goes_on.store(0, std::memory_order_relaxed);
  }
  static void wake_task(task& t) {
    Engine::require(t.stands.load(), "who is woken is parked");
    t.stands.store(false);
    const auto key = threads::key_of(t.goes_on);
    t.goes_on.store(1, std::memory_order_release);
    threads::wake_by_key(key);
  }
};

template <class Engine>
struct task_engine : Engine {
  using platform = task_platform<Engine>;
};

// A client whose threads are that task.
template <class Engine, class Client>
struct of_a_task : Client {
  typename task_platform<Engine>::the_one task;
};

}  // namespace sluice::models
