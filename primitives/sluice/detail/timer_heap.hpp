// SPDX-License-Identifier: BSL-1.0
#pragma once
// timer_heap: what shall happen at some time, in a binary heap under a lock, and the loop of a thread that makes it happen. O(log n)
// to arm and to disarm; a timer knows its place in the heap.
//
// A timer fires once, on the thread that is in run(), with the lock held: so once disarm has returned it does not fire and is not
// firing. What fires must be short and must not use the heap.
//
// Edges (release -> acquire)
//   [fired]  run -> armed   what fired has done what it does before it is not counted any more
// What else there is, the lock orders. Relaxed: changes_, which only ends a sleep: the clock reads it before it looks, under the
// lock, for the next timer, so an arming that this look misses finds the clock asleep, or about to be with an old number;
// armed_ where it grows, or falls by a disarm, which says nothing of what was done.
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class timer_heap {
  using time_point = typename Platform::time_point;

 public:
  class timer {
   public:
    explicit timer(void (*fire)(timer&)) noexcept : fire_(fire) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() = default;

   private:
    friend timer_heap;
    static constexpr std::size_t outside = SIZE_MAX;
    void (*const fire_)(timer&);
    // Under the heap's lock.
    time_point at_{};
    std::size_t place_ = outside;
  };

  // Lets `t`, which is not armed, fire at `at`. Throws what memory throws; then it is not armed.
  void arm(timer& t, time_point at) {
    bool first = false;
    {
      const lock_held lock(lock_);
      heap_.push_back(&t);
      t.at_ = at;
      t.place_ = heap_.size() - 1;
      rise(t.place_);
      first = heap_.front() == &t;
      armed_.store(heap_.size(), std::memory_order_relaxed);
    }
    if (first) disturb();
  }
  // True: it was armed and will not fire. False: it has fired, or was not armed.
  bool disarm(timer& t) {
    const lock_held lock(lock_);
    if (t.place_ == timer::outside) return false;
    remove(t.place_);
    armed_.store(heap_.size(), std::memory_order_relaxed);
    return true;
  }
  // How many are armed; one that fires counts until it has.
  std::size_t armed() const noexcept { return armed_.load(std::memory_order_acquire); }  // [fired] <- run

  // Fires what is due, until stop(). Calls `afterwards` each time that it has looked, with nothing locked: what takes long, or
  // uses the heap, belongs there.
  void run() {
    run([] {});
  }
  template <class F>
  void run(F afterwards) {
    for (;;) {
      const std::uint32_t seen = changes_.load(std::memory_order_relaxed);
      if (seen == over) return;
      const time_point next = fire_due();
      afterwards();
      if (Platform::now() < next) Platform::wait(changes_, seen, next);
    }
  }
  void stop() {
    changes_.store(over, std::memory_order_relaxed);
    Platform::wake_all(changes_);
  }

 private:
  static constexpr std::uint32_t over = UINT32_MAX;

  // There is an earlier one now.
  void disturb() {
    std::uint32_t c = changes_.load(std::memory_order_relaxed);
    while (c != over &&
           !changes_.compare_exchange_weak(c, (c + 1) % over, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
    Platform::wake_all(changes_);
  }
  time_point fire_due() {
    const lock_held lock(lock_);
    while (!heap_.empty() && heap_.front()->at_ <= Platform::now()) {
      timer& t = *heap_.front();
      remove(0);
      t.fire_(t);
      armed_.store(heap_.size(), std::memory_order_release);  // [fired] -> armed
    }
    return heap_.empty() ? Platform::no_deadline : heap_.front()->at_;
  }

  void put(timer* t, std::size_t place) {
    heap_[place] = t;
    t->place_ = place;
  }
  void rise(std::size_t place) {
    timer* const t = heap_[place];
    for (; place != 0 && t->at_ < heap_[(place - 1) / 2]->at_; place = (place - 1) / 2)
      put(heap_[(place - 1) / 2], place);
    put(t, place);
  }
  void sink(std::size_t place) {
    timer* const t = heap_[place];
    for (std::size_t below = 2 * place + 1; below < heap_.size(); below = 2 * place + 1) {
      if (below + 1 < heap_.size() && heap_[below + 1]->at_ < heap_[below]->at_) ++below;
      if (t->at_ <= heap_[below]->at_) break;
      put(heap_[below], place);
      place = below;
    }
    put(t, place);
  }
  void remove(std::size_t place) {
    timer* const last = heap_.back();
    heap_[place]->place_ = timer::outside;
    heap_.pop_back();
    if (place == heap_.size()) return;
    put(last, place);
    sink(place);
    rise(last->place_);
  }

  futex_lock<Platform> lock_;
  std::vector<timer*> heap_;  // under the lock
  typename Platform::template atomic<std::size_t> armed_{0};  // written under the lock
  typename Platform::template atomic<std::uint32_t> changes_{0};
};

}  // namespace sluice::detail
