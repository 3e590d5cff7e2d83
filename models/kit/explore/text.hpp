// SPDX-License-Identifier: BSL-1.0
#pragma once
// Words of messages.
#include <cstdint>
#include <source_location>
#include <string>

namespace sluice::explore::detail {

// What `"literal" + string` does; g++ 12 takes its insertion at the front for an overlapping copy.
inline std::string text(const char* before, const std::string& after) {
  std::string s(before);
  s += after;
  return s;
}
inline std::string text(const char* before, std::uint64_t number) { return text(before, std::to_string(number)); }

inline std::string place_name(const std::source_location& where) {
  std::string file = where.file_name();
  file.erase(0, file.find_last_of('/') + 1);
  return file + ":" + std::to_string(where.line());
}

}  // namespace sluice::explore::detail
