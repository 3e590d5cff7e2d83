// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of parking_lot. Each client: one property, bounds in its shape. A client's thread stands for a task: once it
// is parked it waits until somebody makes it go on.
#include <cstdint>

#include <sluice/detail/parking_lot.hpp>
#include <sluice/detail/sleeper_count.hpp>

namespace sluice::models {

template <class Engine>
struct parking_lot_clients {
  using platform = typename Engine::platform;
  using lot = detail::parking_lot<platform, 1>;
  using word = typename platform::template atomic<std::uint32_t>;
  using number = typename platform::template var<int>;

  struct task : lot::sleeper {
    using lot::sleeper::sleeper;
    word goes_on{0};
    number times{0};

    void make_ready() {
      const auto key = platform::key_of(goes_on);
      times.store(times.load() + 1);
      goes_on.store(1, std::memory_order_release);
      platform::wake_by_key(key);
    }
    void stand_still() {
      while (goes_on.load(std::memory_order_acquire) == 0) platform::wait(goes_on, 0);
      Engine::require(times.load() == 1, "who was parked is made ready once");
    }
  };

  template <unsigned Threads>
  struct shared {
    static constexpr unsigned threads = Threads;
    lot all;
    word changed{0};

    // Until the word is changed, as a task's Platform::wait would.
    void wait_for_change() {
      while (changed.load(std::memory_order_acquire) == 0) {
        task self(&changed);
        if (all.park(self, [this] { return changed.load(std::memory_order_relaxed) == 0; })) self.stand_still();
      }
    }
    std::size_t wake(std::size_t n) {
      return all.unpark(&changed, n, [](auto& s) { static_cast<task&>(s).make_ready(); });
    }
    void finish() { Engine::require(wake(SIZE_MAX) == 0, "nobody is in line"); }
  };

  struct change_and_wake : shared<2> {
    static constexpr const char* name = "change_and_wake";
    static constexpr const char* property = "who changes the word and then wakes is missed by nobody who parks";
    void thread(unsigned index) {
      if (index == 0) return this->wait_for_change();
      this->changed.store(1, std::memory_order_release);
      this->wake(1);
    }
  };
  struct wakes_all : shared<3> {
    static constexpr const char* name = "wakes_all";
    static constexpr const char* property = "one call wakes all who are in line";
    void thread(unsigned index) {
      if (index != 2) return this->wait_for_change();
      this->changed.store(1, std::memory_order_release);
      this->wake(SIZE_MAX);
    }
  };
  struct one_each : shared<3> {
    static constexpr const char* name = "one_each";
    static constexpr const char* property = "two who are woken one at a time are woken both";
    void thread(unsigned index) {
      if (index != 2) return this->wait_for_change();
      this->changed.store(1, std::memory_order_release);
      this->wake(1);
      this->wake(1);
    }
  };

  // Time is up for thread 0 whenever thread 1 says so, also before it parks.
  struct cancelled : shared<2> {
    static constexpr const char* name = "cancelled";
    static constexpr const char* property = "who gives up goes on, however early it does so";
    task self{&this->changed};

    void thread(unsigned index) {
      if (index == 1) {
        if (this->all.cancel(self)) self.make_ready();
      } else if (this->all.park(self, [] { return true; })) {
        self.stand_still();
      }
    }
  };
  struct cancelled_and_woken : shared<3> {
    static constexpr const char* name = "cancelled_and_woken";
    static constexpr const char* property = "of one that gives up and one that wakes, one makes the sleeper go on";
    task self{&this->changed};

    void thread(unsigned index) {
      if (index == 1) {
        if (this->all.cancel(self)) self.make_ready();
      } else if (index == 2) {
        this->wake(1);
      } else if (this->all.park(self, [] { return true; })) {
        self.stand_still();
      }
    }
  };
  // Thread 0 gives up, and thread 1 waits behind it.
  struct passed_on : shared<2> {
    static constexpr const char* name = "passed_on";
    static constexpr const char* property = "a wake-up goes to who still waits";
    task first{&this->changed};
    task second{&this->changed};
    unsigned woken = 0;

    passed_on() {
      const auto always = [] { return true; };
      Engine::require(this->all.park(first, always) && this->all.park(second, always), "both are in line");
    }
    void thread(unsigned index) {
      if (index == 0) {
        if (this->all.cancel(first)) first.make_ready();
      } else {
        woken = static_cast<unsigned>(this->wake(1));
      }
    }
    void finish() {
      Engine::require(woken == 1, "there was somebody to wake");
      Engine::require(first.times.load() == 1, "the first one goes on in any case");
      if (second.times.load() == 0) second.make_ready(), Engine::require(this->all.cancel(second), "it is in line");
    }
  };

  // Threads, which are counted and sleep as the platform has it.
  struct counted_sleeper {
    static constexpr const char* name = "counted_sleeper";
    static constexpr const char* property = "who wakes only where a sleeper is counted leaves nobody asleep";
    static constexpr unsigned threads = 2;

    detail::sleeper_count<platform> sleepers;
    word changed{0};

    void thread(unsigned index) {
      if (index == 0) {
        while (changed.load(std::memory_order_acquire) == 0) {
          const typename detail::sleeper_count<platform>::sleeper here(sleepers);
          platform::wait(changed, 0);
        }
      } else {
        changed.store(1, std::memory_order_release);
        if (sleepers.anybody()) platform::wake_one(changed);
      }
    }
    void finish() { Engine::require(!sleepers.anybody(), "nobody is left"); }
  };
};

}  // namespace sluice::models
