// SPDX-License-Identifier: BSL-1.0
#pragma once
// What several searches that shared one client's executions (options::takes) found, as if one had gone through them all.
#include <utility>

#include <kit/explore/report.hpp>

namespace sluice::explore {

// A violation is one of the whole; what one of them did not finish, nobody did; all else adds up.
inline void merge(report& all, report part) {
  all.executions += part.executions;
  all.blocked += part.blocked;
  all.bounded += part.bounded;
  all.changed += part.changed;
  all.broken = all.broken || part.broken;
  all.seconds = all.seconds < part.seconds ? part.seconds : all.seconds;
  const bool decides = part.verdict == verdict::violation
                           ? all.verdict != verdict::violation
                           : part.verdict == verdict::unknown && all.verdict == verdict::ok;
  if (!decides) return;
  all.verdict = part.verdict;
  all.violation = part.violation;
  all.message = std::move(part.message);
  all.trace = std::move(part.trace);
  all.dot = std::move(part.dot);
  all.token = std::move(part.token);
}

}  // namespace sluice::explore
