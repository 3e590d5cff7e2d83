// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of ready_line. Each client: one property, bounds in its shape. Who is to send a runner comes itself, later: all
// that another thread could do in between it can do before.
#include <utility>

#include <sluice/detail/ready_line.hpp>

namespace sluice::models {

template <class Engine>
struct ready_line_clients {
  using platform = typename Engine::platform;
  struct item {
    typename platform::template var<item*> next_ready{nullptr};
    typename platform::template var<int> runs{0};
  };
  using line = detail::ready_line<item, platform>;

  // Thread 0 has `First` items, every other one has one.
  template <unsigned Threads, unsigned First>
  struct everything_is_run {
    static constexpr const char* property = "what is ready is run once, and who runs it sees what was done before";
    static constexpr unsigned threads = Threads;
    static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }

    line ready;
    item items[Threads][First];

    void thread(unsigned index) {
      unsigned sent = 0;
      for (unsigned i = 0; i != (index == 0 ? First : 1); ++i) {
        items[index][i].runs.store(1);
        sent += ready.push(items[index][i]) ? 1U : 0U;
      }
      for (; sent != 0; --sent)
        for (auto t = ready.begin(); t.item != nullptr; t = ready.next()) {
          sent += t.another ? 1U : 0U;
          t.item->runs.store(t.item->runs.load() + 1);
        }
    }
    void finish() {
      for (unsigned t = 0; t != Threads; ++t)
        for (unsigned i = 0; i != (t == 0 ? First : 1); ++i)
          Engine::require(items[t][i].runs.load() == 2, "it was run once");
      Engine::require(ready.next().item == nullptr, "none is left");
    }
  };

  struct two_threads : everything_is_run<2, 1> {
    static constexpr const char* name = "two_threads";
  };
  struct three_threads : everything_is_run<3, 2> {
    static constexpr const char* name = "three_threads";
  };

  // One runner never returns from the first item that it runs.
  struct one_is_held_up {
    static constexpr const char* name = "one_is_held_up";
    static constexpr const char* property = "what is ready is run though a runner never comes back";
    static constexpr unsigned threads = 2;

    line ready;
    item items[2];

    void thread(unsigned index) {
      unsigned sent = ready.push(items[index]) ? 1 : 0;
      bool held_up = false;
      for (; sent != 0; --sent)
        for (auto t = ready.begin(); t.item != nullptr; t = ready.next()) {
          sent += t.another ? 1U : 0U;
          t.item->runs.store(t.item->runs.load() + 1);
          if (t.item == &items[0] && !std::exchange(held_up, true)) break;
        }
    }
    void finish() {
      for (item& one : items) Engine::require(one.runs.load() == 1, "it was run once");
    }
  };
};

}  // namespace sluice::models
