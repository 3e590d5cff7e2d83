// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <source_location>
#include <string>

namespace sluice::kit {

// The bare name out of "T space::class<...>::name(...) [with ...]", which is what a compiler calls a function.
inline std::string function_name(const std::source_location& where) {
  std::string text = where.function_name();
  text.resize(std::min(text.find('('), text.size()));
  const std::size_t colons = text.rfind("::");
  return colons == std::string::npos ? text : text.substr(colons + 2);
}

}  // namespace sluice::kit
