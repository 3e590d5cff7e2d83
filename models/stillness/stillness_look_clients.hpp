// SPDX-License-Identifier: BSL-1.0
#pragma once
// Clients of stillness in which a thread looks once, at some moment, while others go on. The pool has room for one item.
#include <cstddef>
#include <cstdint>

#include <sluice/detail/clock.hpp>
#include <sluice/detail/stillness.hpp>
#include <sluice/detail/timer_heap.hpp>
#include <stillness/stillness_subject.hpp>

namespace sluice::models {

template <class Engine, class How>
struct stillness_look_clients {
  using platform = typename Engine::platform;
  using time_point = typename platform::time_point;
  using heap = detail::timer_heap<platform>;
  using clock = detail::clock<platform>;
  using stillness = detail::stillness<typename How::template platform<platform>>;
  using count = typename platform::template atomic<std::uint32_t>;

  // Thread 0 looks; thread 1, whose wait thread 2 ends, then wakes the task that is left, and goes.
  struct waits_no_longer {
    static constexpr const char* name = "waits_no_longer";
    static constexpr const char* property = "one who has what he waited for, and has not gone on yet, may wake a task";
    static constexpr unsigned threads = 3;
    struct around : around_no_clock {
      explicit around(const waits_no_longer& a) : all(a) {}
      const waits_no_longer& all;
      bool nothing_lies() const { return all.woken.load(std::memory_order_acquire) == 0; }
      bool only_tasks() const { return false; }
      bool nobody_else(std::size_t waiting) const { return all.alive.load(std::memory_order_acquire) == waiting; }
    };
    stillness still{1};
    count first{0};  // has ended
    count woken{0};
    count alive{1};  // but for who looks

    void thread(unsigned index) {
      if (index == 0) {
        Engine::require(!is_taken_for_the_end<How>(still, never, around(*this)), "it is woken");
      } else if (index == 1) {
        Engine::require(ends<How>(
                            still, [this] { return first.load(std::memory_order_acquire) != 0; }, around_no_clock{}),
                        "it ends");
        woken.store(1, std::memory_order_release);
        alive.store(0, std::memory_order_release);
      } else {
        first.store(1, std::memory_order_release);
        still.one_sleeps();
      }
    }
    void finish() {}
  };

  // What a pool says of itself, with room for one item: who comes for it finds what was done before it was put there, and who finds
  // it gone knows that who took it was awake.
  class one_place {
   public:
    void push() {
      has_.store(1, std::memory_order_release);
      platform::wake_one(has_);
    }
    template <class Quiet>
    void next(Quiet quiet) {
      while (has_.load(std::memory_order_acquire) == 0) {
        quiet(true);
        platform::wait(has_, 0);
        quiet(false);
      }
      has_.store(0, std::memory_order_release);
    }
    bool empty() const { return has_.load(std::memory_order_acquire) == 0; }

   private:
    count has_{0};
  };

  // Thread 0 looks, thread 1 is a worker, whose task waits for one that puts something into the pool.
  struct with_one_place {
    static constexpr unsigned threads = 3;
    struct around : around_no_clock {
      explicit around(const with_one_place& a) : all(a) {}
      const with_one_place& all;
      bool nothing_lies() const { return all.pool.empty(); }
    };
    one_place pool;
    stillness still{1};
    count ended{0};

    void work() {
      pool.next([this](bool now) { now ? still.one_sleeps() : still.one_works(); });
      ended.store(1, std::memory_order_release);
    }
    template <class Around>
    void look(const Around& what) {
      Engine::require(!is_taken_for_the_end<How>(still, [this] { return has_ended(); }, what), "it goes on");
    }
    bool has_ended() const { return ended.load(std::memory_order_acquire) == 1; }
    void finish() {}
  };

  // Thread 2 is the clock. The task waits for a time, and goes on once it has come.
  struct clocked : with_one_place, heap::timer {
    heap times;
    struct around : with_one_place::around {
      explicit around(const clocked& a) : with_one_place::around(a), clock(a.times) {}
      const heap& clock;
      bool clocks_rest() const { return clock.at_rest(); }
    };

    clocked() : heap::timer(&fired) {}
    static time_point fired(typename heap::timer& t, time_point) {
      static_cast<clocked&>(t).pool.push();
      return platform::no_deadline;
    }
    template <class Start>
    void run(unsigned index, Start start) {
      if (index == 0) return this->look(around(*this));
      if (index == 2) return times.run();
      start();
      this->work();
      times.stop();
      this->still.one_sleeps();
    }
  };
  struct sleeps : clocked {
    static constexpr const char* name = "sleeps";
    static constexpr const char* property = "a task that waits for a time is no deadlock, nor when it has come";
    void thread(unsigned index) {
      this->run(index, [this] { this->times.arm(*this, platform::now()); });
    }
  };
  struct reset : clocked {
    static constexpr const char* name = "reset";
    static constexpr const char* property = "a task that stops a timer, arms it again and waits for it is no deadlock";
    reset() { this->times.arm(*this, platform::no_deadline); }
    void thread(unsigned index) {
      this->run(index, [this] {
        Engine::require(this->times.disarm(*this), "it cannot have fired");
        this->times.arm(*this, platform::now());
      });
    }
  };

  // A thread wakes the task, and has gone when threads are counted.
  struct by_a_thread : with_one_place {
    static constexpr const char* name = "by_a_thread";
    static constexpr const char* property = "what a thread does that has gone meanwhile is not overlooked";
    struct around : with_one_place::around {
      explicit around(const by_a_thread& a) : with_one_place::around(a), others(a.others) {}
      const count& others;
      bool only_tasks() const { return false; }
      // Who looks is in no list, so it is asked here whether it ended.
      bool nobody_else(std::size_t) const {
        return !this->all.has_ended() && others.load(std::memory_order_acquire) == 0;
      }
    };
    count others{1};

    void thread(unsigned index) {
      if (index == 0) return this->look(around(*this));
      if (index == 1) {
        this->work();
        return this->still.one_sleeps();
      }
      this->pool.push();
      others.store(0, std::memory_order_release);
    }
  };

  // Two workers. The one that is awake leaves something for the other one, and goes to sleep.
  struct handed_over {
    static constexpr const char* name = "handed_over";
    static constexpr const char* property =
        "one who awakes while the last one that was awake goes to sleep is not overlooked";
    static constexpr unsigned threads = 3;
    struct around : around_no_clock {
      explicit around(const one_place& p) : pool(p) {}
      const one_place& pool;
      bool nothing_lies() const { return pool.empty(); }
    };
    one_place pool;
    stillness still{2};
    count ended{0};

    handed_over() { still.one_sleeps(); }
    void thread(unsigned index) {
      if (index == 0) {
        const auto done = [this] { return ended.load(std::memory_order_acquire) == 1; };
        Engine::require(!is_taken_for_the_end<How>(still, done, around(pool)), "it goes on");
      } else if (index == 1) {
        pool.push();
        still.one_sleeps();
      } else {
        still.one_works();
        pool.next([this](bool now) { now ? still.one_sleeps() : still.one_works(); });
        ended.store(1, std::memory_order_release);
        still.one_sleeps();
      }
    }
    void finish() {}
  };

  // All that is done by others than tasks is thread 1's, one thing after the other: a thread arms the clock, and goes; the clock fires.
  // What comes of it wakes a task, for which no worker comes: so there is no moment at which nothing goes on.
  struct by_the_clock : clock::sequel, clock::timer {
    static constexpr unsigned threads = 2;
    struct around : around_no_clock {
      explicit around(by_the_clock& a) : all(a) {}
      by_the_clock& all;
      bool clocks_rest() const { return all.times.timers().at_rest(); }
      std::uint64_t clock_did() const { return all.times.has_made_happen(); }
      bool nothing_lies() const { return all.pool.empty(); }
      bool only_tasks() const { return false; }
      bool nobody_else(std::size_t) const { return all.others.load(std::memory_order_acquire) == 0; }
    };
    clock times{};
    one_place pool;
    stillness still{1};
    count others{1};

    by_the_clock() : clock::timer(&fired) { still.one_sleeps(); }
    static time_point fired(typename clock::timer& t, time_point) {
      auto& self = static_cast<by_the_clock&>(t);
      self.times.later(self);
      return platform::no_deadline;
    }
    void look() { Engine::require(!is_taken_for_the_end<How>(still, never, around(*this)), "it goes on"); }
    void arm_and_go() {
      times.timers().arm(*this, platform::now());
      others.store(0, std::memory_order_release);
      times.step();
    }
    void finish() {}
  };
  struct arms_and_goes final : by_the_clock {
    static constexpr const char* name = "arms_and_goes";
    static constexpr const char* property =
        "a clock that a thread has armed which has gone meanwhile is not overlooked";
    void come() override { this->pool.push(); }
    void thread(unsigned index) {
      if (index == 0) return this->look();
      this->arm_and_go();
    }
  };
  // The clock starts another thread, as after_func does.
  struct starts_another final : by_the_clock {
    static constexpr const char* name = "starts_another";
    static constexpr const char* property = "a thread that the clock has started while it was looked is not overlooked";
    void come() override { this->others.store(1, std::memory_order_release); }
    void thread(unsigned index) {
      if (index == 0) return this->look();
      this->arm_and_go();
      this->pool.push();
      this->others.store(0, std::memory_order_release);
    }
  };
};

}  // namespace sluice::models
