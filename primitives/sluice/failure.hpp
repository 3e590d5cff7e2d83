// SPDX-License-Identifier: BSL-1.0
#pragma once
// failure: what went wrong, as an error code or as an exception; or nothing. A value: copies share the exception.
#include <exception>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace sluice {

class [[nodiscard]] failure {
 public:
  failure() noexcept = default;  // nothing went wrong
  failure(std::error_code code) noexcept : code_(code) {}
  failure(std::exception_ptr thrown) noexcept
      : thrown_(std::move(thrown)) {}  // NOLINT(bugprone-throw-keyword-missing): it is kept
  template <class Enum>
    requires std::is_error_code_enum_v<Enum>
  failure(Enum e) noexcept : code_(make_error_code(e)) {}

  explicit operator bool() const noexcept { return thrown_ != nullptr || static_cast<bool>(code_); }
  // The code, if it is one; zero of an exception.
  const std::error_code& code() const noexcept { return code_; }
  // The exception, if it is one.
  const std::exception_ptr& exception() const noexcept { return thrown_; }

  // Throws what it is: the exception, or the code as a std::system_error. Precondition: something went wrong.
  [[noreturn]] void raise() const {
    if (thrown_ != nullptr) std::rethrow_exception(thrown_);
    throw std::system_error(code_);
  }
  // For people. Empty if nothing went wrong.
  std::string message() const {
    if (thrown_ == nullptr) return code_ ? code_.message() : std::string();
    try {
      std::rethrow_exception(thrown_);
    } catch (const std::exception& e) {
      return e.what();
    } catch (...) {
      return "an exception that is no std::exception";
    }
  }

  // The same code, or the same exception object.
  friend bool operator==(const failure&, const failure&) = default;

 private:
  std::error_code code_;
  std::exception_ptr thrown_;
};

}  // namespace sluice
