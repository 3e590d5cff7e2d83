// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of semaphore. Each client: one property, bounds in its shape.
#include <memory>
#include <new>

#include <sluice/semaphore.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::models {

template <class Engine>
struct semaphore_clients {
  using platform = typename Engine::platform;
  using semaphore = basic_semaphore<platform>;
  using group = basic_wait_group<platform>;
  using number = typename platform::template var<int>;

  // All units at a time, so that it is a mutex.
  template <unsigned Threads>
  struct all_units {
    static constexpr const char* property = "who has all units is alone, sees what was done before, and all get them";
    static constexpr unsigned threads = Threads;
    static constexpr unsigned role(unsigned) { return 0; }

    semaphore units{2};
    number sum{0};

    void thread(unsigned) {
      units.acquire(2);
      sum.store(sum.load() + 1);
      units.release(2);
    }
    void finish() {
      Engine::require(sum.load() == int{Threads}, "nothing was overwritten");
      Engine::require(units.try_acquire(2), "all units are back");
    }
  };
  struct two_take_all : all_units<2> {
    static constexpr const char* name = "two_take_all";
  };
  struct three_take_all : all_units<3> {
    static constexpr const char* name = "three_take_all";
    static constexpr bool by_states = true;
  };

  struct tried {
    static constexpr const char* name = "tried";
    static constexpr const char* property = "try_acquire excludes like acquire, and never waits";
    static constexpr unsigned threads = 2;

    semaphore units{2};
    number sum{0};
    int got = 1;

    void thread(unsigned index) {
      if (index == 0)
        units.acquire(2);
      else if (!units.try_acquire(2))
        return;
      sum.store(sum.load() + 1);
      if (index != 0) ++got;
      units.release(2);
    }
    void finish() {
      Engine::require(sum.load() == got, "nothing was overwritten");
      Engine::require(units.try_acquire(2), "all units are back");
    }
  };

  // One release serves two sleepers.
  struct one_release_serves_two {
    static constexpr const char* name = "one_release_serves_two";
    static constexpr bool by_states = true;
    static constexpr const char* property = "a release wakes as many as its units suffice for";
    static constexpr unsigned threads = 3;

    semaphore units{2};

    one_release_serves_two() { Engine::require(units.try_acquire(2), "they are free to begin with"); }
    void thread(unsigned index) {
      if (index == 0)
        units.release(2);
      else
        units.acquire(1);
    }
    void finish() { Engine::require(!units.try_acquire(1), "both have theirs"); }
  };

  // Thread 0 wants more than is free and may give up; thread 1, behind it, wants what is free.
  template <bool Stop>
  struct first_gives_up {
    static constexpr const char* property =
        "the first in the queue that gives up does not keep those behind it waiting";
    static constexpr unsigned threads = Stop ? 3 : 2;

    semaphore units{2};
    typename platform::stop_source stop;
    bool took_two = false;

    first_gives_up() { Engine::require(units.try_acquire(1), "they are free to begin with"); }
    void thread(unsigned index) {
      if (index == 2) {
        stop.request_stop();
      } else if (index == 0) {
        took_two = Stop ? units.acquire_or_stop(2, stop.get_token()) : units.try_acquire_until(2, platform::now());
        Engine::require(!took_two, "there are never two");
      } else {
        units.acquire(1);
      }
    }
    void finish() { Engine::require(!units.try_acquire(1), "the second one has the unit that was free"); }
  };
  struct first_times_out : first_gives_up<false> {
    static constexpr const char* name = "first_times_out";
  };
  struct first_is_stopped : first_gives_up<true> {
    static constexpr const char* name = "first_is_stopped";
  };

  struct timed_out_or_granted {
    static constexpr const char* name = "timed_out_or_granted";
    static constexpr const char* property = "a time-out that races with a release loses no unit";
    static constexpr unsigned threads = 2;

    semaphore units{1};
    bool got = false;

    timed_out_or_granted() { Engine::require(units.try_acquire(1), "it is free to begin with"); }
    void thread(unsigned index) {
      if (index == 0)
        units.release(1);
      else
        got = units.try_acquire_until(1, platform::now());
    }
    void finish() { Engine::require(units.try_acquire(1) != got, "the unit is where it is said to be"); }
  };

  struct timed_beside_stopped {
    static constexpr const char* name = "timed_beside_stopped";
    static constexpr bool by_states = true;
    static constexpr const char* property = "of one who times out and one who is stopped at most one gets the unit";
    static constexpr unsigned threads = 3;

    semaphore units{1};
    typename platform::stop_source stop;
    bool first = false;
    bool second = false;

    timed_beside_stopped() { Engine::require(units.try_acquire(1), "it is free to begin with"); }
    void thread(unsigned index) {
      if (index == 0) {
        stop.request_stop();
        units.release(1);
      } else if (index == 1) {
        first = units.try_acquire_until(1, platform::now());
      } else {
        second = units.acquire_or_stop(1, stop.get_token());
      }
    }
    void finish() {
      Engine::require(!first || !second, "there is but one");
      Engine::require(units.try_acquire(1) == (!first && !second), "the unit is where it is said to be");
    }
  };

  struct destroyed_by_the_granted {
    static constexpr const char* name = "destroyed_by_the_granted";
    static constexpr const char* property = "release touches nothing once those that it serves are awake";
    static constexpr unsigned threads = 2;

    typename platform::template allocator<semaphore> memory;
    semaphore* units = ::new (static_cast<void*>(memory.allocate(1))) semaphore(1);

    destroyed_by_the_granted() { Engine::require(units->try_acquire(1), "it is free to begin with"); }
    void thread(unsigned index) {
      semaphore* const mine = units;
      if (index == 0) return mine->release(1);
      mine->acquire(1);
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
    }
    void finish() {}
  };
};

}  // namespace sluice::models
