// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of timer_heap. Each client: one property, bounds in its shape. Thread 0 is the clock, which runs until it is
// stopped; a timer that is due at now() may fire at any moment.
#include <chrono>
#include <cstdint>

#include <clients/watched_platform.hpp>

#include <sluice/detail/timer_heap.hpp>

namespace sluice::models {

template <class Engine>
struct timer_heap_clients {
  using platform = typename Engine::platform;
  using heap = detail::timer_heap<platform>;
  using time_point = typename platform::time_point;

  struct counted : heap::timer {
    counted() : heap::timer(&fired) {}
    static time_point fired(typename heap::timer& t, time_point) {
      auto& self = static_cast<counted&>(t);
      self.times.store(self.times.load() + 1);
      return platform::no_deadline;
    }
    typename platform::template var<int> times{0};
  };

  struct stop_against_fire {
    static constexpr const char* name = "stop_against_fire";
    static constexpr const char* property = "a timer fires, or is disarmed, and what disarm says is so";
    static constexpr unsigned threads = 2;

    heap all;

    void thread(unsigned index) {
      if (index == 0) return all.run();
      {
        counted t;
        all.arm(t, platform::now());
        const bool disarmed = all.disarm(t);
        Engine::require(t.times.load() == (disarmed ? 0 : 1), "it fired unless it was disarmed");
      }  // and is gone
      all.stop();
    }
    void finish() { Engine::require(all.armed() == 0, "none is left"); }
  };

  struct none_left : heap::timer {
    static constexpr const char* name = "none_left";
    static constexpr const char* property = "who finds that no timer is armed has seen what they did";
    static constexpr unsigned threads = 2;

    heap all;
    typename platform::template var<int> done{0};

    none_left() : heap::timer(&fired) { all.arm(*this, platform::now()); }
    static time_point fired(typename heap::timer& t, time_point) {
      static_cast<none_left&>(t).done.store(1);
      return platform::no_deadline;
    }
    void thread(unsigned index) {
      if (index == 0) return all.run();
      if (all.armed() == 0) Engine::require(done.load() == 1, "it has fired");
      all.stop();
    }
    void finish() {}
  };

  // The last one that is armed is disarmed by somebody who saw the other one fire.
  struct none_left_by_disarm : heap::timer {
    static constexpr const char* name = "none_left_by_disarm";
    static constexpr const char* property =
        "who finds none armed after the last was disarmed has seen what fired before";
    static constexpr unsigned threads = 3;

    heap all;
    counted other;
    typename platform::template var<int> done{0};

    none_left_by_disarm() : heap::timer(&fired) {
      all.arm(*this, platform::now());
      all.arm(other, later());
    }
    static time_point later() { return platform::now() + std::chrono::hours(1); }
    static time_point fired(typename heap::timer& t, time_point) {
      static_cast<none_left_by_disarm&>(t).done.store(1);
      return platform::no_deadline;
    }
    void thread(unsigned index) {
      const auto nothing = [] {};
      if (index == 0) {
        static_cast<void>(all.step(nothing));
      } else if (index == 1) {
        Engine::require(all.disarm(other), "it was armed");
      } else if (all.armed() == 0) {
        Engine::require(done.load() == 1, "it has fired");
      }
    }
    void finish() { Engine::require(all.armed() == 0, "none is left"); }
  };

  // A timer that fires again and again, where time does not move on.
  struct again_against_disarm : heap::timer {
    static constexpr const char* name = "again_against_disarm";
    static constexpr const char* property = "one that fires again is armed until it is disarmed, and not afterwards";
    static constexpr unsigned threads = 2;

    heap all;
    typename platform::template var<int> times{0};

    again_against_disarm() : heap::timer(&fired) { all.arm(*this, platform::now()); }
    static time_point fired(typename heap::timer& t, time_point now) {
      auto& self = static_cast<again_against_disarm&>(t);
      self.times.store(self.times.load() + 1);
      return now + std::chrono::hours(1);
    }
    void thread(unsigned index) {
      const auto nothing = [] {};
      if (index == 0) {
        static_cast<void>(all.step(nothing));
        return;
      }
      Engine::require(all.disarm(*this), "it is armed, before it fires and after");
      const int so_far = times.load();
      Engine::require(!all.disarm(*this) && times.load() == so_far, "and no more");
    }
    void finish() { Engine::require(all.armed() == 0, "none is left"); }
  };

  // The clock may look before the second timer is armed, and sleep until the first one.
  struct earlier_one {
    static constexpr const char* name = "earlier_one";
    static constexpr const char* property = "a timer that comes before the one that the clock waits for fires in time";
    static constexpr unsigned threads = 2;

    heap all;
    struct signalling : heap::timer {
      signalling() : heap::timer(&fired) {}
      static time_point fired(typename heap::timer& t, time_point) {
        auto& self = static_cast<signalling&>(t);
        self.said.store(1, std::memory_order_release);
        platform::wake_one(self.said);
        return platform::no_deadline;
      }
      typename platform::template atomic<std::uint32_t> said{0};
    };
    signalling never;
    signalling soon;

    void thread(unsigned index) {
      if (index == 0) return all.run();
      all.arm(never, platform::no_deadline);
      all.arm(soon, platform::now());
      while (soon.said.load(std::memory_order_acquire) == 0) platform::wait(soon.said, 0);
      Engine::require(all.disarm(never), "the other one is armed still");
      all.stop();
    }
    void finish() {}
  };

  // Thread 2 looks. The clock, too, may have to sleep for the lock; where it waits for the next timer, it has seen none change.
  struct no_rest_while_one_waits final : kit::watched_platform<platform>::watcher {
    using watched = kit::watched_platform<platform>;
    static constexpr const char* name = "no_rest_while_one_waits";
    static constexpr const char* property =
        "who has seen a thread sleep for the lock finds the clock at rest only once that thread has been woken";
    static constexpr unsigned threads = 3;

    detail::timer_heap<watched> all;
    typename platform::template atomic<std::uint32_t> asleep{0};
    typename platform::template atomic<std::uint32_t> woken{0};

    void sleeps(std::uint32_t seen) override {
      if (seen != 0) asleep.store(1, std::memory_order_release);
    }
    void wakes() override { woken.store(1, std::memory_order_relaxed); }
    void thread(unsigned index) {
      if (index == 0) return all.run();
      if (index == 1) {
        all.exclude([] {});
        return all.stop();
      }
      if (asleep.load(std::memory_order_acquire) == 1 && all.at_rest())
        Engine::require(woken.load(std::memory_order_relaxed) == 1, "it has been woken");
    }
    void finish() {}
  };
};

}  // namespace sluice::models
