// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sluice::detail {

// Positions of a ring of any capacity, without a division. A position is one 64-bit word:
//
//   | lap ............ | index of the slot | mark |        index < capacity; the mark is bit 0
//
// The lap begins at a power of two, so laps wrap around with the word and comparisons by signed difference hold across
// the wrap. A turn (the state of a slot) has the same lap bits and its state in the low ones: at least two bits lie
// below the lap, enough for three states even where the capacity is 1.
class ring_position {
 public:
  static constexpr std::uint64_t mark = 1;

  explicit constexpr ring_position(std::size_t capacity) noexcept
      : last_((std::uint64_t{capacity} - 1) * 2), low_(lap_size_for(capacity) - 1) {}
  // Member by member: GCC 12 copies the two as one vector by way of the stack, which costs a push a nanosecond.
  // NOLINTNEXTLINE(modernize-use-equals-default): see above
  constexpr ring_position(const ring_position& other) noexcept : last_(other.last_), low_(other.low_) {}
  ring_position& operator=(const ring_position&) = delete;
  ~ring_position() = default;

  constexpr std::uint64_t lap(std::uint64_t pos) const noexcept { return pos & ~low_; }
  constexpr std::size_t index(std::uint64_t pos) const noexcept { return static_cast<std::size_t>((pos & low_) >> 1); }
  // The position after `pos`, which bears no mark. A branch, which is foretold, and no conditional move, for which the
  // claim would have to wait.
  constexpr std::uint64_t next(std::uint64_t pos) const noexcept {
    if ((pos & low_) == last_) [[unlikely]]
      return (pos | low_) + 1;
    return pos + 2;
  }
  // The position of the same slot one lap earlier or later.
  constexpr std::uint64_t lap_before(std::uint64_t pos) const noexcept { return pos - low_ - 1; }
  constexpr std::uint64_t lap_after(std::uint64_t pos) const noexcept { return pos + low_ + 1; }
  // How many positions lie from `from` up to `to` where it follows within `capacity` of them; else any number up to
  // that. Marks do not count.
  constexpr std::size_t count(std::uint64_t from, std::uint64_t to) const noexcept {
    const std::size_t laps = lap(from) == lap(to) ? 0 : capacity();
    return index(to) + laps < index(from) ? 0 : std::min(index(to) + laps - index(from), capacity());
  }
  constexpr std::size_t capacity() const noexcept { return static_cast<std::size_t>(last_ / 2) + 1; }

  // Less than zero where a precedes b, across the wrap.
  static constexpr std::int64_t distance(std::uint64_t a, std::uint64_t b) noexcept {
    return static_cast<std::int64_t>(a - b);
  }

 private:
  static constexpr std::uint64_t lap_size_for(std::size_t capacity) noexcept {
    const std::uint64_t size = std::bit_ceil(std::uint64_t{capacity} * 2);
    return size < 4 ? 4 : size;
  }

  std::uint64_t last_;  // index bits of the last slot
  std::uint64_t low_;  // the bits below the lap: a power of two, >= 4, less one
};

// Laps that a ring starts after. Everybody's is 0; the tests start close to where the position wraps around.
struct first_lap {
  std::uint64_t value = 0;
};

}  // namespace sluice::detail
