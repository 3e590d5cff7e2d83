// SPDX-License-Identifier: BSL-1.0
#pragma once
// Clients of whatever locks: mutual exclusion, giving up, destruction by the next owner. A lost wake-up is a deadlock of
// the client. `Lock` has lock, try_lock, try_lock_until, lock_or_stop and unlock; plain data stands for what it guards.
#include <memory>
#include <new>

namespace sluice::kit {

// Every thread locks, adds, unlocks, `Rounds` times; what is not excluded is a data race.
template <class Engine, class Lock, unsigned Threads, unsigned Rounds>
struct everyone_gets_in {
  using platform = typename Engine::platform;
  static constexpr const char* property = "one at a time, each sees what the one before did, and all get in";
  static constexpr unsigned threads = Threads;
  static constexpr unsigned role(unsigned) { return 0; }

  Lock guard;
  typename platform::template var<int> sum{0};

  void thread(unsigned) {
    for (unsigned i = 0; i != Rounds; ++i) {
      guard.lock();
      sum.store(sum.load() + 1);
      guard.unlock();
    }
  }
  void finish() { Engine::require(sum.load() == int{Threads * Rounds}, "nothing was overwritten"); }
};

// One that is about to fall asleep, while those that were awake come and go until the lock looks as it did before.
template <class Engine, class Lock>
struct falling_asleep_late {
  using platform = typename Engine::platform;
  static constexpr const char* property = "who falls asleep late is woken, though the lock came and went meanwhile";
  static constexpr unsigned threads = 3;

  Lock guard;
  typename platform::template var<int> sum{0};
  int got = 0;

  void thread(unsigned index) {
    guard.lock();
    add();
    if (index == 1) {
      guard.lock();
      add();
    }
    for (int i = 0; index == 0 && i != 2 && guard.try_lock(); ++i) add();
  }
  void add() {
    sum.store(sum.load() + 1);
    ++got;
    guard.unlock();
  }
  void finish() { Engine::require(sum.load() == got && got >= 4, "nothing was overwritten"); }
};

// One tries, the others lock.
template <class Engine, class Lock, unsigned Threads>
struct trying_excludes_too {
  using platform = typename Engine::platform;
  static constexpr const char* property = "try_lock excludes like lock, leaves waiters their wake-ups, and never waits";
  static constexpr unsigned threads = Threads;
  static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }

  Lock guard;
  typename platform::template var<int> sum{0};
  int tried = 0;

  void thread(unsigned index) {
    if (index == 0) {
      if (!guard.try_lock()) return;
      ++tried;
    } else {
      guard.lock();
    }
    sum.store(sum.load() + 1);
    guard.unlock();
  }
  void finish() {
    Engine::require(sum.load() == int{Threads} - 1 + tried, "who got in counted");
    Engine::require(guard.try_lock(), "nobody holds it in the end");
    guard.unlock();
  }
};

// Thread 0 may give up at any moment that it sleeps; the others must get in whether it does or not.
template <class Engine, class Lock, unsigned Threads, unsigned Rounds, bool Stop>
struct giving_up_costs_nobody {
  using platform = typename Engine::platform;
  static constexpr const char* property = Stop ? "a lock that is stopped takes nobody's wake-up or inheritance with it"
                                               : "a lock that times out takes nobody's wake-up or inheritance with it";
  static constexpr unsigned threads = Threads + (Stop ? 1 : 0);
  static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : index == Threads ? 2 : 1; }

  Lock guard;
  typename platform::template var<int> sum{0};
  typename platform::stop_source stop;
  int got = 0;

  void thread(unsigned index) {
    if (index == Threads) {
      stop.request_stop();
    } else if (index == 0) {
      if (!(Stop ? guard.lock_or_stop(stop.get_token()) : guard.try_lock_until(platform::now()))) return;
      ++got;
      add();
    } else {
      for (unsigned i = 0; i != Rounds; ++i) {
        guard.lock();
        add();
      }
    }
  }
  void add() {
    sum.store(sum.load() + 1);
    guard.unlock();
  }
  void finish() {
    Engine::require(sum.load() == int{(Threads - 1) * Rounds} + got, "who got in counted");
    Engine::require(guard.try_lock(), "nobody holds it in the end");
    guard.unlock();
  }
};

// Two may give up, each in its own way, while the third one holds the lock and asks one of them to.
template <class Engine, class Lock>
struct two_ways_to_give_up {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a time-out beside a stop: who gives up costs the other nothing";
  static constexpr unsigned threads = 3;

  Lock guard;
  typename platform::template var<int> sum{0};
  typename platform::stop_source stop;
  int got = 0;

  void thread(unsigned index) {
    if (index == 2) {
      guard.lock();
      stop.request_stop();
    } else if (!(index == 0 ? guard.try_lock_until(platform::now()) : guard.lock_or_stop(stop.get_token()))) {
      return;
    }
    ++got;
    sum.store(sum.load() + 1);
    guard.unlock();
  }
  void finish() {
    Engine::require(sum.load() == got, "who got in counted");
    Engine::require(guard.try_lock(), "nobody holds it in the end");
    guard.unlock();
  }
};

// An object with a mutex and a count in it, destroyed by whoever takes the count to zero: its unlock has returned, the
// others' may not have.
template <class Engine, class Lock, unsigned Threads>
struct next_owner_may_destroy {
  using platform = typename Engine::platform;
  static constexpr const char* property = "unlock touches nothing once another thread can have the lock";
  static constexpr unsigned threads = Threads;
  static constexpr unsigned role(unsigned) { return 0; }

  struct counted {
    Lock guard;
    typename platform::template var<int> users{int{Threads}};
  };
  typename platform::template allocator<counted> memory;
  counted* shared = ::new (static_cast<void*>(memory.allocate(1))) counted;
  int destroyed = 0;

  void thread(unsigned) {
    counted* const mine = shared;
    mine->guard.lock();
    const int left = mine->users.load() - 1;
    mine->users.store(left);
    mine->guard.unlock();
    if (left != 0) return;
    std::destroy_at(mine);
    memory.deallocate(mine, 1);
    ++destroyed;
  }
  void finish() { Engine::require(destroyed == 1, "the last user destroyed it"); }
};

}  // namespace sluice::kit
