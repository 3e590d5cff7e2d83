// SPDX-License-Identifier: BSL-1.0
#pragma once
// The state of a slot of detail/sync_map_lines.hpp, in one word: marks; for each key whether it is used, and which of the
// values is its own; and a version. Or the address of a frame, and marks.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

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
  // Has keys and values in their places: has no frame, was born, and has not moved.
  static constexpr bool is_plain(word state) noexcept { return (state & (framed | unborn)) == 0; }
  // Is all the same but for who owns it, and whether it moves?
  static constexpr bool alike(word a, word b) noexcept { return ((a ^ b) & ~(owned | frozen)) == 0; }

  // Sets of keys: a bit for each, `step` apart.
  static constexpr unsigned step = 1 + static_cast<unsigned>(std::countr_zero(values));
  static constexpr word all = ((word{1} << (step * Keys)) - 1) / ((word{1} << step) - 1);
  // The keys of which `is(i)` is true. No branch.
  template <class Is>
  static constexpr word those(const Is& is) noexcept {
    return [&is]<unsigned... I>(std::integer_sequence<unsigned, I...>) {
      word set = 0;
      ((set = (set << step) + word{is(Keys - 1 - I)}), ...);
      return set;
    }(std::make_integer_sequence<unsigned, Keys>());
  }
  // The first one of a set; `Keys` if it is empty.
  static constexpr unsigned first(word set) noexcept {
    return static_cast<unsigned>(std::countr_zero(set | end)) / step;
  }
  static constexpr word used(word state) noexcept { return state >> uses_at & all; }
  // Nothing is used at `Keys`, which is no place.
  static constexpr bool is_used(word state, unsigned key) noexcept {
    return key != Keys && (state >> (uses_at + step * key) & 1U) != 0;
  }
  static constexpr bool full(word state) noexcept { return used(state) == all; }
  static constexpr unsigned unused_key(word state) noexcept { return first(used(state) ^ all); }
  // Where the value of a key stands; of a key that is not used, anywhere.
  static constexpr unsigned value_of(word state, unsigned key) noexcept {
    return static_cast<unsigned>(state >> (uses_at + 1 + step * key) & (values - 1));
  }
  // Of the first key of which `is(i)` is true, in a plain state: whether it is used, and where its value stands, or anywhere. It
  // takes few steps and no branch, or a processor whose line is on its way would have no room to ask for the next one.
  struct place {
    bool there;
    std::size_t value;
  };
  template <class Is>
  static constexpr place first_is(word state, const Is& is) noexcept {
    unsigned at = std::countr_zero(unborn);  // which is 0 then, as of a key that is not used
    for (unsigned i = Keys; i-- != 0;)
      if (__builtin_expect_with_probability(is(i), 1, 0.5)) at = uses_at + step * i;
    const word here = state >> at;
    return {(here & 1) != 0, static_cast<std::size_t>(here >> 1 & (values - 1))};
  }
  static constexpr unsigned unused_value(word state) noexcept {
    unsigned taken = 0;
    for (unsigned i = 0; i != Keys; ++i) taken |= unsigned{is_used(state, i)} << value_of(state, i);
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
    const unsigned at = uses_at + step * key;
    return (state & ~(word{values - 1} << (at + 1))) | word{value} << (at + 1) | word{1} << at;
  }
  static constexpr word without(word state, unsigned key) noexcept {
    return state & ~(word{1} << (uses_at + step * key));
  }

 private:
  static constexpr unsigned uses_at = 4;
  static constexpr word end = word{1} << (step * Keys);  // no key's, so that there is always a first one
  static constexpr word one_version = end << uses_at;
};

}  // namespace sluice::detail
