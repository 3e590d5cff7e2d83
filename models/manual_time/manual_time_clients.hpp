// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of manual_time. Each client: one property, bounds in its shape. The last thread moves time, or waits for those that wait.
#include <chrono>
#include <cstdint>

#include <sluice/detail/manual_time.hpp>

namespace sluice::models {

template <class Engine>
struct manual_time_clients {
  using platform = typename Engine::platform;
  using time = detail::manual_time<platform>;
  static auto hour() { return typename time::time_point(std::chrono::hours(1)); }

  struct is_moved {
    static constexpr const char* name = "is_moved";
    static constexpr const char* property =
        "who finds that time was moved sees what was done before, and it never goes back";
    static constexpr unsigned threads = 2;
    time t{};
    typename platform::template var<int> did{0};

    void thread(unsigned index) {
      if (index == 1) {
        did.store(1);
        t.move_to(hour());
        return t.move_to(hour() - std::chrono::minutes(1));
      }
      const auto first = t.now();
      if (first == hour()) Engine::require(did.load() == 1, "what was done before time was moved is seen");
      Engine::require(t.now() >= first, "time does not go back");
    }
    void finish() { Engine::require(t.now() == hour(), "it was moved"); }
  };

  struct someone_waits {
    static constexpr const char* name = "someone_waits";
    static constexpr const char* property = "who awaits one that waits is woken, and sees that it is armed";
    static constexpr unsigned threads = 2;
    time t{};
    typename platform::template var<int> armed{0};
    typename platform::template atomic<std::uint32_t> word{0};

    void thread(unsigned index) {
      if (index == 0) {
        armed.store(1);
        const typename time::someone_waits here(t);
        while (word.load(std::memory_order_acquire) == 0) platform::wait(word, 0);
        return;
      }
      t.await_waiting(1);
      Engine::require(armed.load() == 1, "who waits is armed");
      word.store(1, std::memory_order_release);
      platform::wake_all(word);
    }
    void finish() {}
  };

  // One is there already; a second one comes and goes, a third one comes and stays.
  struct one_comes_one_goes {
    static constexpr const char* name = "one_comes_one_goes";
    static constexpr const char* property = "who counts is armed, also where it is told by one that goes";
    static constexpr unsigned threads = 3;
    using flag = typename platform::template atomic<int>;
    time t{};
    flag armed[2]{flag{0}, flag{0}};
    typename platform::template atomic<std::uint32_t> word{0};
    typename time::someone_waits first{t};

    void thread(unsigned index) {
      if (index == 2) {
        t.await_waiting(2);
        Engine::require(armed[0].load(std::memory_order_relaxed) + armed[1].load(std::memory_order_relaxed) > 0,
                        "two wait, so one of these is armed");
        word.store(1, std::memory_order_release);
        return static_cast<void>(platform::wake_all(word));
      }
      armed[index].store(1, std::memory_order_relaxed);
      const typename time::someone_waits here(t);
      if (index == 0) return;
      while (word.load(std::memory_order_acquire) == 0) platform::wait(word, 0);
    }
    void finish() {}
  };
};

}  // namespace sluice::models
