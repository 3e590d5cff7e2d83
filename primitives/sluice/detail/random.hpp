// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

// Marsaglia's xorshift64*, a generator for each thread: good enough to be fair, and no more.
class thread_random {
 public:
  // Below n, which is not 0.
  static std::uint32_t below(std::uint32_t n) noexcept {
    std::uint64_t& s = state();
    s ^= s >> 12U;
    s ^= s << 25U;
    s ^= s >> 27U;
    const std::uint64_t high = s * 0x2545F4914F6CDD1DU >> 32U;
    return static_cast<std::uint32_t>(high * n >> 32U);
  }

 private:
  [[gnu::noinline]] static std::uint64_t& state() noexcept {
    thread_local std::uint64_t s = 0;
    differs_by_thread();
    if (s == 0) [[unlikely]]
      s = seed(&s);
    return s;
  }
  // Another one for each thread: a thread often lies where an earlier one did, so the time makes a difference too.
  static std::uint64_t seed(const void* where) noexcept {
    const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return (reinterpret_cast<std::uintptr_t>(where) + now) * 0x9E3779B97F4A7C15U | 1U;
  }
};

}  // namespace sluice::detail
