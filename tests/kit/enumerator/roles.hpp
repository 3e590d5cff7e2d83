// SPDX-License-Identifier: BSL-1.0
#pragma once
// Names for threads. Those that leave each thread its role stand for executions that differ only in which thread of a role
// did what: an orbit, whose name is the least text among them.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace enumerator {

// text(names): the execution as text, thread t under the name names[t].
template <class Text>
std::string least_text(const std::vector<unsigned>& roles, const Text& text) {
  std::vector<unsigned> names(roles.size());
  std::iota(names.begin(), names.end(), 0U);
  std::string least = text(names);
  while (std::next_permutation(names.begin(), names.end())) {
    bool keeps_roles = true;
    for (unsigned t = 0; t < names.size(); ++t) keeps_roles = keeps_roles && roles[names[t]] == roles[t];
    if (keeps_roles) least = std::min(least, text(names));
  }
  return least;
}

}  // namespace enumerator
