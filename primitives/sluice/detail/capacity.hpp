// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace sluice::detail {

// The capacity if a ring can have it; otherwise an error that names the ring, the value and the bound.
// Throws std::invalid_argument for 0, std::length_error above `max`.
inline std::size_t checked_capacity(const char* who, std::size_t capacity, std::size_t max) {
  if (capacity == 0)
    throw std::invalid_argument(std::string(who) + ": the capacity must be at least 1, but 0 was asked for");
  if (capacity > max)
    throw std::length_error(std::string(who) + ": a capacity of " + std::to_string(capacity) +
                            " was asked for, but at most " + std::to_string(max) + " elements of this type fit");
  return capacity;
}

// Most slots of `slot_size` bytes that one allocation can hold with `bits` low bits of a position left for marks.
constexpr std::size_t max_slots(std::size_t slot_size) noexcept {
  const std::size_t by_bytes = static_cast<std::size_t>(PTRDIFF_MAX) / slot_size;
  const std::size_t by_position = std::size_t{1} << (sizeof(std::size_t) * 8 - 4);  // laps keep bits of their own
  return by_bytes < by_position ? by_bytes : by_position;
}

}  // namespace sluice::detail
