// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which memory orders are weaker than which.
#include <atomic>

namespace sluice::kit {

// Whether `o` asks for less than `than`, and for nothing that `than` does not. Both engines take consume for acquire.
constexpr bool is_weaker(std::memory_order o, std::memory_order than) {
  const auto asks_for = [](std::memory_order what) -> unsigned {
    constexpr unsigned acquires = 1;
    constexpr unsigned releases = 2;
    constexpr unsigned one_order = 4;
    switch (what) {
      case std::memory_order_relaxed: return 0;
      case std::memory_order_consume:
      case std::memory_order_acquire: return acquires;
      case std::memory_order_release: return releases;
      case std::memory_order_acq_rel: return acquires | releases;
      case std::memory_order_seq_cst: break;
    }
    return acquires | releases | one_order;
  };
  return asks_for(o) != asks_for(than) && (asks_for(o) & ~asks_for(than)) == 0;
}

}  // namespace sluice::kit
