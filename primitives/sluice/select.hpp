// SPDX-License-Identifier: BSL-1.0
#pragma once
// select: Go's select. Waits for the first of several cases and runs its handler.
//
//   select(on_pop(rx, [](std::optional<int> v) { … }),   // nullopt: closed and drained
//          on_push(tx, 7, [](bool accepted) { … }),       // false: closed
//          after(1s, [] { … }), until(t, …), on_stop(token, …))
//   select(on_pop(rx, …), otherwise([] { … }))            // does not wait
//
// Returns the index of the case that fired; handlers are optional but for what a pop brings, and run with nothing locked.
// Contract. Exactly one case fires, the others leave no trace: what they would have pushed is untouched, if it is an
// element and not something that on_push converted into one (it does so at once; see chan.hpp). Of several that
// are ready the choice is uniform; select_biased takes the first. It looks at them one after the other, and passes none by that
// was ready when it began, unless a peer is in the middle of the very slot whose turn it is there; what an earlier case's
// counterparty does after that look it may miss. A nil channel is never ready; a closed one always is.
// The same channel may stand in many cases, and in both directions; a select does not meet itself. `otherwise` fires
// only if there was an instant at which no case was ready. A time-out or a stop loses to a case that is ready.
// At most one each of otherwise and on_stop; of several deadlines the first to come counts. until takes the time of any clock: see
// Time in chan.hpp.
// A select is one step, and linearizable (but which of its cases a biased one had looked at before is not part of that step): see
// detail/select_core.hpp, which also says how it waits. Nothing allocates.
// At most 64 cases stand in one call; an array of any_case may have any number, and making those allocates.
// Blocking: a select that finds a case ready at first takes at most that channel's lock; otherwise those of all.
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/any_case.hpp>
#include <sluice/chan.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/detail/select_case.hpp>
#include <sluice/detail/select_clauses.hpp>
#include <sluice/detail/select_over.hpp>
#include <sluice/detail/select_run.hpp>
#include <sluice/platform.hpp>

namespace sluice {

// Fires when `c` has an element, or is closed and drained: `f(std::optional<T>)`.
template <class T, class Platform, bool Pushes, class F>
auto on_pop(const basic_chan<T, Platform, Pushes, true>& c, F f) {
  return detail::pop_clause<typename basic_chan<T, Platform, Pushes, true>::value_type, Platform, F>{
      detail::chan_access::core(c), std::move(f)};
}

// Fires when `c` takes `v`, or is closed: `f(bool accepted)` or `f()`. Of an rvalue that is an element this keeps a
// reference, and moves from it only if it fires; anything else it converts into an element now (see chan.hpp).
template <class T, class Platform, bool Pops, class U, class F = detail::nothing_to_do>
  requires std::convertible_to<U, typename basic_chan<T, Platform, true, Pops>::value_type>
auto on_push(const basic_chan<T, Platform, true, Pops>& c, U&& v, F f = {}) {
  using element = typename basic_chan<T, Platform, true, Pops>::value_type;
  if constexpr (std::is_same_v<U, element>)
    return detail::push_clause<element, Platform, F, true>{detail::chan_access::core(c), v, std::move(f)};
  else
    return detail::push_clause<element, Platform, F, false>{detail::chan_access::core(c),
                                                            static_cast<element>(std::forward<U>(v)), std::move(f)};
}

// Fires where no case is ready, at once.
template <class F = detail::nothing_to_do>
detail::otherwise_clause<F> otherwise(F f = {}) {
  return {std::move(f)};
}
// Fires where no case became ready within `d`, or before `t`.
template <class Rep, class Period, class F = detail::nothing_to_do>
detail::after_clause<std::chrono::duration<Rep, Period>, F> after(std::chrono::duration<Rep, Period> d, F f = {}) {
  return {d, std::move(f)};
}
template <class Clock, class Duration, class F = detail::nothing_to_do>
detail::until_clause<std::chrono::time_point<Clock, Duration>, F> until(std::chrono::time_point<Clock, Duration> t,
                                                                        F f = {}) {
  return {t, std::move(f)};
}
// Fires where a stop was requested before a case became ready.
template <class Token, class F = detail::nothing_to_do>
detail::stop_clause<Token, F> on_stop(Token token, F f = {}) {
  return {std::move(token), std::move(f)};
}

// Waits for one of the cases; the choice among those that are ready is uniform.
template <class... Clauses>
  requires(detail::clause<Clauses> && ...)
std::size_t select(Clauses&&... clauses) {
  return detail::select_run<detail::choice::fair, std::remove_cvref_t<Clauses>...>::run(clauses...);
}
// The same, but takes the first that it finds ready, and looks at them in their order.
template <class... Clauses>
  requires(detail::clause<Clauses> && ...)
std::size_t select_biased(Clauses&&... clauses) {
  return detail::select_run<detail::choice::first, std::remove_cvref_t<Clauses>...>::run(clauses...);
}

// Over cases that were put together at run time, and ends: otherwise, after, until, on_stop. An end's index is cases.size()
// and its place among the ends. No allocation; O(cases), and where it waits, or answers `otherwise`, up to O(cases^2) comparisons of
// addresses: none too many where the array's channels are in the order of their addresses.
template <class Platform, std::size_t N, class... Ends>
std::size_t select(std::span<any_case<Platform>, N> cases, Ends&&... ends) {
  return detail::select_over<Platform>(cases).run(true, ends...);
}
template <class Platform, std::size_t N, class... Ends>
std::size_t select_biased(std::span<any_case<Platform>, N> cases, Ends&&... ends) {
  return detail::select_over<Platform>(cases).run(false, ends...);
}

}  // namespace sluice
