// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the search leaves for later: another way in which an event of the graph can be.
#include <cstdint>

#include <kit/explore/graph.hpp>

namespace sluice::explore {

enum class step : std::uint8_t { read_from, spurious, place, choose, go_on, revisit, place_revisitor };

struct alternative {
  step what = step::read_from;
  std::uint32_t length = 0;  // of the graph up to and with the event that has this alternative
  std::uint32_t level = 0;   // of the executions that it leads to
  ref target;                // write to read from, write to stand after, read to revisit
  std::uint64_t value = 0;   // of a choice; of a place of a revisitor, 1: the read fails for no reason

  // Greater than that of whatever led to it; alternatives that have it in common have much in common.
  std::uint64_t stratum() const {
    return std::uint64_t{level} << 32 | std::uint64_t{0xffffffU - length} << 8 | static_cast<unsigned>(what);
  }
};

// With all that it takes to go on from it at any time.
struct kept_alternative {
  graph events;
  ref revisited;
  alternative next;
};

}  // namespace sluice::explore
