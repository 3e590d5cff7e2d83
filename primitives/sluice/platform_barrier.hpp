// SPDX-License-Identifier: BSL-1.0
#pragma once
// Asymmetric fences (WG21 P1202): a light fence that costs nothing on the frequent side, and a heavy one, on the rare
// side, that acts as if every light fence in the process had been a seq_cst fence. A light fence orders nothing
// against another light fence.
//
// Linux has them as membarrier(2) PRIVATE_EXPEDITED. Where the kernel refuses the registration (old, or a sandbox
// filters the call) and on other systems both are seq_cst fences: correct, and the frequent side pays for it.
#include <atomic>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sluice::detail {

#if defined(__linux__) && defined(SYS_membarrier)
// Values of the kernel's ABI; <linux/membarrier.h> is not installed everywhere.
inline constexpr int membarrier_private_expedited = 1 << 3;
inline constexpr int membarrier_register_private_expedited = 1 << 4;

inline bool membarrier_register() noexcept {
  return syscall(SYS_membarrier, membarrier_register_private_expedited, 0U, 0) == 0;
}
inline bool membarrier_all_threads() noexcept {
  return syscall(SYS_membarrier, membarrier_private_expedited, 0U, 0) == 0;
}
#else
inline bool membarrier_register() noexcept { return false; }
inline bool membarrier_all_threads() noexcept { return false; }
#endif

// A real fence; apart, because GCC warns that TSan does not model it. It carries no data, so TSan misses nothing.
inline void real_fence(std::memory_order o) noexcept {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wtsan"
#endif
  std::atomic_thread_fence(o);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}
inline void seq_cst_fence() noexcept { real_fence(std::memory_order_seq_cst); }

// Registered once, before main where possible. A fence that runs earlier still, in another static initialiser, reads
// false and takes the full fence, which pairs with both kinds.
struct membarrier_state {
  bool available = membarrier_register();
};
inline const membarrier_state membarrier{};

inline void fence_light() noexcept {
  if (membarrier.available)
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler's half; the heavy side brings the CPU's
  else
    seq_cst_fence();
}

// Asks the kernel even where `available` still reads false: it refuses unless the process is registered, and a light
// fence relies on it only once it is.
inline void fence_heavy() noexcept {
  seq_cst_fence();
  membarrier_all_threads();
}

}  // namespace sluice::detail
