// SPDX-License-Identifier: BSL-1.0
#pragma once
// What --weaken says.
#include <charconv>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <kit/explore/describe.hpp>
#include <kit/explore/report.hpp>

namespace sluice::explore {

template <class E>
std::optional<E> value_named(const std::string& name, unsigned count) {
  for (unsigned i = 0; i != count; ++i)
    if (name == name_of(static_cast<E>(i))) return static_cast<E>(i);
  return std::nullopt;
}

// FILE:LINE:OPERATION:WHICH:TO. WHICH is 0, or 1 for the order of a compare-exchange that fails; TO is an order
// (`relaxed` leaves a fence out), or `weak` for a strong compare-exchange that then may fail spuriously.
inline std::optional<order_change> parse_weakening(const std::string& text) {
  std::vector<std::string> part;
  std::istringstream in(text);
  for (std::string p; std::getline(in, p, ':');) part.push_back(p);
  if (part.size() != 5 || part[0].empty() || (part[3] != "0" && part[3] != "1")) return std::nullopt;
  order_change change{.file = part[0], .how = value_named<op>(part[2], unsigned(op::fence_heavy) + 1)};
  const auto to = value_named<order>(part[4], 6);
  const char* const end = part[1].data() + part[1].size();
  const auto number = std::from_chars(part[1].data(), end, change.line);
  change.weak = part[4] == "weak";
  if (number.ptr != end || change.line == 0 || !change.how || !(to || change.weak)) return std::nullopt;
  if (change.weak && (*change.how != op::cas_strong || part[3] == "1")) return std::nullopt;
  if (part[3] == "1" && !is_cas(*change.how)) return std::nullopt;
  change.drop = *change.how >= op::fence && to == order::relaxed;
  (part[3] == "1" ? change.failure : change.success) = to;
  return change;
}

}  // namespace sluice::explore
