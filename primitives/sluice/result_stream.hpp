// SPDX-License-Identifier: BSL-1.0
#pragma once
// Streams of results: errors that travel with the values, in their places, to somebody who knows enough to decide. "Error Handling" of
// K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017).
//
//   for (auto& page : p::try_map(done, urls, fetch)) if (!page && ++failed == 3) break;
//   sluice::result<std::vector<page>> all = p::gather(done, p::try_map(done, urls, fetch));     all of them, or the first error
//   for (auto& line : p::timeout(done, lines, 2s)) …                                            an error whenever none came in time
//
// Contract: that of sluice/patterns.hpp.
#include <chrono>
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/context_error.hpp>
#include <sluice/patterns.hpp>
#include <sluice/result.hpp>
#include <sluice/select.hpp>
#include <sluice/stage.hpp>

namespace sluice::patterns {

namespace detail {
template <class T>
struct value_of {
  using type = T;
};
template <class T>
struct value_of<result<T>> {
  using type = T;
};
// What an element of In is if it is no error.
template <class In>
using ok = typename value_of<typename In::value_type>::type;

// f of v, or the error that v is.
template <class F, class V>
auto attempt_on(F& f, V&& v) -> attempted<F&, typename value_of<V>::type> {
  if constexpr (is_result<V>) {
    if (!v) return unexpected(v.error());
    return attempt(f, *std::forward<V>(v));
  } else {
    return attempt(f, std::forward<V>(v));
  }
}
}  // namespace detail

// f of each value, as a result: f may return one, or throw. Errors that come in go out, and f does not see them.
template <readable In, std::invocable<detail::ok<In>> F>
receiver<attempted<F&, detail::ok<In>>> try_map(receiver<void> done, In in, F f) {
  return map(std::move(done), std::move(in),
             [f = std::move(f)](typename In::value_type&& v) mutable { return detail::attempt_on(f, std::move(v)); });
}

// Waits for all values, or the first error; the stream is not read on after that. An error, too, if `done` is closed before the end:
// context_errc::canceled.
template <readable In>
  requires is_result<typename In::value_type>
result<std::vector<detail::ok<In>>> gather(const receiver<void>& done, const In& in) {
  std::vector<detail::ok<In>> all;
  for (;;) {
    std::optional<typename In::value_type> v;
    if (0 == select_biased(on_pop(done, [](std::optional<unit>) {}),
                           on_pop(in, [&](std::optional<typename In::value_type> got) { v = std::move(got); })))
      return unexpected(error(context_errc::canceled));
    if (!v) return all;
    if (!*v) return unexpected(v->error());
    all.push_back(**std::move(v));
  }
}

// Each element, as a result; and context_errc::deadline_exceeded whenever none came within `limit`. The time that the consumer takes
// does not count.
template <readable In, class Rep, class Period>
receiver<result<detail::ok<In>>> timeout(receiver<void> done, In in, std::chrono::duration<Rep, Period> limit) {
  using element = result<detail::ok<In>>;
  return detail::own<element>("timeout", std::move(done), [in = std::move(in), limit](const auto& out) {
    for (;;) {
      std::optional<element> next;
      select_biased(on_pop(out.done(), [](std::optional<unit>) {}),
                    on_pop(in,
                           [&](std::optional<typename In::value_type> v) {
                             if (v) next.emplace(*std::move(v));
                           }),
                    after(limit, [&] { next.emplace(unexpected(error(context_errc::deadline_exceeded))); }));
      if (!next || !out.push(*std::move(next))) return;
    }
  });
}

}  // namespace sluice::patterns
