// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

#include <sluice/wait_result.hpp>

namespace sluice {

// How an operation that may give up waiting ended.
enum class wait_status : std::uint8_t { success, closed, timed_out, stopped };

// What an operation on many elements did that may give up waiting: how many it moved, and why no more (success: all that
// were asked for, or, of a pop, at least one).
struct bulk_wait_result {
  std::size_t count = 0;
  wait_status status = wait_status::success;
  friend bool operator==(const bulk_wait_result&, const bulk_wait_result&) = default;
};

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
