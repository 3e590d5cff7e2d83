// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the programs of both engines are asked alike, and refuse alike, whichever engine runs the client.
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace sluice::kit {

inline constexpr std::uint64_t any_number = std::numeric_limits<std::uint64_t>::max();

// CLI11 lets a negative number wrap round, and takes one that begins with 0 for an octal one.
inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most = any_number) {
  const std::string range =
      most == any_number ? std::to_string(least) + " or more" : std::to_string(least) + " to " + std::to_string(most);
  const auto wrong = [=](const std::string& text) -> std::string {
    std::uint64_t n = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, n);
    if (at != end || error != std::errc() || n < least || n > most)
      return "wants a whole number, " + range + ", not '" + text + "'";
    if (text.size() > 1 && text[0] == '0') return "wants a number that does not begin with 0, not '" + text + "'";
    return {};
  };
  return {wrong, range};
}

inline CLI::Validator positive_number() {
  const auto wrong = [](const std::string& text) -> std::string {
    char* end = nullptr;
    const double n = std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' && n > 0 ? "" : "wants a number above 0, not '" + text + "'";
  };
  return {wrong, "above 0"};
}

// Those which --weaken can name, as both engines call them.
inline constexpr std::array operation_names{"load",
                                            "store",
                                            "exchange",
                                            "fetch_add",
                                            "fetch_sub",
                                            "fetch_or",
                                            "fetch_and",
                                            "fetch_xor",
                                            "compare_exchange_strong",
                                            "compare_exchange_weak",
                                            "fence",
                                            "fence_light",
                                            "fence_heavy"};
inline constexpr std::array order_names{"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};

constexpr const char* name_of(std::memory_order o) { return order_names[static_cast<std::size_t>(o)]; }

// What --weaken says: FILE:LINE:OPERATION:WHICH:ORDER. WHICH is 0, or 1 for the order of a compare-exchange that fails.
struct weaker {
  std::string file;  // the end of the path
  int line = 0;
  std::string operation{};
  int which = 0;
  std::optional<std::memory_order> to{};  // none: a strong compare-exchange that may fail spuriously
};

// An order of loads alone, or of stores alone, is none of the other's; a fence with an order of its own is there or not.
inline bool can_have(std::string_view operation, int which, std::memory_order o) {
  if (operation == "load" || which == 1) return o != std::memory_order_release && o != std::memory_order_acq_rel;
  if (operation == "store")
    return o == std::memory_order_relaxed || o == std::memory_order_release || o == std::memory_order_seq_cst;
  return !operation.starts_with("fence_") || o == std::memory_order_relaxed;
}

// Nothing where it could weaken nothing.
inline std::optional<weaker> parse_weaker(const std::string& text) {
  std::vector<std::string> part;
  std::istringstream in(text);
  for (std::string p; std::getline(in, p, ':');) part.push_back(p);
  if (part.size() != 5 || text.back() == ':' || part[0].empty() || (part[3] != "0" && part[3] != "1"))
    return std::nullopt;
  weaker w{.file = part[0], .operation = part[2], .which = part[3] == "1" ? 1 : 0};
  const char* const end = part[1].data() + part[1].size();
  const auto number = std::from_chars(part[1].data(), end, w.line);
  if (number.ptr != end || number.ec != std::errc() || w.line < 1) return std::nullopt;
  if (std::ranges::find(operation_names, std::string_view(w.operation)) == operation_names.end()) return std::nullopt;
  if (w.which == 1 && !w.operation.starts_with("compare_exchange_")) return std::nullopt;
  if (part[4] == "weak") {
    if (w.operation != "compare_exchange_strong" || w.which == 1) return std::nullopt;
    return w;
  }
  const auto order = std::ranges::find(order_names, std::string_view(part[4]));
  if (order == order_names.end()) return std::nullopt;
  w.to = static_cast<std::memory_order>(order - order_names.begin());
  if (!can_have(w.operation, w.which, *w.to)) return std::nullopt;
  return w;
}

inline constexpr const char* weaken_help =
    "FILE:LINE:OPERATION:WHICH:ORDER, the one order to weaken; ORDER `weak`: let a strong CAS fail spuriously";

inline std::string no_weaker(const std::string& text) {
  return "--weaken wants FILE:LINE:OPERATION:WHICH:ORDER, not '" + text +
         "'; WHICH is 0, or 1 for the order of a compare-exchange that fails; ORDER one that such an operation "
         "can have (`relaxed` leaves a fence out), or `weak` for a compare_exchange_strong";
}

// Nothing was weakened, so that what was gone through says nothing about `weaken`.
inline std::string unmet(const std::string& weaken, const std::string& all) {
  return "no operation of this client is made weaker by --weaken " + weaken +
         " (--sites shows those that it performs, with their orders); as written, " + all;
}

inline constexpr const char* no_client = "--client NAME is required; --list names them";
inline std::string no_client_called(const std::string& name) { return "no client '" + name + "'; --list names them"; }

}  // namespace sluice::kit
