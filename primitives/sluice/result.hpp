// SPDX-License-Identifier: BSL-1.0
#pragma once
// result<T>: a value, or the error in its place; so that errors travel with values through channels and pipelines, to where somebody
// knows what to do. Go's struct { Value; Error }, of which only one of the two can be there.
//
//   sluice::receiver<sluice::result<page>> pages = sluice::patterns::try_map(done, urls, fetch);
//   for (auto& page : pages) if (page) show(*page); else log << page.error().details();
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/error.hpp>
#include <sluice/expected.hpp>

namespace sluice {

template <class T>
using result = expected<T, error>;

template <class R>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

namespace detail {
template <class R>
struct as_result {
  using type = result<R>;
};
template <class T>
struct as_result<result<T>> {
  using type = result<T>;
};
template <>
struct as_result<void> {
  using type = result<unit>;
};
}  // namespace detail

// What attempt gives for F called with Args: a result<T> as it is, of void a result<unit>.
template <class F, class... Args>
using attempted = typename detail::as_result<std::decay_t<std::invoke_result_t<F, Args...>>>::type;

// What f(args...) returns, or what it throws, as a result.
template <class F, class... Args>
attempted<F, Args...> attempt(F&& f, Args&&... args) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F, Args...>>) {
      std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
      return unit{};
    } else {
      return std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
    }
  } catch (...) {
    return unexpected(because());
  }
}

}  // namespace sluice
