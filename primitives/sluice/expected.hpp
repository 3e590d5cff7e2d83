// SPDX-License-Identifier: BSL-1.0
#pragma once
// C++20's stand-in for std::expected<T, E> (C++23): the part that a queue's answer needs, with the standard's names
// and meaning. It does not become std::expected under C++23, so that a program whose parts are built for different
// standards agrees on the type.
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace sluice {

template <class E>
class unexpected {
 public:
  constexpr explicit unexpected(E e) noexcept(std::is_nothrow_move_constructible_v<E>) : error_(std::move(e)) {}
  constexpr const E& error() const noexcept { return error_; }

 private:
  E error_;
};

// What value() throws where there is none.
template <class E>
class bad_expected_access : public std::exception {
 public:
  explicit bad_expected_access(E e) : error_(std::move(e)) {}
  const char* what() const noexcept override { return "sluice::expected holds an error, not a value"; }
  const E& error() const noexcept { return error_; }

 private:
  E error_;
};

template <class T, class E>
class [[nodiscard]] expected {
 public:
  using value_type = T;
  using error_type = E;

  constexpr expected(T v) noexcept(std::is_nothrow_move_constructible_v<T>) : value_(std::move(v)) {}
  constexpr expected(unexpected<E> e) noexcept : error_(e.error()) {}
  template <class... Args>
  constexpr explicit expected(std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>)
      : value_(std::in_place, std::forward<Args>(args)...) {}

  constexpr bool has_value() const noexcept { return value_.has_value(); }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  constexpr expected& operator=(unexpected<E> e) noexcept {
    value_.reset();
    error_ = e.error();
    return *this;
  }

  // Precondition of the next five: has_value().
  constexpr T& operator*() & noexcept { return *value_; }
  constexpr const T& operator*() const& noexcept { return *value_; }
  constexpr T&& operator*() && noexcept { return *std::move(value_); }
  constexpr T* operator->() noexcept { return &*value_; }
  constexpr const T* operator->() const noexcept { return &*value_; }

  // Replaces whatever is here.
  template <class... Args>
  constexpr T& emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    return value_.emplace(std::forward<Args>(args)...);
  }

  // Precondition: !has_value().
  constexpr const E& error() const noexcept { return error_; }

  constexpr T& value() & { return check(), *value_; }
  constexpr const T& value() const& { return check(), *value_; }
  constexpr T&& value() && { return check(), *std::move(value_); }
  template <class U>
  constexpr T value_or(U&& other) && {
    return std::move(value_).value_or(std::forward<U>(other));
  }
  template <class U>
  constexpr T value_or(U&& other) const& {
    return value_.value_or(std::forward<U>(other));
  }

 private:
  constexpr void check() const {
    if (!has_value()) throw bad_expected_access<E>(error_);
  }

  std::optional<T> value_{};
  E error_{};
};

}  // namespace sluice
