// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include <sluice/wait_result.hpp>

namespace sluice {

// How an operation that may give up waiting ended.
enum class wait_status : std::uint8_t { success, closed, timed_out, stopped };

constexpr const char* to_string(wait_status s) noexcept {
  switch (s) {
    case wait_status::success: return "success";
    case wait_status::closed: return "closed";
    case wait_status::timed_out: return "timed_out";
    case wait_status::stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace sluice
