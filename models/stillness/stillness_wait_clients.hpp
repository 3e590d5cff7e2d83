// SPDX-License-Identifier: BSL-1.0
#pragma once
// Clients of stillness in which a thread waits as scheduler::join does. A worker does what task_core's do, but that a task has no
// stack: what it does after a wait is another item.
#include <cstddef>
#include <cstdint>

#include <sluice/detail/stillness.hpp>
#include <sluice/detail/timer_heap.hpp>
#include <sluice/detail/work_pool.hpp>
#include <stillness/stillness_subject.hpp>

namespace sluice::models {

template <class Engine, class How>
struct stillness_wait_clients {
  using platform = typename Engine::platform;
  using time_point = typename platform::time_point;
  using heap = detail::timer_heap<platform>;
  using stillness = detail::stillness<typename How::template platform<platform>>;
  using count = typename platform::template atomic<std::uint32_t>;

  // Thread 0 waits for the tasks, and then ends all; thread 1 is the worker.
  struct one_worker {
    static constexpr unsigned threads = 2;
    struct item {
      typename platform::template var<item*> pool_next{nullptr};
    };
    struct around : around_no_clock {
      explicit around(const one_worker& a) : all(a) {}
      const one_worker& all;
      bool nothing_lies() const { return all.pool.empty(); }
    };

    detail::work_pool<item, platform> pool{1, 2, {.looks = 1, .watches = 0}};
    stillness still{1};
    item first;
    item second;
    typename platform::template var<int> did{0};  // by tasks, for who waits for them
    count ended{0};

    // What the worker does; run(item) is what the task does.
    template <class Run>
    void work(Run run) {
      const auto sleeps = [this](bool now) { now ? still.one_sleeps() : still.one_works(); };
      while (item* const t = pool.next(0, sleeps)) run(*t);
    }
    void end_task() {
      did.store(did.load() + 1);
      ended.store(ended.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    // Whether a task ends; false: all wait for ever. Ends the worker.
    bool join() {
      const bool one_ends =
          ends<How>(still, [this] { return ended.load(std::memory_order_acquire) == 1; }, around(*this));
      pool.close();
      return one_ends;
    }
    void finish() {}
  };

  struct ended : one_worker {
    static constexpr const char* name = "ended";
    static constexpr const char* property = "who waits for a task goes on once it has ended, and sees what it did";
    void thread(unsigned index) {
      if (index == 1) return this->work([this](auto&) { this->end_task(); });
      this->pool.push(&this->first);
      Engine::require(this->join(), "it ends");
      Engine::require(this->did.load() == 1, "what it did is seen");
    }
  };
  struct waits : one_worker {
    static constexpr const char* name = "waits";
    static constexpr const char* property = "a task that waits for nobody is reported";
    void thread(unsigned index) {
      if (index == 1) return this->work([](auto&) {});
      this->pool.push(&this->first);
      Engine::require(!this->join(), "it waits for ever");
    }
  };
  struct passes_on : one_worker {
    static constexpr const char* name = "passes_on";
    static constexpr const char* property = "what a task makes ready before it waits is no deadlock";
    void thread(unsigned index) {
      if (index == 1)
        return this->work([this](auto& t) {
          if (&t == &this->second) return this->end_task();
          this->pool.push_next(0, &this->second);
        });
      this->pool.push(&this->first);
      Engine::require(this->join(), "it ends");
    }
  };
  // main of a program that leaves a task behind. It says that it has ended, and only then goes to sleep.
  struct leaves_one_behind : one_worker {
    static constexpr const char* name = "leaves_one_behind";
    static constexpr const char* property = "a task that ends while another one waits for ever is found to have ended";
    void thread(unsigned index) {
      if (index == 1)
        return this->work([this](auto&) {
          this->end_task();
          this->still.nudge();
        });
      this->pool.push(&this->first);
      Engine::require(this->join(), "it ends");
    }
  };

  // Two workers, that go to sleep at the same time.
  struct last_of_two {
    static constexpr const char* name = "last_of_two";
    static constexpr const char* property = "the last one that goes to sleep tells who waits that nothing goes on";
    static constexpr unsigned threads = 3;
    static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }
    stillness still{2};
    void thread(unsigned index) {
      if (index != 0) return still.one_sleeps();
      Engine::require(!ends<How>(still, never, around_no_clock{}), "they wait for ever");
    }
    void finish() {}
  };

  // Nothing but the two of them is there. Who is told of the deadlock lets the other one go on.
  struct two_wait {
    static constexpr const char* name = "two_wait";
    static constexpr const char* property = "of two threads that wait, and no others, one is told that nothing goes on";
    static constexpr unsigned threads = 2;
    static constexpr unsigned role(unsigned) { return 0; }
    struct around : around_no_clock {
      bool only_tasks() const { return false; }
      bool nobody_else(std::size_t waiting) const { return waiting == 2; }
    };
    detail::stillness<platform, timeless_platform<platform>> still{1};
    count told{0};

    two_wait() { still.one_sleeps(); }
    void thread(unsigned) {
      if (ends<How>(still, [this] { return told.load(std::memory_order_acquire) != 0; }, around{})) return;
      told.store(1, std::memory_order_release);
      still.nudge();
    }
    void finish() { Engine::require(told.load(std::memory_order_relaxed) == 1, "one was told"); }
  };

  // A thread that has done all that it ever does is counted once more.
  struct ends_while_counted {
    static constexpr const char* name = "ends_while_counted";
    static constexpr const char* property = "a deadlock is found though a thread that is about to end was counted";
    static constexpr unsigned threads = 2;
    struct around : around_no_clock {
      bool only_tasks() const { return false; }
      bool nobody_else(std::size_t) const { return counted++ != 0; }
      mutable unsigned counted = 0;
    };
    stillness still{1};
    void thread(unsigned index) {
      if (index == 1) return still.one_sleeps();
      Engine::require(!ends<How>(still, never, around{}), "it waits for ever");
    }
    void finish() {}
  };

  // A thread stops the only timer, of which the clock does not hear.
  struct stops_a_timer {
    static constexpr const char* name = "stops_a_timer";
    static constexpr const char* property = "a deadlock is found though a timer was armed that somebody stopped";
    static constexpr unsigned threads = 2;
    struct around : around_no_clock {
      bool clocks_rest() const { return looks++ != 0; }
      mutable unsigned looks = 0;
    };
    stillness still{1};
    void thread(unsigned index) {
      if (index == 1) return still.one_sleeps();
      Engine::require(!ends<How>(still, never, around{}), "it waits for ever");
    }
    void finish() {}
  };

  // What fires makes nobody go on.
  struct in_vain : heap::timer {
    static constexpr const char* name = "in_vain";
    static constexpr const char* property =
        "a clock that makes nobody go on comes to rest, and then a deadlock is found";
    static constexpr unsigned threads = 2;
    struct around : around_no_clock {
      explicit around(const in_vain& a) : all(a) {}
      const in_vain& all;
      bool clocks_rest() const { return all.times.at_rest(); }
      std::uint64_t clock_did() const { return all.fires.load(std::memory_order_acquire); }
    };
    heap times;
    count fires{0};
    detail::stillness<platform, timeless_platform<platform>> still{1};

    in_vain() : heap::timer(&fired) {
      times.arm(*this, platform::now());
      still.one_sleeps();
    }
    static time_point fired(typename heap::timer&, time_point) { return platform::no_deadline; }
    void thread(unsigned index) {
      if (index == 1)
        return times.run([this] { fires.store(fires.load(std::memory_order_relaxed) + 1, std::memory_order_release); },
                         [this] { still.nudge(); });
      Engine::require(!ends<How>(still, never, around(*this)), "it waits for ever");
      times.stop();
    }
    void finish() {}
  };
};

}  // namespace sluice::models
