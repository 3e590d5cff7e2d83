// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a search that came to its end has gone through, in words: a pass says within which bounds it is one.
#include <string>

namespace sluice::explore {

inline std::string all_of(bool states, unsigned spurious) {
  const std::string all = states ? "every state" : "every execution";
  if (spurious == 0) return all + ", none with a spurious failure";
  return all + " with at most " + std::to_string(spurious) + " spurious failures per thread";
}

}  // namespace sluice::explore
