// SPDX-License-Identifier: BSL-1.0
#pragma once
// search_effort: how hard a worker of a work_pool looks for something before it sleeps, how much it takes at a time, and how often
// it takes the eldest of its own.
#include <chrono>
#include <cstddef>

namespace sluice::detail {

// With one look it takes whatever it sees, at once.
struct search_effort {
  unsigned looks = 3;
  unsigned pauses = 128;  // between two looks: some microseconds
  unsigned watches = 16;  // in a row, in which the others did nothing either
  std::chrono::microseconds watch{50};
  // For each so many, at least one, that lie beside what it steals it takes another one along, for then the owner, at the other end,
  // is far away.
  std::size_t one_along_of = 16;
  std::size_t most_along = room_along;

  static constexpr std::size_t room_along = 3;  // and no more, whatever it asks for
};
// Until a worker takes the eldest of its own once more.
inline constexpr std::chrono::milliseconds between_eldest{1};

}  // namespace sluice::detail
