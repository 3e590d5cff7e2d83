// SPDX-License-Identifier: BSL-1.0
#pragma once
// back_off: who lost a word to another thread leaves it alone for a while (Anderson, IEEE TPDS 1990). Two that try again at once
// take its line from each other for every element: one loses, and the other one waits for the line. While one looks away the
// other one gets a hundred through, on lines of its own; with many at it each loss in a row makes the while longer.
//
// Nothing depends on it but time, so under a checker it does nothing.
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class back_off {
 public:
  static constexpr std::uint32_t least_pauses = 64;
  static constexpr std::uint32_t most_pauses = 1024;

  // After a lost attempt, which saw `seen`: that, later.
  template <class T>
  T after_a_while(T seen) noexcept {
    if constexpr (requires { Platform::give_way(pauses_); }) {
      Platform::give_way(pauses_);
      if (pauses_ < most_pauses) pauses_ *= 4;
    }
    return seen;
  }

 private:
  std::uint32_t pauses_ = least_pauses;
};

}  // namespace sluice::detail
