// SPDX-License-Identifier: BSL-1.0
#pragma once
// manual_time: what time it is where somebody moves it by hand, and how many wait for it to pass.
//
// Edges (release -> acquire)
//   [moved]    move_to -> now     what happened before time was moved is seen by who finds that it was
//   [waiting]  someone_waits -> await_waiting   who waits is armed, also where others have gone meanwhile
// Relaxed: who goes, which hands nothing over; being a read-modify-write it lets the release sequences of those that came before go on.
#include <atomic>
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class manual_time {
  using word = typename Platform::template atomic<std::uint32_t>;

 public:
  using time_point = typename Platform::time_point;
  using duration = typename time_point::duration;

  time_point now() const noexcept { return time_point(duration(now_.load(std::memory_order_acquire))); }  // [moved]
  // By one at a time. Never back.
  void move_to(time_point at) noexcept {
    if (at > now()) now_.store(at.time_since_epoch().count(), std::memory_order_release);  // [moved]
  }

  // Who waits, once it is armed, for as long as this lives.
  class someone_waits {
   public:
    explicit someone_waits(manual_time& t) : waiting_(t.waiting_) {
      waiting_.fetch_add(1, std::memory_order_release);  // [waiting]
      Platform::wake_all(waiting_);
    }
    someone_waits(const someone_waits&) = delete;
    someone_waits& operator=(const someone_waits&) = delete;
    ~someone_waits() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

   private:
    word& waiting_;
  };
  // Blocks until at least `n` wait.
  void await_waiting(std::uint32_t n) {
    for (;;) {
      const std::uint32_t so_far = waiting_.load(std::memory_order_acquire);  // [waiting]
      if (so_far >= n) return;
      Platform::wait(waiting_, so_far);
    }
  }

 private:
  typename Platform::template atomic<typename duration::rep> now_{0};  // written by who is moving it
  word waiting_{0};
};

}  // namespace sluice::detail
