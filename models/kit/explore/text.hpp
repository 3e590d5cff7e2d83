// SPDX-License-Identifier: BSL-1.0
#pragma once
// What `"literal" + string` does; g++ 12 takes its insertion at the front for an overlapping copy.
#include <cstdint>
#include <string>

namespace sluice::explore::detail {

inline std::string text(const char* before, const std::string& after) {
  std::string s(before);
  s += after;
  return s;
}
inline std::string text(const char* before, std::uint64_t number) { return text(before, std::to_string(number)); }

}  // namespace sluice::explore::detail
