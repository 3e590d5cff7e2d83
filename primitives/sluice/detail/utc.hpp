// SPDX-License-Identifier: BSL-1.0
#pragma once
// A moment for reports: in UTC, as ISO 8601 has it.
#include <chrono>
#include <cstdio>
#include <string>

namespace sluice::detail {

// 2024-02-29T12:00:00.000Z
inline std::string utc(std::chrono::system_clock::time_point t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(t - day));
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text;
}
inline std::string utc_now() { return utc(std::chrono::system_clock::now()); }

}  // namespace sluice::detail
