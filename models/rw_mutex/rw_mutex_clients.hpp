// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of rw_mutex. Each client: one property, bounds in its shape.
#include <clients/lock_clients.hpp>

#include <memory>
#include <new>

#include <sluice/rw_mutex.hpp>

namespace sluice::models {

template <class Engine>
struct rw_mutex_clients {
  using platform = typename Engine::platform;
  using lock = basic_rw_mutex<platform>;
  using number = typename platform::template var<int>;

  struct two_writers : kit::everyone_gets_in<Engine, lock, 2, 1> {
    static constexpr const char* name = "two_writers";
  };
  struct tried_writing : kit::trying_excludes_too<Engine, lock, 2> {
    static constexpr const char* name = "tried_writing";
  };
  struct timed_writers : kit::giving_up_costs_nobody<Engine, lock, 2, 1, false> {
    static constexpr const char* name = "timed_writers";
  };
  struct stopped_writer : kit::giving_up_costs_nobody<Engine, lock, 2, 1, true> {
    static constexpr const char* name = "stopped_writer";
  };
  struct timed_writer_beside_a_stopped : kit::two_ways_to_give_up<Engine, lock> {
    static constexpr const char* name = "timed_writer_beside_a_stopped";
    static constexpr bool by_states = true;
  };
  struct destroyed_by_the_next_writer : kit::next_owner_may_destroy<Engine, lock, 2> {
    static constexpr const char* name = "destroyed_by_the_next_writer";
  };

  // Each writer adds one, `Rounds` times; readers read twice under one lock.
  template <unsigned Writers, unsigned Readers, unsigned Rounds>
  struct both_sides {
    static constexpr const char* property =
        "writers exclude everybody, readers see whole writes that stand still, and all get in";
    static constexpr unsigned threads = Writers + Readers;
    static constexpr unsigned role(unsigned index) { return index < Writers ? 0 : 1; }

    lock guard;
    number sum{0};

    void thread(unsigned index) {
      for (unsigned i = 0; i != Rounds; ++i) {
        if (index < Writers) {
          guard.lock();
          sum.store(sum.load() + 1);
          guard.unlock();
        } else {
          guard.lock_shared();
          const int first = sum.load();
          Engine::require(first == sum.load(), "nobody writes beside a reader");
          guard.unlock_shared();
        }
      }
    }
    void finish() { Engine::require(sum.load() == int{Writers * Rounds}, "nothing was overwritten"); }
  };
  struct writer_and_reader : both_sides<1, 1, 2> {
    static constexpr const char* name = "writer_and_reader";
  };
  struct writer_and_readers : both_sides<1, 2, 1> {
    static constexpr const char* name = "writer_and_readers";
  };
  struct writers_and_reader : both_sides<2, 1, 1> {
    static constexpr const char* name = "writers_and_reader";
  };
  struct writers_and_readers : both_sides<2, 2, 1> {
    static constexpr const char* name = "writers_and_readers";
    static constexpr bool by_states = true;
  };

  struct tried_reading {
    static constexpr const char* name = "tried_reading";
    static constexpr const char* property = "try_lock_shared excludes writers like lock_shared, and never waits";
    static constexpr unsigned threads = 2;

    lock guard;
    number sum{0};

    void thread(unsigned index) {
      if (index == 0) {
        guard.lock();
        sum.store(1);
        guard.unlock();
      } else if (guard.try_lock_shared()) {
        static_cast<void>(sum.load());
        guard.unlock_shared();
      }
    }
    void finish() {}
  };

  // Thread 0 reads, thread 1 wants to write and may give up, thread 2 wants to read: held back by 1, it must get in.
  template <bool Stop, bool SecondWriter>
  struct writer_gives_up {
    static constexpr const char* property =
        "readers held back by a writer that gives up get in, and see the last write";
    static constexpr unsigned threads = 3 + (Stop ? 1 : 0);

    lock guard;
    number sum{0};
    typename platform::stop_source stop;
    int written = 0;

    void thread(unsigned index) {
      if (index == 3) {
        stop.request_stop();
      } else if (index == 1) {
        if (!(Stop ? guard.lock_or_stop(stop.get_token()) : guard.try_lock_until(platform::now()))) return;
        add();
      } else if (index == 0 && SecondWriter) {
        guard.lock();
        add();
      } else {
        guard.lock_shared();
        static_cast<void>(sum.load());
        guard.unlock_shared();
      }
    }
    void add() {
      sum.store(sum.load() + 1);
      ++written;
      guard.unlock();
    }
    void finish() {
      Engine::require(guard.try_lock() && sum.load() == written, "nobody holds it in the end");
      guard.unlock();
    }
  };
  struct timed_writer_before_a_reader : writer_gives_up<false, false> {
    static constexpr const char* name = "timed_writer_before_a_reader";
  };
  struct timed_writer_between : writer_gives_up<false, true> {
    static constexpr const char* name = "timed_writer_between";
  };
  struct stopped_writer_before_a_reader : writer_gives_up<true, false> {
    static constexpr const char* name = "stopped_writer_before_a_reader";
  };

  // Two turns of readers may be announced at the same time: by a writer that leaves, and by one that gives up.
  struct two_turns {
    static constexpr const char* name = "two_turns";
    static constexpr const char* property = "readers of two turns get in, in whichever order the turns are announced";
    static constexpr unsigned threads = 4;
    static constexpr unsigned role(unsigned index) { return index < 2 ? index : 2; }

    lock guard;
    number sum{0};

    void thread(unsigned index) {
      if (index == 0) {
        guard.lock();
        sum.store(sum.load() + 1);
        guard.unlock();
      } else if (index == 1) {
        if (!guard.try_lock_until(platform::now())) return;
        sum.store(sum.load() + 1);
        guard.unlock();
      } else {
        guard.lock_shared();
        static_cast<void>(sum.load());
        guard.unlock_shared();
      }
    }
    void finish() {}
  };

  struct timed_reader {
    static constexpr const char* name = "timed_reader";
    static constexpr bool by_states = true;
    static constexpr const char* property = "a reader that gives up is not counted when the readers' turn comes";
    static constexpr unsigned threads = 3;

    lock guard;
    number sum{0};

    void thread(unsigned index) {
      if (index == 0) {
        guard.lock();
        sum.store(1);
        guard.unlock();
        guard.lock();
        sum.store(2);
        guard.unlock();
      } else if (index == 1 ? guard.try_lock_shared_until(platform::now()) : (guard.lock_shared(), true)) {
        static_cast<void>(sum.load());
        guard.unlock_shared();
      }
    }
    void finish() {
      Engine::require(guard.try_lock(), "nobody is inside in the end");
      guard.unlock();
    }
  };

  // A reader that has seen the writer's last word destroys the lock while the writer is on its way out.
  struct destroyed_by_a_reader {
    static constexpr const char* name = "destroyed_by_a_reader";
    static constexpr const char* property = "unlock touches nothing once a reader can have the lock";
    static constexpr unsigned threads = 2;

    struct content {
      lock guard;
      number over{0};
    };
    typename platform::template allocator<content> memory;
    content* shared = ::new (static_cast<void*>(memory.allocate(1))) content;
    bool destroyed = false;

    void thread(unsigned index) {
      content* const mine = shared;
      if (index == 0) {
        mine->guard.lock();
        mine->over.store(1);
        mine->guard.unlock();
        return;
      }
      mine->guard.lock_shared();
      const bool over = mine->over.load() == 1;
      mine->guard.unlock_shared();
      if (over) destroy(mine);
    }
    void destroy(content* mine) {
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
      destroyed = true;
    }
    void finish() {
      if (!destroyed) destroy(shared);
    }
  };
};

}  // namespace sluice::models
