// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

namespace sluice::detail {

// A guess, from two words of a ring, whether an attempt would fail: it may be wrong either way a moment later. Relaxed:
// nothing follows from it but what to try first.
template <class Platform>
struct ring_hint {
  using word = typename Platform::template atomic<std::uint64_t>;
  const word* first = nullptr;
  const word* second = nullptr;
  std::uint64_t apart = 0;
  bool hopeless() const noexcept {
    return first->load(std::memory_order_relaxed) + apart == second->load(std::memory_order_relaxed);
  }
};

}  // namespace sluice::detail
