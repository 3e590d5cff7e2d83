// SPDX-License-Identifier: BSL-1.0
#pragma once
// What --weaken says.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <kit/command_line.hpp>
#include <kit/explore/describe.hpp>
#include <kit/explore/report.hpp>

namespace sluice::explore {

namespace detail {

constexpr bool are_called_alike() {
  for (std::size_t i = 0; i != kit::operation_names.size(); ++i)
    if (std::string_view(name_of(static_cast<op>(i))) != kit::operation_names[i]) return false;
  return static_cast<op>(kit::operation_names.size() - 1) == op::fence_heavy;
}
static_assert(are_called_alike());

inline op operation_named(std::string_view name) {
  return static_cast<op>(std::ranges::find(kit::operation_names, name) - kit::operation_names.begin());
}

}  // namespace detail

// kit::weaker in the explorer's words; `relaxed` leaves a fence out.
inline std::optional<order_change> parse_weakening(const std::string& text) {
  const std::optional<kit::weaker> asked = kit::parse_weaker(text);
  if (!asked) return std::nullopt;
  order_change change{.file = asked->file,
                      .line = static_cast<unsigned>(asked->line),
                      .how = detail::operation_named(asked->operation)};
  change.weak = !asked->to;
  change.drop = *change.how >= op::fence && asked->to == order::relaxed;
  (asked->which == 1 ? change.failure : change.success) = asked->to;
  return change;
}

}  // namespace sluice::explore
