// SPDX-License-Identifier: BSL-1.0
#pragma once
// How far ways through a graph lead (see psc.hpp): a set of nodes that holds, with a node, all later ones of its row.
#include <algorithm>
#include <array>
#include <cstdint>

#include <kit/explore/graph.hpp>

namespace sluice::explore {

// Row t holds thread t's nodes but its light fences, which are in row lanes + t.
inline constexpr unsigned psc_rows = 2 * lanes;

// In each row, the nodes from an index on.
struct psc_frontier {
  static constexpr std::int16_t none = 0x7fff;  // signed, for there are instructions for the minima of those
  std::array<std::int16_t, psc_rows> from;

  psc_frontier() { from.fill(none); }
  // In two loops of a fixed length, which compilers make vector instructions of.
  void join(const psc_frontier& o, bool and_light = true) {
    for (unsigned r = 0; r < lanes; ++r) from[r] = std::min(from[r], o.from[r]);
    if (!and_light) return;
    for (unsigned r = lanes; r < psc_rows; ++r) from[r] = std::min(from[r], o.from[r]);
  }
  void add(unsigned row, std::uint16_t index) { from[row] = std::min(from[row], static_cast<std::int16_t>(index)); }
  bool holds(ref access) const { return from[access.thread] <= access.index; }
};

}  // namespace sluice::explore
