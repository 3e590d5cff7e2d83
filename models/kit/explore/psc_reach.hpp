// SPDX-License-Identifier: BSL-1.0
#pragma once
// How far all the ways of psc lead from a node (see psc.hpp), found once for all who come there: a consistent graph has no
// cycle, so that what lies beyond a node does not depend on how it was reached.
#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <kit/explore/psc.hpp>

namespace sluice::explore {

class psc_reach : protected psc_check {
 protected:
  // To be called once the graph's nodes are collected.
  void forget_reached() {
    for (const unsigned row : rows_) {
      if (reach_[row].size() < nodes_[row].size()) reach_[row].resize(nodes_[row].size());
      for (std::size_t k = 0; k < nodes_[row].size(); ++k) reach_[row][k].known = false;
    }
  }

  // From the k-th node of a row and those after it, themselves included.
  const frontier& reached_from(unsigned row, std::size_t k) {
    reach& of = reach_[row][k];
    if (of.known) return of.all;
    of.known = true;
    of.all = frontier();
    of.all.add(row, nodes_[row][k]);
    if (k + 1 < nodes_[row].size()) of.all.join(reached_from(row, k + 1));
    frontier next;
    go_on(name(row % lanes, nodes_[row][k]), next);
    for (const unsigned r : rows_) {
      const auto first = std::lower_bound(nodes_[r].begin(), nodes_[r].end(), next.from[r]);
      if (first != nodes_[r].end()) of.all.join(reached_from(r, static_cast<std::size_t>(first - nodes_[r].begin())));
    }
    return of.all;
  }

 private:
  struct reach {
    bool known = false;
    frontier all;
  };
  std::array<std::vector<reach>, rows> reach_;
};

}  // namespace sluice::explore
