// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <sluice/detail/chan_ring.hpp>

namespace sluice::detail {

// Attempts again, before its caller stands in line: a peer on another CPU usually needs less time than a sleep costs. A
// few pauses, then a few turns for others. True once done.
template <class Platform, class Attempt>
bool spin_at_ring(Attempt attempt) {
  constexpr int pauses = 32;
  constexpr int yields = 8;
  if (Platform::cpus() == 1) return false;
  for (int i = 0; i != pauses + yields; ++i) {
    if (i < pauses)
      Platform::pause();
    else
      Platform::yield();
    const ring_answer a = attempt();
    if (a == ring_answer::done) return true;
    if (a == ring_answer::barred) return false;  // somebody is in line, or it is closed
  }
  return false;
}

}  // namespace sluice::detail
