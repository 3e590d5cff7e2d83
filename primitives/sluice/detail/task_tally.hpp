// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_tally: how many tasks began in one place, and how many are over; and of several places together, how many are live.
//
// A task may begin in one place and be over in another, so each place alone says little. Whoever adds them up asks all of them for
// those that are over first, and then for those that began: each that it finds over it also finds begun, and so is what that one began
// in its turn. A sum of none is therefore true of some moment during the reading.
//
// Progress: wait-free. Counts may wrap around; what is live is below 2^64.
//
// Edges (release -> acquire)
//   [over]  one_is_over, own_is_over -> over   what a task did, and that it was begun, happens before it is found to be over
// Relaxed: began, which [over] orders, and its writers; what only its own thread writes it reads as it is.
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class task_tally {
  using count = typename Platform::template atomic<std::uint64_t>;

 public:
  // By any thread; the number of the one that begins, from 1 on.
  std::uint64_t one_begins() noexcept { return began_.fetch_add(1, std::memory_order_relaxed) + 1; }
  void one_is_over() noexcept { over_.fetch_add(1, std::memory_order_release); }  // [over] -> over

  // The same where one thread alone counts here, which then pays for no read-modify-write.
  std::uint64_t own_begins() noexcept {
    const std::uint64_t now = began_.load(std::memory_order_relaxed) + 1;
    began_.store(now, std::memory_order_relaxed);
    return now;
  }
  void own_is_over() noexcept {
    over_.store(over_.load(std::memory_order_relaxed) + 1, std::memory_order_release);  // [over] -> over
  }

  std::uint64_t began() const noexcept { return began_.load(std::memory_order_relaxed); }
  std::uint64_t over() const noexcept {
    return over_.load(std::memory_order_acquire);  // [over] <- one_is_over, own_is_over
  }

 private:
  count began_{0};
  count over_{0};
};

// How many are live; each(f) calls f for each tally that tasks are counted in.
template <class Each>
std::uint64_t live_in_all(Each each) {
  std::uint64_t over = 0;
  each([&over](const auto& tally) { over += tally.over(); });
  std::uint64_t began = 0;
  each([&began](const auto& tally) { began += tally.began(); });
  return began - over;
}

}  // namespace sluice::detail
