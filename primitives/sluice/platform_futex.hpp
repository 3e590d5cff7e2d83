// SPDX-License-Identifier: BSL-1.0
#pragma once
// The platform's own thin layer over Linux futexes: sleep on a 32-bit word, with a deadline and a std::stop_token.
// Not std::atomic::wait: libstdc++ hashes the word into a pool of counters and then wakes everybody in it, has no
// deadline and cannot be interrupted.
//
// A stop request must break a sleep without touching the caller's word. futex_waitv(2) (Linux 5.16) sleeps on two
// words, the caller's and one of ours. On older kernels the stop callback wakes the caller's word again and again
// until the sleeper has answered (`stop_by_repetition`), which costs that word's other sleepers spurious wake-ups.
#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <stop_token>

#include <sluice/wait_result.hpp>

namespace sluice::detail {

class linux_futex {
 public:
  using word = std::atomic<std::uint32_t>;
  using time_point = std::chrono::steady_clock::time_point;
  static_assert(sizeof(word) == sizeof(std::uint32_t) && word::is_always_lock_free,
                "the kernel reads the atomic as a plain 32-bit word");

  static wait_result wait(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) {
    if (!stop.stop_possible()) return sleep(w, expected, deadline);
    if (stop.stop_requested()) return wait_result::stopped;
    if (has_waitv()) return stop_by_second_word(w, expected, deadline, stop);
    return stop_by_repetition(w, expected, deadline, stop);
  }

  static std::size_t wake(word& w, std::size_t count) noexcept { return wake(&w, count); }
  // By address alone: the word may be gone.
  static std::size_t wake(word* w, std::size_t count) noexcept {
    const int n = count > INT_MAX ? INT_MAX : static_cast<int>(count);
    const long woken = syscall(SYS_futex, w, FUTEX_WAKE_PRIVATE, n, nullptr, nullptr, 0);
    return woken > 0 ? static_cast<std::size_t>(woken) : 0;
  }

  // Both ways to be stopped are public for the tests: which one runs depends on the kernel.
  static wait_result stop_by_second_word(word& w, std::uint32_t expected, time_point deadline,
                                         const std::stop_token& stop) {
    word stopped{0};
    const std::stop_callback on_stop(stop, [&stopped] {
      stopped.store(1, std::memory_order_seq_cst);
      wake(stopped, 1);
    });
    const wait_result r = sleep_on_two(w, expected, stopped, deadline);
    return stopped.load(std::memory_order_seq_cst) != 0 ? wait_result::stopped : r;
  }

  static wait_result stop_by_repetition(word& w, std::uint32_t expected, time_point deadline,
                                        const std::stop_token& stop) {
    enum phase : std::uint32_t { outside, inside };
    std::atomic<std::uint32_t> where{outside};
    std::atomic<bool> stopped{false};
    const std::stop_callback on_stop(stop, [&] {
      stopped.store(true, std::memory_order_seq_cst);
      while (where.load(std::memory_order_seq_cst) == inside) {
        wake(w, INT_MAX);
        sched_yield();
      }
    });
    // Store, then load, on both sides and all seq_cst: either we see the stop or its callback sees us inside.
    where.store(inside, std::memory_order_seq_cst);
    wait_result r = wait_result::stopped;
    if (!stopped.load(std::memory_order_seq_cst)) r = sleep(w, expected, deadline);
    where.store(outside, std::memory_order_seq_cst);
    return stopped.load(std::memory_order_seq_cst) ? wait_result::stopped : r;
  }

 private:
  // The kernel's layout of one element of futex_waitv's array, and its call number: older headers lack both.
  struct waitv {
    std::uint64_t value;
    std::uint64_t address;
    std::uint32_t flags;
    std::uint32_t reserved;
  };
  static constexpr long sys_waitv = 449;
  static constexpr std::uint32_t waitv_private_32 = 2 | FUTEX_PRIVATE_FLAG;

  static std::uint32_t* address(word& w) noexcept { return reinterpret_cast<std::uint32_t*>(&w); }

  // Null for "no deadline"; a deadline before the clock's epoch has long passed, so zero does.
  static const timespec* absolute(time_point deadline, timespec& out) noexcept {
    using namespace std::chrono;
    if (deadline == time_point::max()) return nullptr;
    const auto since = deadline.time_since_epoch() < time_point::duration::zero()
                           ? nanoseconds::zero()
                           : duration_cast<nanoseconds>(deadline.time_since_epoch());
    out.tv_sec = static_cast<std::time_t>(since.count() / 1'000'000'000);
    out.tv_nsec = static_cast<long>(since.count() % 1'000'000'000);
    return &out;
  }

  static wait_result sleep(word& w, std::uint32_t expected, time_point deadline) noexcept {
    timespec ts;
    const long r = syscall(SYS_futex, address(w), FUTEX_WAIT_BITSET_PRIVATE, expected, absolute(deadline, ts), nullptr,
                           FUTEX_BITSET_MATCH_ANY);
    return r == -1 && errno == ETIMEDOUT ? wait_result::timed_out : wait_result::woken;
  }

  static wait_result sleep_on_two(word& a, std::uint32_t expected, word& b, time_point deadline) noexcept {
    const waitv both[2] = {
        {expected, reinterpret_cast<std::uintptr_t>(&a), waitv_private_32, 0},
        {0, reinterpret_cast<std::uintptr_t>(&b), waitv_private_32, 0},
    };
    timespec ts;
    const long r = syscall(sys_waitv, both, 2U, 0U, absolute(deadline, ts), CLOCK_MONOTONIC);
    return r == -1 && errno == ETIMEDOUT ? wait_result::timed_out : wait_result::woken;
  }

  // A call with an empty list is refused with EINVAL where the call exists and with ENOSYS (or a sandbox's EPERM)
  // where it does not.
  static bool has_waitv() noexcept {
    static const bool yes = syscall(sys_waitv, nullptr, 0U, 0U, nullptr, CLOCK_MONOTONIC) == -1 && errno == EINVAL;
    return yes;
  }
};

}  // namespace sluice::detail
#endif
