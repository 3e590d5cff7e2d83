// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of cond. Each client: one property, bounds in its shape. The list's mutex is under check with it.
#include <memory>
#include <new>

#include <sluice/cond.hpp>
#include <sluice/mutex.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::models {

template <class Engine>
struct cond_clients {
  using platform = typename Engine::platform;
  using mutex = basic_mutex<platform>;
  using cond = basic_cond<platform>;
  using number = typename platform::template var<int>;

  template <unsigned Waiters, bool All>
  struct wakes {
    static constexpr const char* property =
        All ? "one notify_all wakes everybody who waits for what was changed before it"
            : "as many notify_one as waiters wake them all";
    static constexpr unsigned threads = Waiters + 1;
    static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }

    mutex guard;
    cond changed;
    number ready{0};

    void thread(unsigned index) {
      guard.lock();
      if (index != 0) {
        changed.wait(guard, [this] { return ready.load() != 0; });
        guard.unlock();
        return;
      }
      ready.store(1);
      guard.unlock();
      if (All)
        changed.notify_all();
      else
        for (unsigned i = 0; i != Waiters; ++i) changed.notify_one();
    }
    void finish() {}
  };
  struct one_wakes_one : wakes<1, false> {
    static constexpr const char* name = "one_wakes_one";
  };
  struct all_wakes_two : wakes<2, true> {
    static constexpr const char* name = "all_wakes_two";
    static constexpr bool by_states = true;
  };
  struct two_wake_two : wakes<2, false> {
    static constexpr const char* name = "two_wake_two";
    static constexpr bool by_states = true;
  };

  // What one hands to the other, to and fro.
  struct to_and_fro {
    static constexpr const char* name = "to_and_fro";
    static constexpr const char* property = "two threads that wait for each other's turn both go on";
    static constexpr unsigned threads = 2;

    mutex guard;
    cond turned;
    number turn{0};

    void thread(unsigned index) {
      for (int i = static_cast<int>(index); i < 3; i += 2) {
        guard.lock();
        turned.wait(guard, [&] { return turn.load() == i; });
        turn.store(i + 1);
        turned.notify_one();
        guard.unlock();
      }
    }
    void finish() { Engine::require(turn.load() == 3, "every turn was taken"); }
  };

  // One signal, sent while the first waiter waits; a second waiter comes after it and must not take it.
  struct late_comers_steal_nothing {
    static constexpr const char* name = "late_comers_steal_nothing";
    static constexpr bool by_states = true;
    static constexpr const char* property = "a signal goes to who waited before it, whoever comes after";
    static constexpr unsigned threads = 3;

    mutex guard;
    cond changed;
    basic_wait_group<platform> before{1};
    basic_wait_group<platform> after{1};

    void thread(unsigned index) {
      if (index == 1) before.wait();
      if (index == 2) after.wait();
      guard.lock();
      if (index == 0) {
        before.done();
        changed.wait(guard);  // no predicate: it needs the signal
      } else if (index == 1) {
        changed.notify_one();
        after.done();
      } else {
        Engine::require(!changed.wait_until(guard, platform::now()), "a late-comer is not notified");
      }
      guard.unlock();
    }
    void finish() {}
  };

  template <bool Stop>
  struct giving_up_costs_nobody {
    static constexpr const char* property = "a wait that gives up takes no other's signal with it";
    static constexpr unsigned threads = Stop ? 4 : 3;

    mutex guard;
    cond changed;
    number ready{0};
    typename platform::stop_source stop;

    void thread(unsigned index) {
      if (index == 3) {
        stop.request_stop();
        return;
      }
      guard.lock();
      if (index == 0) {
        ready.store(1);
        changed.notify_one();
      } else if (index == 1) {
        // It passes a signal on that it has no use for.
        if (ready.load() == 0 &&
            (Stop ? changed.wait_or_stop(guard, stop.get_token()) : changed.wait_until(guard, platform::now())))
          changed.notify_one();
      } else {
        changed.wait(guard, [this] { return ready.load() != 0; });
      }
      guard.unlock();
    }
    void finish() {}
  };
  struct timed : giving_up_costs_nobody<false> {
    static constexpr const char* name = "timed";
    static constexpr bool by_states = true;
  };
  struct stopped : giving_up_costs_nobody<true> {
    static constexpr const char* name = "stopped";
  };

  struct timed_out_or_notified {
    static constexpr const char* name = "timed_out_or_notified";
    static constexpr const char* property =
        "a time-out that races with a signal answers for one of them and leaves no trace";
    static constexpr unsigned threads = 2;

    mutex guard;
    cond changed;
    number signalled{0};

    void thread(unsigned index) {
      guard.lock();
      if (index == 0) {
        signalled.store(1);
        changed.notify_one();
      } else if (changed.wait_until(guard, platform::now())) {
        Engine::require(signalled.load() == 1, "who was notified sees why");
      }
      guard.unlock();
    }
    void finish() {}
  };

  struct timed_beside_stopped {
    static constexpr const char* name = "timed_beside_stopped";
    static constexpr const char* property =
        "of one who may time out and one who may be stopped each goes on, and who was notified sees why";
    static constexpr unsigned threads = 3;

    mutex guard;
    cond changed;
    number signalled{0};
    typename platform::stop_source stop;

    void thread(unsigned index) {
      guard.lock();
      if (index == 0) {
        signalled.store(1);
        changed.notify_one();
        stop.request_stop();
      } else if (signalled.load() == 0) {
        const bool notified =
            index == 1 ? changed.wait_until(guard, platform::now()) : changed.wait_or_stop(guard, stop.get_token());
        Engine::require(!notified || signalled.load() == 1, "who was notified sees why");
      }
      guard.unlock();
    }
    void finish() {}
  };

  // The waiter that was notified destroys the cond, and the notifier is on its way out.
  struct destroyed_by_the_waiter {
    static constexpr const char* name = "destroyed_by_the_waiter";
    static constexpr const char* property = "a notification touches nothing of the cond once its waiter is awake";
    static constexpr unsigned threads = 2;

    mutex guard;
    typename platform::template allocator<cond> memory;
    cond* changed = ::new (static_cast<void*>(memory.allocate(1))) cond;
    basic_wait_group<platform> waiting{1};
    bool destroyed = false;

    void thread(unsigned index) {
      cond* const mine = changed;
      if (index == 0) {
        guard.lock();
        waiting.done();
        mine->wait(guard);
        guard.unlock();
        destroy(mine);
      } else {
        waiting.wait();
        guard.lock();  // so the waiter sleeps, or is about to
        guard.unlock();
        mine->notify_all();
      }
    }
    void destroy(cond* mine) {
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
      destroyed = true;
    }
    void finish() { Engine::require(destroyed, "the waiter was notified"); }
  };
};

}  // namespace sluice::models
