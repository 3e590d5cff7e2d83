// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of task_tally: of a scheduler's workers, of who starts tasks from outside, and of coroutines that wait, each with
// its tally, and of one who adds them up. Each client: one property, bounds in its shape. The last thread adds up.
#include <cstdint>

#include <sluice/detail/task_tally.hpp>

namespace sluice::models {

// How it is done: the sum, and what a coroutine that goes on says.
struct counted_as_it_is {
  template <class Each>
  static std::uint64_t live(Each each) {
    return detail::live_in_all(each);
  }
  template <class Tally>
  static void goes_on(Tally& worker, Tally& coroutines) {
    worker.own_begins();
    coroutines.one_is_over();
  }
};

template <class Engine, class How = counted_as_it_is>
struct task_tally_clients {
  using platform = typename Engine::platform;
  using tally = detail::task_tally<platform>;
  using var = typename platform::template var<int>;

  // AtOnce: so many are live at most. Of those that began only after the sum was begun nothing is known of one that finds none.
  template <unsigned Threads, unsigned Tasks, unsigned AtOnce = Tasks, bool LiveFromTheStart = true>
  struct counted {
    static constexpr unsigned threads = Threads;

    tally workers[2];
    tally outside;
    tally coroutines;
    var done[Tasks];  // what each task does
    typename platform::template atomic<int> pool{0};

    void thread(unsigned index) {
      if (index + 1 == Threads)
        add_up();
      else
        work(index);
    }
    void add_up() {
      const std::uint64_t live = How::live([this](auto count) {
        for (const auto& w : workers) count(w);
        count(coroutines);
        count(outside);
      });
      Engine::require(live <= AtOnce, "no more are live than began, and no more are over");
      if (live != 0 || !LiveFromTheStart) return;
      for (auto& d : done) Engine::require(d.load() == 1, "who finds none live sees what all of them did");
    }
    virtual void work(unsigned index) = 0;
    void finish() {
      std::uint64_t all = 0;
      for (const auto* t : {&workers[0], &workers[1], &outside, &coroutines}) all += t->began() - t->over();
      Engine::require(all == 0, "none is live at the end");
    }
    virtual ~counted() = default;

    // What a pool does for what lies in it.
    void put() { pool.store(1, std::memory_order_release); }
    bool take() { return pool.load(std::memory_order_acquire) == 1; }
  };

  struct begins_another : counted<2, 2> {
    static constexpr const char* name = "begins_another";
    static constexpr const char* property =
        "a task and the one that it begins on its own worker: never none before both are over";
    begins_another() { this->outside.one_begins(); }
    void work(unsigned) override {
      tally& mine = this->workers[0];
      this->done[0].store(1);
      mine.own_begins();
      mine.own_is_over();
      this->done[1].store(1);
      mine.own_is_over();
    }
  };
  struct begins_one_elsewhere : counted<3, 2> {
    static constexpr const char* name = "begins_one_elsewhere";
    static constexpr const char* property =
        "a task and the one that another worker takes from it: never none before both are over";
    begins_one_elsewhere() { this->outside.one_begins(); }
    void work(unsigned index) override {
      if (index == 0) {
        this->workers[0].own_begins();
        this->put();
        this->done[0].store(1);
        return this->workers[0].own_is_over();
      }
      while (!this->take()) platform::yield();
      this->done[1].store(1);
      this->workers[1].own_is_over();
    }
  };
  struct begun_from_outside : counted<3, 1, 1, false> {
    static constexpr const char* name = "begun_from_outside";
    static constexpr const char* property = "who finds a task over finds that it began, though others counted that";
    void work(unsigned index) override {
      if (index == 0) {
        Engine::require(this->outside.one_begins() == 1, "they are numbered from 1 on");
        return this->put();
      }
      while (!this->take()) platform::yield();
      this->done[0].store(1);
      this->workers[0].own_is_over();
    }
  };
  // Counts as a task from when it begins to wait until it goes on, in a new task, where it is served; for a moment both count.
  struct a_coroutine_waits : counted<3, 2, 3> {
    static constexpr const char* name = "a_coroutine_waits";
    static constexpr const char* property = "a coroutine that waits is live between the tasks that it runs on";
    a_coroutine_waits() { this->outside.one_begins(); }
    void work(unsigned index) override {
      if (index == 0) {
        this->coroutines.one_begins();
        this->put();
        this->done[0].store(1);
        return this->workers[0].own_is_over();
      }
      while (!this->take()) platform::yield();
      How::goes_on(this->workers[1], this->coroutines);
      this->done[1].store(1);
      this->workers[1].own_is_over();
    }
  };
  // Two that were served by who is no worker; nothing but the coroutines' tally says that they are over.
  struct two_coroutines_end : counted<3, 2> {
    static constexpr const char* name = "two_coroutines_end";
    static constexpr const char* property = "of two that are over in one tally both are seen";
    two_coroutines_end() {
      this->coroutines.one_begins();
      this->coroutines.one_begins();
    }
    void work(unsigned index) override {
      this->done[index].store(1);
      this->coroutines.one_is_over();
    }
  };
};

}  // namespace sluice::models
