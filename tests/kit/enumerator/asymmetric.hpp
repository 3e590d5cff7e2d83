// SPDX-License-Identifier: BSL-1.0
#pragma once
// A shape with every mixture of P1202's fences: each access is relaxed or seq_cst, and between any two accesses of a thread
// stands nothing, a light fence, a heavy one, or one that is merely seq_cst.
#include <cstddef>
#include <vector>

#include "mixtures.hpp"

namespace enumerator {

// Hands each to `visit`, until it answers false.
template <class Visit>
void each_asymmetric(const program& shape, const Visit& visit) {
  static constexpr what fences[] = {what::fence, what::fence, what::fence_light, what::fence_heavy};  // first: none
  const program gaps = with_gaps(shape);
  std::size_t mixtures = 1;
  for (const thread& t : gaps)
    for (const instruction& i : t) mixtures *= i.how == what::fence ? 4 : 2;
  for (std::size_t m = 0; m < mixtures; ++m) {
    program p;
    std::size_t rest = m;
    for (const thread& t : gaps) {
      thread& mine = p.emplace_back();
      for (instruction i : t) {
        const bool fence = i.how == what::fence;
        const std::size_t choice = rest % (fence ? 4 : 2);
        rest /= fence ? 4 : 2;
        i.mode = choice == 0 ? order::relaxed : order::seq_cst;
        if (fence) i.how = fences[choice];
        if (!fence || choice != 0) mine.push_back(i);
      }
    }
    if (!visit(p)) return;
  }
}

}  // namespace enumerator
