// SPDX-License-Identifier: BSL-1.0
#pragma once
// How many threads the process has, for who wants to know whether there are others than its own.
#include <cstddef>
#include <cstdio>

namespace sluice::detail {

// Zero where the system does not say.
inline std::size_t threads_of_process() noexcept {
  std::size_t threads = 0;
#if defined(__linux__)
  std::FILE* const status = std::fopen("/proc/self/status", "re");
  if (status == nullptr) return 0;
  char line[256];
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "Threads: %zu", &threads) == 1) break;
  std::fclose(status);
#endif
  return threads;
}

}  // namespace sluice::detail
