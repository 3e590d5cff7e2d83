// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_watchers: who waits until something is done in a scheduler. Whoever looks for a deadlock asks for them all: one whose wait is
// over may be on its way to wake a task, and is not one that only waits.
// A task of another scheduler is no thread, and waits for ever once that has ended: while it is there, so is its scheduler, which is
// looked at too. So it is told, and not asked for.
//
// Edges (release -> acquire)
//   [quiet]  work -> add   seq_cst: forbids that a worker that goes to sleep misses who waits, while that one misses that it sleeps
// The list is ordered by its lock. Relaxed: the count where it falls, which spares a worker at most a wake-up in vain.
#include <cstddef>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/lone_task.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class task_watchers {
  using held = lock_held<futex_lock<Platform>>;

 public:
  // Waits from its making to its end, until `done()`; others ask, too.
  class watcher {
   public:
    template <class Done>
    watcher(task_watchers& all, const Done& done)
        : all_(all), done_(&done), is_done_([](const void* d) -> bool { return (*static_cast<const Done*>(d))(); }) {
      all_.add(*this);
    }
    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;
    ~watcher() { all_.remove(*this); }

   private:
    friend task_watchers;
    task_watchers& all_;
    const void* const done_;
    bool (*const is_done_)(const void*);
    const bool is_thread_ = !is_task<Platform>();
    typename Platform::template var<watcher*> next_{nullptr};  // under the list's lock
  };

  // A worker: whether anybody wants to know that all workers sleep.
  bool any() const noexcept { return size_.load(std::memory_order_seq_cst) != 0; }  // [quiet] -> add

  // Whether what they wait for is done for none of the threads, and then `true_of(how many those are)`; nobody comes or goes meanwhile.
  template <class F>
  bool all_wait(F true_of) {
    const held lock(lock_);
    std::size_t threads = 0;
    for (const watcher* w = first_.load(); w != nullptr; w = w->next_.load()) {
      if (!w->is_thread_) continue;
      if (w->is_done_(w->done_)) return false;
      ++threads;
    }
    return true_of(threads);
  }

 private:
  void add(watcher& w) {
    const held lock(lock_);
    w.next_.store(first_.load());
    first_.store(&w);
    size_.fetch_add(1, std::memory_order_seq_cst);  // [quiet] <- any
  }
  void remove(const watcher& w) {
    const held lock(lock_);
    auto* at = &first_;
    while (at->load() != &w) at = &at->load()->next_;
    at->store(w.next_.load());
    size_.fetch_sub(1, std::memory_order_relaxed);
  }

  futex_lock<Platform> lock_;
  typename Platform::template var<watcher*> first_{nullptr};  // under the lock
  typename Platform::template atomic<std::size_t> size_{0};  // written under the lock
};

}  // namespace sluice::detail
