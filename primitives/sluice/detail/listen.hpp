// SPDX-License-Identifier: BSL-1.0
#pragma once
// listen: how a thread that waits for a peer looks for a while before it sleeps. A peer on another CPU usually needs less time than a
// sleep costs, or than a turn for other threads does: long enough that only a peer that is away outlasts the pauses.
#include <sluice/platform.hpp>

namespace sluice::detail {

// Whether `heard()` became true. `Between`: how many pauses there are from one look to the next one, which takes from the peer the line
// that he may be writing.
template <class Platform, int Between = 1, class Heard>
[[gnu::noinline]] bool listen(Heard heard) {
  constexpr int pauses = 256;
  constexpr int yields = 8;
  for (int i = 0; i != pauses / Between + yields; ++i) {
    if (heard()) return true;
    if (i >= pauses / Between)
      Platform::yield();
    else
      for (int k = 0; k != Between; ++k) Platform::pause();
  }
  return heard();
}

}  // namespace sluice::detail
