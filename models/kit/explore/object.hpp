// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the checker keeps beside each shared object of the client.
#include <array>
#include <cstdint>
#include <source_location>

#include <kit/explore/clock.hpp>

namespace sluice::explore {

// The n-th object that a thread makes is the same object in every execution that begins alike.
struct object {
  std::uint64_t execution = 0;  // the one in which it lives; 0 once destroyed
  std::uint16_t creator = 0;
  std::uint16_t created = 0;  // index of the creator's next event then
  std::uint16_t serial = 0;
  std::array<clock::count, lanes> touched{};  // per thread, index at its last access; -1 if none

  // The first thread whose access, or whose construction of it, is not in `past`.
  int not_known_to(const clock& past, unsigned self) const {
    if (creator != main_lane && creator != self && past.seen[creator] <= static_cast<clock::count>(created))
      return creator;
    for (unsigned t = 1; t <= max_threads; ++t)
      if (t != self && touched[t] >= past.seen[t]) return static_cast<int>(t);
    return -1;
  }
};

struct plain_object : object {
  std::uint16_t writer = main_lane;
  std::uint16_t written = 0;
  std::source_location write_at{};
  std::source_location read_at{};
};

}  // namespace sluice::explore
