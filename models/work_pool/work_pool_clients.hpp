// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of work_pool. Each client: one property, bounds in its shape. A worker that has its item does not come back,
// so that an item that lies there beside a sleeper is a deadlock.
#include <sluice/detail/work_pool.hpp>

namespace sluice::models {

template <class Engine>
struct work_pool_clients {
  using platform = typename Engine::platform;

  struct item {
    typename platform::template var<item*> pool_next{nullptr};
    typename platform::template var<int> carried{0};
  };

  template <unsigned Threads, unsigned Workers, unsigned Items>
  struct shared {
    static constexpr unsigned threads = Threads;

    explicit shared(detail::search_effort effort = {.looks = 1, .watches = 0}) : pool(Workers, 2, effort) {}

    detail::work_pool<item, platform> pool;
    item items[Items];
    unsigned taken[Items] = {};  // each by one thread, unless the property fails

    void push_outside(unsigned i) {
      items[i].carried.store(1);
      pool.push(&items[i]);
    }
    void push_own(unsigned worker, unsigned i) {
      items[i].carried.store(1);
      pool.push(worker, &items[i]);
    }
    void push_next(unsigned worker, unsigned i) {
      items[i].carried.store(1);
      pool.push_next(worker, &items[i]);
    }
    void take(unsigned worker) {
      item* const got = pool.next(worker, [](bool) {});
      Engine::require(got != nullptr, "nobody has closed it");
      Engine::require(got->carried.load() == 1, "an item comes with what was done before its push");
      ++taken[got - items];
    }
    void finish() {
      for (const unsigned times : taken) Engine::require(times == 1, "every item is taken once");
    }
  };

  struct from_outside : shared<2, 1, 1> {
    static constexpr const char* name = "from_outside";
    static constexpr const char* property = "what is put in line wakes a worker that sleeps, or is about to";
    void thread(unsigned index) {
      if (index == 1)
        this->push_outside(0);
      else
        this->take(0);
    }
  };
  struct from_another_worker : shared<2, 2, 1> {
    static constexpr const char* name = "from_another_worker";
    static constexpr const char* property = "what a worker leaves in its deque is stolen";
    void thread(unsigned index) {
      if (index == 1)
        this->push_own(1, 0);
      else
        this->take(0);
    }
  };
  struct next_of_another_worker : shared<2, 2, 1> {
    static constexpr const char* name = "next_of_another_worker";
    static constexpr const char* property = "what a worker would do next is stolen where it never comes to it";
    void thread(unsigned index) {
      if (index == 1)
        this->push_next(1, 0);
      else
        this->take(0);
    }
  };
  struct next_kept_or_stolen : shared<2, 2, 2> {
    static constexpr const char* name = "next_kept_or_stolen";
    static constexpr const char* property =
        "what is next, and what was before it, is done once, by its worker or a thief";
    void thread(unsigned index) {
      if (index == 1) {
        this->push_next(1, 0);
        this->push_next(1, 1);
      }
      this->take(index);
    }
  };
  struct next_for_a_patient_thief : shared<2, 2, 1> {
    static constexpr const char* name = "next_for_a_patient_thief";
    static constexpr const char* property = "what lies there at two looks is stolen";
    next_for_a_patient_thief() : shared<2, 2, 1>({.looks = 2, .pauses = 0, .watches = 0}) {}
    void thread(unsigned index) {
      if (index == 1)
        this->push_next(1, 0);
      else
        this->take(0);
    }
  };
  struct watched : shared<2, 2, 1> {
    static constexpr const char* name = "watched";
    static constexpr const char* property = "who watches, and is not woken for it, finds what another worker leaves";
    watched() : shared<2, 2, 1>({.looks = 1, .pauses = 0, .watches = 1}) {}
    void thread(unsigned index) {
      if (index == 1)
        this->push_own(1, 0);
      else
        this->take(0);
    }
  };
  // Two sleep or search; one notification may be all that there is for both.
  struct two_for_two : shared<3, 2, 2> {
    static constexpr const char* name = "two_for_two";
    static constexpr const char* property = "two items for two workers: neither sleeps on because of the other";
    void thread(unsigned index) {
      if (index != 2) return this->take(index);
      this->push_outside(0);
      this->push_outside(1);
    }
  };
  // The worker that pushes takes one of its own.
  struct one_kept_one_stolen : shared<2, 2, 2> {
    static constexpr const char* name = "one_kept_one_stolen";
    static constexpr const char* property = "of two items one stays with its worker and one goes to the other";
    void thread(unsigned index) {
      if (index == 1) {
        this->push_own(1, 0);
        this->push_own(1, 1);
      }
      this->take(index);
    }
  };
  struct pushed_in_turn : shared<3, 3, 2> {
    static constexpr const char* name = "pushed_in_turn";
    static constexpr const char* property = "what is pushed while somebody searches is found by another one who sleeps";
    void thread(unsigned index) {
      if (index != 2) return this->take(index);
      this->push_own(2, 0);
      this->push_own(2, 1);
    }
  };
  struct more_left_behind : shared<3, 3, 3> {
    static constexpr const char* name = "more_left_behind";
    static constexpr const char* property = "who steals and leaves more behind wakes others, who come too late or not";
    more_left_behind() : shared<3, 3, 3>({.looks = 2, .pauses = 0, .watches = 0}) {}
    void thread(unsigned index) {
      if (index == 2)
        for (unsigned i = 0; i != 3; ++i) this->push_own(2, i);
      this->take(index);
    }
  };
  // All lie on the bench of the last worker, who need not come for them.
  template <unsigned Workers, unsigned Items>
  struct left_on_a_bench : shared<2, Workers, Items> {
    explicit left_on_a_bench(detail::search_effort effort) : shared<2, Workers, Items>(effort) {
      for (unsigned i = 0; i != Items; ++i) this->push_own(Workers - 1, i);
    }
    void thread(unsigned index) { this->take(index); }
  };
  static constexpr detail::search_effort alone{.looks = 2, .pauses = 0, .watches = 0};
  static constexpr detail::search_effort with_others{.looks = 2, .pauses = 0, .watches = 0, .one_along_of = 1};
  static constexpr detail::search_effort with_another{
      .looks = 2, .pauses = 0, .watches = 0, .one_along_of = 1, .most_along = 1};

  struct stolen_on : left_on_a_bench<2, 3> {
    static constexpr const char* name = "stolen_on";
    static constexpr const char* property =
        "who stole and takes on there, without a search, takes what its worker does not take";
    stolen_on() : left_on_a_bench<2, 3>(alone) {}
    void thread(unsigned index) {
      this->take(index);
      if (index == 0) this->take(index);
    }
  };
  struct taken_along : left_on_a_bench<2, 2> {
    static constexpr const char* name = "taken_along";
    static constexpr const char* property = "what a thief takes along is done by it, or found on its bench";
    taken_along() : left_on_a_bench<2, 2>(with_others) {}
  };
  struct two_taken_along : left_on_a_bench<2, 3> {
    static constexpr const char* name = "two_taken_along";
    static constexpr const char* property =
        "of what a thief takes along at one time each is done by it, or found on its bench";
    two_taken_along() : left_on_a_bench<2, 3>(with_others) {}
    void thread(unsigned index) {
      this->take(index);
      if (index == 0) this->take(index);
    }
  };
  struct taken_along_by_one_of_two : left_on_a_bench<3, 2> {
    static constexpr const char* name = "taken_along_by_one_of_two";
    static constexpr const char* property =
        "of two thieves neither sleeps while the other one has taken something along";
    taken_along_by_one_of_two() : left_on_a_bench<3, 2>(with_others) {}
  };
  struct taken_along_again : left_on_a_bench<3, 4> {
    static constexpr const char* name = "taken_along_again";
    static constexpr const char* property = "what is taken along without a search is announced to who sleeps";
    taken_along_again() : left_on_a_bench<3, 4>(with_another) {
      for (unsigned i = 0; i != 2; ++i) this->take(0);
    }
  };
  struct one_there_one_to_come : shared<3, 3, 2> {
    static constexpr const char* name = "one_there_one_to_come";
    static constexpr const char* property = "who ends the search leaves nobody asleep beside what was pushed during it";
    one_there_one_to_come() { this->push_own(2, 0); }
    void thread(unsigned index) {
      if (index != 2) return this->take(index);
      this->push_own(2, 1);
    }
  };
  struct closed : shared<2, 1, 1> {
    static constexpr const char* name = "closed";
    static constexpr const char* property = "a close ends every sleep, and what is inside is given out before";
    void thread(unsigned index) {
      if (index == 1) {
        this->push_outside(0);
        this->pool.close();
        return;
      }
      this->take(0);
      Engine::require(this->pool.next(0, [](bool) {}) == nullptr, "there is nothing more");
    }
  };
  struct closed_by_another : shared<3, 1, 1> {
    static constexpr const char* name = "closed_by_another";
    static constexpr const char* property = "what was pushed before a close, by whomever, is given out";
    typename platform::template atomic<unsigned> pushed{0};

    void thread(unsigned index) {
      if (index == 0) return this->take(0);
      if (index == 1) {
        this->push_outside(0);
        pushed.store(1, std::memory_order_release);
      } else if (pushed.load(std::memory_order_acquire) == 1) {
        this->pool.close();
      }
    }
  };
  // Who finds the pool empty does not take anything.
  struct gone : shared<2, 1, 1> {
    static constexpr const char* name = "gone";
    static constexpr const char* property =
        "who knows of something in line, and finds the pool empty, sees what who took it did before";
    typename platform::template atomic<unsigned> awake{0};

    gone() { this->push_outside(0); }
    void thread(unsigned index) {
      if (index == 0) {
        awake.store(1, std::memory_order_relaxed);
        this->take(0);
      } else if (this->pool.empty()) {
        Engine::require(awake.load(std::memory_order_relaxed) == 1, "it was awake");
      }
    }
  };
};

}  // namespace sluice::models
