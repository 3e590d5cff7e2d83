// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace sluice {

// Why Platform::wait returned. `woken` also covers a word that had already changed and a spurious wake-up: whoever
// waits checks its condition again whatever the answer, because a wake-up and a time-out can arrive together.
enum class wait_result : std::uint8_t { woken, timed_out, stopped };

}  // namespace sluice
