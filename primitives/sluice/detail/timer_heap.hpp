// SPDX-License-Identifier: BSL-1.0
#pragma once
// timer_heap: what shall happen at some time, in a binary heap under a lock, and the loop of a thread that makes it happen. A timer
// knows its place in the heap. O(log n) to arm, O(1) where it comes last; O(1) amortized to disarm: the place stays behind, empty, and
// when most places are, all are taken out at once.
//
// A timer fires on the thread that is in run() or step(), with the lock held: so once disarm has returned it does not fire and is not
// firing. What fires must be short and must not use the heap; it says when to fire again.
//
// Invariants, whenever the lock is free
//   1. Each armed timer is in one place, which it knows; no place comes before its parent.
//   2. live_ places are occupied; of the others there are no more than of those, and a few.
//   3. No place comes before looks_at_: so who arms a timer again and again for later leaves the clock asleep.
//
// Edges (release -> acquire)
//   [rest]   run -> at_rest        what it did has been done; who knows of a thread that sleeps for the lock ([taken] of futex_lock)
//                                  knows that the one who has it is not at rest
//   [fired]  step, disarm -> armed   what fired, and what came afterwards, has done what it does before it is not counted any more
// What else there is, the lock orders. Relaxed: changes_, which only ends a sleep: the clock reads it before it looks, under the
// lock, for the next timer, so an arming that this look misses finds the clock asleep, or about to be with an old number;
// armed_ where it grows, which says nothing of what was done; resting_ where it ends, which the lock publishes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/on_this_thread.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class timer_heap {
  using time_point = typename Platform::time_point;

 public:
  class timer {
   public:
    // What happens at `now`, when its time has come: when it fires again, or Platform::no_deadline, and then it may be gone.
    using fire = time_point (*)(timer&, time_point now);
    explicit timer(fire f) noexcept : fire_(f) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() = default;

   private:
    friend timer_heap;
    static constexpr std::size_t outside = SIZE_MAX;
    const fire fire_;
    std::size_t place_ = outside;  // under the heap's lock
  };

  // Lets `t`, which is not armed, fire at `at`. Throws what memory throws; then it is not armed.
  void arm(timer& t, time_point at) {
    bool too_late = false;
    {
      const lock_held lock(lock_);
      insert(t, at);
      too_late = at < looks_at_;
      looks_at_ = std::min(looks_at_, at);
      armed_.store(live_ + firing_, std::memory_order_relaxed);
    }
    if (too_late) disturb();
  }
  // True: it was armed and will not fire. False: it has fired for the last time, or was not armed.
  bool disarm(timer& t) {
    const lock_held lock(lock_);
    if (t.place_ == timer::outside) return false;
    places_[std::exchange(t.place_, timer::outside)].what = nullptr;
    --live_;
    if (places_.size() - live_ > live_ + few) take_out_empty();
    armed_.store(live_ + firing_, std::memory_order_release);  // [fired] -> armed
    return true;
  }
  // Runs f() while nothing fires.
  template <class F>
  void exclude(F f) {
    const lock_held lock(lock_);
    f();
  }
  // How many are armed; one that fires counts until it has, and step's `afterwards` is over.
  std::size_t armed() const noexcept { return armed_.load(std::memory_order_acquire); }  // [fired] <- step, disarm

  // Whether nothing is armed, and the thread that runs it is not in the middle of something: it may hold the lock that somebody waits for.
  bool at_rest() const noexcept { return armed() == 0 && resting_.load(std::memory_order_acquire); }  // [rest] <- run

  // Fires what is due, until stop(). Calls `afterwards` each time that it has looked, with nothing locked: what takes long, or
  // uses the heap, belongs there; and `idle` before it waits without one that is armed.
  void run() {
    run([] {}, [] {});
  }
  template <class F, class G>
  void run(F afterwards, G idle) {
    for (;;) {
      const std::uint32_t seen = changes_.load(std::memory_order_relaxed);
      if (seen == over) return;
      resting_.store(false, std::memory_order_relaxed);
      const time_point next = step(afterwards);
      resting_.store(true, std::memory_order_release);  // [rest] -> at_rest
      if (armed() == 0) idle();
      if (Platform::now() < next) Platform::wait(changes_, seen, next);
    }
  }
  // Fires what is due now; when the next one is. By one thread at a time, as run.
  template <class F>
  time_point step(F& afterwards) {
    const auto [next, fired] = fire_due();
    afterwards();
    if (fired) {
      const lock_held lock(lock_);
      firing_ = 0;
      armed_.store(live_, std::memory_order_release);  // [fired] -> armed
    }
    return next;
  }
  void stop() {
    changes_.store(over, std::memory_order_relaxed);
    Platform::wake_all(changes_);
  }

 private:
  static constexpr std::uint32_t over = UINT32_MAX;
  static constexpr std::size_t few = 32;
  struct place {
    time_point at;
    timer* what;  // null: it was disarmed
  };

  // There is an earlier one now.
  void disturb() {
    std::uint32_t c = changes_.load(std::memory_order_relaxed);
    while (c != over &&
           !changes_.compare_exchange_weak(c, (c + 1) % over, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
    Platform::wake_all(changes_);
  }
  std::pair<time_point, bool> fire_due() {
    // A push that fires may give way to a pop, and others wait for the lock as threads.
    [[maybe_unused]] const on_this_thread<Platform> stays;
    const lock_held lock(lock_);
    const time_point now = Platform::now();
    while (!places_.empty() && (places_.front().what == nullptr || places_.front().at <= now)) {
      timer* const t = places_.front().what;
      take_out_first();
      if (t == nullptr) continue;
      t->place_ = timer::outside;
      --live_, ++firing_;
      const time_point again = t->fire_(*t, now);
      if (again != Platform::no_deadline) insert(*t, again);  // in the room that it left
    }
    looks_at_ = places_.empty() ? Platform::no_deadline : places_.front().at;
    return {looks_at_, firing_ != 0};
  }

  void insert(timer& t, time_point at) {
    places_.push_back({at, &t});
    ++live_;
    rise(places_.size() - 1);
  }
  void take_out_first() {
    const place last = places_.back();
    places_.pop_back();
    if (places_.empty()) return;
    places_.front() = last;
    sink(0);
  }
  void take_out_empty() {
    std::erase_if(places_, [](const place& p) { return p.what == nullptr; });
    for (std::size_t i = places_.size(); i-- != 0;) sink(i);
  }

  void put(const place& p, std::size_t at) {
    places_[at] = p;
    if (p.what != nullptr) p.what->place_ = at;
  }
  void rise(std::size_t at) {
    const place p = places_[at];
    for (; at != 0 && p.at < places_[(at - 1) / 2].at; at = (at - 1) / 2) put(places_[(at - 1) / 2], at);
    put(p, at);
  }
  void sink(std::size_t at) {
    const place p = places_[at];
    for (std::size_t below = 2 * at + 1; below < places_.size(); below = 2 * at + 1) {
      if (below + 1 < places_.size() && places_[below + 1].at < places_[below].at) ++below;
      if (p.at <= places_[below].at) break;
      put(places_[below], at);
      at = below;
    }
    put(p, at);
  }

  futex_lock<Platform> lock_;
  // Under the lock.
  std::vector<place> places_;
  std::size_t live_ = 0;
  std::size_t firing_ = 0;  // since the last step's end
  time_point looks_at_ = Platform::no_deadline;  // when the clock looks again at the latest, or is about to be told to
  typename Platform::template atomic<std::size_t> armed_{0};  // written under the lock
  typename Platform::template atomic<bool> resting_{true};  // by who runs it
  typename Platform::template atomic<std::uint32_t> changes_{0};
};

}  // namespace sluice::detail
