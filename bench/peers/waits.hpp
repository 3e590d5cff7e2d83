// SPDX-License-Identifier: BSL-1.0
#pragma once
// What waits, under one interface: a gate is made for one `open`, and `pass` returns once that has happened. Beside ours:
// the standard library's latch, Abseil's notification, and the plainest adaptive loop over a futex, which says what a
// wake-up costs at least.
#include <atomic>
#include <cstdint>
#include <latch>
#include <mutex>
#include <shared_mutex>

#include <sluice/platform.hpp>
#include <sluice/wait_group.hpp>

#if defined(SLUICE_BENCH_ABSL)
#include <absl/base/call_once.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#endif

namespace bench {

class group_gate {
 public:
  void open() { group_.done(); }
  void pass() { group_.wait(); }

 private:
  sluice::wait_group group_{1};
};

class latch_gate {
 public:
  void open() { latch_.count_down(); }
  void pass() { latch_.wait(); }

 private:
  std::latch latch_{1};
};

// Spins as wait_group does, then sleeps; the opener wakes only if somebody may sleep.
class futex_gate {
  using platform = sluice::std_platform;

 public:
  void open() {
    if (word_.exchange(opened, std::memory_order_release) == awaited) platform::wake_all(word_);
  }
  void pass() {
    for (int pauses = 1; pauses <= 128; pauses *= 2) {
      for (int i = 0; i != pauses; ++i) platform::pause();
      if (word_.load(std::memory_order_acquire) == opened) return;
    }
    std::uint32_t closed = 0;
    word_.compare_exchange_strong(closed, awaited, std::memory_order_relaxed, std::memory_order_relaxed);
    while (word_.load(std::memory_order_acquire) != opened) platform::wait(word_, awaited);
  }

 private:
  static constexpr std::uint32_t awaited = 1;
  static constexpr std::uint32_t opened = 2;
  platform::atomic<std::uint32_t> word_{0};
};

#if defined(SLUICE_BENCH_ABSL)
class absl_gate {
 public:
  void open() { notification_.Notify(); }
  void pass() { notification_.WaitForNotification(); }

 private:
  absl::Notification notification_;
};

// absl::Mutex with the names of the standard's.
class absl_mutex {
 public:
  void lock() { mutex_.Lock(); }
  void unlock() { mutex_.Unlock(); }
  void lock_shared() { mutex_.ReaderLock(); }
  void unlock_shared() { mutex_.ReaderUnlock(); }

 private:
  absl::Mutex mutex_;
};
#endif

}  // namespace bench
