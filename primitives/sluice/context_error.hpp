// SPDX-License-Identifier: BSL-1.0
#pragma once
// Why a context is over, as an error code of a category of its own; equal to std::errc::operation_canceled and to
// std::errc::timed_out as conditions.
#include <string>
#include <system_error>
#include <type_traits>

namespace sluice {

enum class context_errc : int { canceled = 1, deadline_exceeded };

inline const std::error_category& context_category() noexcept {
  struct category final : std::error_category {
    const char* name() const noexcept override { return "sluice.context"; }
    std::string message(int e) const override {
      return e == static_cast<int>(context_errc::canceled)            ? "context canceled"
             : e == static_cast<int>(context_errc::deadline_exceeded) ? "context deadline exceeded"
                                                                      : "unknown";
    }
    std::error_condition default_error_condition(int e) const noexcept override {
      if (e == static_cast<int>(context_errc::canceled)) return std::errc::operation_canceled;
      if (e == static_cast<int>(context_errc::deadline_exceeded)) return std::errc::timed_out;
      return {e, *this};
    }
  };
  static const category the_one;
  return the_one;
}

inline std::error_code make_error_code(context_errc e) noexcept { return {static_cast<int>(e), context_category()}; }

}  // namespace sluice

template <>
struct std::is_error_code_enum<sluice::context_errc> : std::true_type {};
