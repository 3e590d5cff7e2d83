// SPDX-License-Identifier: BSL-1.0
#pragma once
// Large pages for large blocks: who goes through one at random misses in the TLB about as often as in the cache otherwise.
#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace sluice::detail {

inline constexpr std::size_t large_page = std::size_t{1} << 21;

// Asks for large pages where whole ones fit into a block that nobody has touched yet. A hint.
inline void prefer_large_pages([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes < 2 * large_page) return;
  const std::size_t before = (large_page - reinterpret_cast<std::uintptr_t>(block) % large_page) % large_page;
  const std::size_t whole = (bytes - before) / large_page * large_page;
  static_cast<void>(::madvise(static_cast<std::byte*>(block) + before, whole, MADV_HUGEPAGE));
#endif
}

}  // namespace sluice::detail
