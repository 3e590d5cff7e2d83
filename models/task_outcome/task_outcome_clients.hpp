// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of task_outcome. Each client: one property, bounds in its shape. Thread 0 is the task.
#include <stdexcept>

#include <sluice/detail/task_outcome.hpp>

namespace sluice::models {

template <class Engine>
struct task_outcome_clients {
  using platform = typename Engine::platform;

  template <class Result>
  struct awaited {
    static constexpr unsigned threads = 2;
    typename platform::template var<int> did{0};
    detail::task_outcome<Result, platform> outcome{};
    bool taken = false;

    template <class F>
    void run(F f) {
      auto held = [&] {
        did.store(1);
        return f();
      };
      outcome.come_from(held);
      outcome.is_over();
    }
    template <class Take>
    void look(Take take) {
      if (taken || !outcome.done()) return;
      Engine::require(did.load() == 1, "what the task did is seen by who finds it done");
      take();
      taken = true;
    }
  };

  struct gives : awaited<int> {
    static constexpr const char* name = "gives";
    static constexpr const char* property = "who finds it done sees what the task did, and gets what it returned";
    void thread(unsigned index) {
      if (index == 0)
        this->run([] { return 7; });
      else
        get();
    }
    void get() {
      this->look([this] { Engine::require(this->outcome.take() == 7, "it is what was returned"); });
    }
    void finish() {
      get();
      Engine::require(this->taken, "it is done in the end");
    }
  };
  struct throws : awaited<void> {
    static constexpr const char* name = "throws";
    static constexpr const char* property = "who finds it done sees what the task did, and is thrown what it threw";
    void thread(unsigned index) {
      if (index == 0)
        this->run([] { throw std::runtime_error("7"); });
      else
        get();
    }
    void get() {
      this->look([this] {
        try {
          this->outcome.take();
          Engine::require(false, "it is thrown");
        } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): as it has to be
        }
      });
    }
    void finish() {
      get();
      Engine::require(this->taken, "it is done in the end");
    }
  };
};

}  // namespace sluice::models
