// SPDX-License-Identifier: BSL-1.0
#pragma once
// How many executions there are, without going through them: heuristic sampling (P. C. Chen, SIAM J. Comput. 21(2),
// 1992). The nodes of the tree are sorted into strata, by a number that grows along every branch. Of each stratum one
// node stands for all that were met: which one is drawn in proportion to what each stands for itself. So the sum over
// the nodes visited, each times what it stands for, has the right mean; and unlike in random descents (Knuth, 1975),
// a branch that holds nearly everything is not lost by one unlucky step near the root.
#include <cstdint>
#include <map>
#include <random>

#include <kit/explore/search.hpp>

namespace sluice::explore {

class strata {
 public:
  explicit strata(std::uint64_t seed) : random_(seed) {}

  // Of one pass: how many nodes the one that is being visited stands for.
  double weight() const { return weight_; }
  void start() { weight_ = 1; }
  // Sorts what the node that was visited has left.
  void keep(search& from) {
    from.give_alternatives([this](std::uint64_t where, const auto& copy) {
      node& n = nodes_[where];
      n.weight += weight_;
      if (std::uniform_real_distribution<double>(0, n.weight)(random_) <= weight_) copy(n.representative);
    });
  }
  // Has `to` go on to the next node; false when none is left.
  bool next(search& to) {
    while (!nodes_.empty()) {
      const auto first = nodes_.extract(nodes_.begin());
      weight_ = first.mapped().weight;
      if (to.go_to(first.mapped().representative)) return true;
      keep(to);
    }
    return false;
  }

 private:
  struct node {
    kept_alternative representative;
    double weight = 0;
  };
  std::mt19937_64 random_;
  std::map<std::uint64_t, node> nodes_;
  double weight_ = 1;
};

}  // namespace sluice::explore
