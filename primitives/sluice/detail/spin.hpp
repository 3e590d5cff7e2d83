// SPDX-License-Identifier: BSL-1.0
#pragma once
// How what blocks looks again a few times before it sleeps: with pauses that double, in all about as long as going to sleep
// and being woken takes. Not at all where there is one CPU, and so under a checker. No turns for other threads (yields):
// where others want the CPU a turn costs the slice of one of them, while a sleeper is put back at once when it is woken.
#include <sluice/platform.hpp>

namespace sluice::detail {

// Until `look()` is true, or it had better sleep: then false.
template <class Platform, class Look>
bool spin(Look look) {
  constexpr int most_pauses = 128;
  if (Platform::cpus() < 2) return false;
  for (int pauses = 1; pauses <= most_pauses; pauses *= 2) {
    for (int i = 0; i != pauses; ++i) Platform::pause();
    if (look()) return true;
  }
  return false;
}

}  // namespace sluice::detail
