// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mutual exclusion by loads and stores alone, and a barrier, as clients: who waits looks at several words, which others write meanwhile.
#include <algorithm>

#include "structures.hpp"

namespace structures {

// Peterson's lock (1981). Store: of both words at the entry; the last of them may be an exchange (Swap), which each of the two then sees
// of the other, or the other of it, so that no seq_cst is wanted.
template <memory_order Store = seq_cst, memory_order Look = seq_cst, bool Swap = false>
struct peterson_lock {
  template <class Engine>
  struct client : counter<Engine, 2> {
    typename Engine::platform::template atomic<bool> wants[2]{false, false};
    typename Engine::platform::template atomic<unsigned> last{0};
    void thread(unsigned i) {
      wants[i].store(true, Swap ? relaxed : Store);
      if (Swap)
        static_cast<void>(last.exchange(i, Store));
      else
        last.store(i, Store);
      while (wants[1 - i].load(Look) && last.load(Look) == i) Engine::platform::pause();
      this->add();
      wants[i].store(false, release);
    }
  };
};

// Dekker's lock (as Dijkstra tells it, 1965): who is not favoured steps back.
template <memory_order Order = seq_cst>
struct dekker_lock {
  template <class Engine>
  struct client : counter<Engine, 2> {
    typename Engine::platform::template atomic<bool> wants[2]{false, false};
    typename Engine::platform::template atomic<unsigned> favoured{0};
    void thread(unsigned i) {
      wants[i].store(true, Order);
      while (wants[1 - i].load(Order)) {
        if (favoured.load(relaxed) == i) {
          Engine::platform::pause();
          continue;
        }
        wants[i].store(false, relaxed);
        while (favoured.load(relaxed) != i) Engine::platform::pause();
        wants[i].store(true, Order);
      }
      this->add();
      favoured.store(1 - i, relaxed);
      wants[i].store(false, release);
    }
  };
};

// Lamport's bakery (1974). Doorway: whether a thread says that it is about to draw a number; without it two with one number do not wait.
template <unsigned Threads, memory_order Order = seq_cst, bool Doorway = true>
struct bakery_lock {
  template <class Engine>
  struct client : counter<Engine, Threads> {
    template <class T>
    using atomic = typename Engine::platform::template atomic<T>;
    struct customer {
      atomic<bool> draws{false};
      atomic<unsigned> number{0};
    };
    customer all[Threads];
    void thread(unsigned i) {
      if (Doorway) all[i].draws.store(true, Order);
      unsigned mine = 0;
      for (const customer& c : all) mine = std::max(mine, c.number.load(Order));
      all[i].number.store(++mine, Order);
      if (Doorway) all[i].draws.store(false, Order);
      for (unsigned other = 0; other != Threads; ++other)
        if (other != i) wait_for(other, i, mine);
      this->add();
      all[i].number.store(0, release);
    }
    void wait_for(unsigned other, unsigned i, unsigned mine) {
      while (all[other].draws.load(Order)) Engine::platform::pause();
      for (;;) {
        const unsigned theirs = all[other].number.load(Order);
        if (theirs == 0 || theirs > mine || (theirs == mine && other > i)) return;
        Engine::platform::pause();
      }
    }
  };
};

// A barrier that counts who is there, and says which round it is, twice. Resets: before it lets the others go, not afterwards.
template <unsigned Threads, memory_order Come = acq_rel, memory_order Go = release, bool ResetsFirst = true>
struct sense_barrier {
  template <class Engine>
  struct client : base<Engine, Threads> {
    using platform = typename Engine::platform;
    typename platform::template atomic<unsigned> there{0};
    typename platform::template atomic<unsigned> round{0};
    struct part {
      typename platform::template var<unsigned> done{0};
    };
    part did[Threads];
    void come(unsigned to) {
      if (there.fetch_add(1, Come) + 1 != Threads) {
        while (round.load(acquire) != to) platform::pause();
        return;
      }
      if (ResetsFirst) there.store(0, relaxed);
      round.store(to, Go);
      if (!ResetsFirst) there.store(0, relaxed);
    }
    void thread(unsigned i) {
      did[i].done.store(1);
      come(1);
      for (auto& d : did) Engine::require(d.done.load() == 1, "all have come before one goes on");
      come(2);
      did[i].done.store(2);
    }
  };
};

}  // namespace structures
