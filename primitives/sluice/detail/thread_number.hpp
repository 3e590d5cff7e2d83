// SPDX-License-Identifier: BSL-1.0
#pragma once
// A number for each thread, counted up from zero, by which threads choose places that they would rather not share. A hint: a
// task (sluice/task.hpp) that asks again may be on another thread.
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

class thread_number {
 public:
  [[gnu::noinline]] static std::uint32_t get() noexcept {
    static constinit thread_local std::uint32_t mine = 0;
    differs_by_thread();
    if (mine == 0) [[unlikely]]
      mine = 1 + given.fetch_add(1, std::memory_order_relaxed);
    return mine - 1;
  }

 private:
  static inline constinit std_threads::atomic<std::uint32_t> given{0};  // relaxed: it only counts
};

}  // namespace sluice::detail
