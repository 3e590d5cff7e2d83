// SPDX-License-Identifier: BSL-1.0
#pragma once
// The state of a slot of detail/sync_map_lines.hpp, in one word: marks; for each key whether it is used, and which of the
// values is its own; and a version. Or the address of a frame, and marks.
#include <bit>
#include <cstdint>

namespace sluice::detail {

// `Keys` of them, and one value more, so that there is always one that is not used.
template <unsigned Keys>
class sync_map_state {
 public:
  using word = std::uint64_t;
  static constexpr unsigned values = std::bit_ceil(Keys + 1);
  static constexpr word framed = 1;
  static constexpr word frozen = 2;  // moves to another table
  static constexpr word owned = 4;
  static constexpr word unborn = 8;

  static constexpr bool is_framed(word state) noexcept { return (state & framed) != 0; }
  // Is all the same but for who owns it, and whether it moves?
  static constexpr bool alike(word a, word b) noexcept { return ((a ^ b) & ~(owned | frozen)) == 0; }

  // A bit for each key that is used.
  static constexpr word used(word state) noexcept { return state >> uses_at & all_uses; }
  // Nothing is used at `Keys`, which is no place.
  static constexpr bool is_used(word state, unsigned key) noexcept { return (used(state) >> key & 1U) != 0; }
  static constexpr bool full(word state) noexcept { return used(state) == all_uses; }
  static constexpr unsigned unused_key(word state) noexcept {
    return static_cast<unsigned>(std::countr_one(used(state)));
  }
  // Where the value of a key stands; of a key that is not used, anywhere.
  static constexpr unsigned value_of(word state, unsigned key) noexcept {
    return static_cast<unsigned>(state >> (values_at + bits * key) & (values - 1));
  }
  static constexpr unsigned unused_value(word state) noexcept {
    unsigned taken = 0;
    for (unsigned i = 0; i != Keys; ++i) taken |= static_cast<unsigned>(used(state) >> i & 1U) << value_of(state, i);
    return static_cast<unsigned>(std::countr_one(taken));
  }

  // The version of a state without a frame, as it stands in it.
  static constexpr word version(word state) noexcept { return state & ~(one_version - 1); }
  static constexpr word next_version(word v) noexcept { return v + one_version; }
  // The state that follows: unmarked, and of the next version.
  static constexpr word next(word state) noexcept {
    return (state & ~(framed | frozen | owned | unborn)) + one_version;
  }
  static constexpr word with(word state, unsigned key, unsigned value) noexcept {
    const unsigned at = values_at + bits * key;
    return (state & ~(word{values - 1} << at)) | word{value} << at | word{1} << (uses_at + key);
  }
  static constexpr word without(word state, unsigned key) noexcept { return state & ~(word{1} << (uses_at + key)); }

 private:
  static constexpr unsigned bits = static_cast<unsigned>(std::countr_zero(values));
  static constexpr unsigned uses_at = 4;
  static constexpr unsigned values_at = uses_at + Keys;
  static constexpr word all_uses = (word{1} << Keys) - 1;
  static constexpr word one_version = word{1} << (values_at + bits * Keys);
};

}  // namespace sluice::detail
