// SPDX-License-Identifier: BSL-1.0
#pragma once
// async_chan: channels for coroutines. What waits is the coroutine, not the thread.
//
//   std::optional<int> v = co_await rx.async_pop();           // none: closed and drained
//   bool accepted = co_await tx.async_push(7);                // false: closed
//   expected<int, wait_status> w = co_await rx.async_pop_or_stop(token);
//   wait_status s = co_await tx.async_push_or_stop(7, token);
//   std::size_t i = co_await async_select(on_pop(rx, [](std::optional<int> v) { … }), on_push(tx, 7), on_stop(token));
//   co_await rx.async_pop(pool);                              // resumed by pool(handle)
//
// Contract. As the operations of chan.hpp and select.hpp, with which they stand in the same lines: any mixture of threads,
// coroutines and selects of both kinds meets on one channel, also at a rendezvous, in the order in which they came.
// A coroutine that finds its operation ready does not suspend. Otherwise whoever serves it, closes, or stops it calls the
// executor, once, with the std::coroutine_handle<> to resume, and holds no lock meanwhile; a handler of async_select runs
// in the coroutine, when it has been resumed. The executor is anything that can be called with the handle and moved; it must
// not throw, and what it hands to another thread it must hand over with the usual order, as a queue does. Without one
// the coroutine is resumed in place (resume_inline): on the stack of whoever rang, in the middle of its push, pop,
// close or request_stop, so it should suspend again soon; coroutines that resume each other in a row nest, with a few hundred
// bytes of stack each.
// Some handle of each channel stays as long as the coroutine waits, and so does an rvalue that is to be pushed.
// Time. There is no thread here that could wait for a point in time, so there are no timed forms, and after and until do not
// compile in async_select: what times out is a channel that somebody pushes into or closes, or a stop, by the program's own
// event loop.
// A coroutine may be destroyed while it waits: it leaves its lines, and the element that it would push is destroyed with
// it, or stays. That is not to happen beside an operation that may serve it, as resuming and destroying at one time is
// not; where a counterparty is seen to have begun, the program is terminated. Of a handle that the executor has and
// does not resume, what the coroutine popped is destroyed with it.
// Progress: as the operations of threads, which may wait for the channel's lock or for a peer in the middle of a slot. An
// operation that is ready costs what theirs costs. Nothing allocates.
// A coroutine holds elements in its frame, where compilers keep no alignment above that of new, so elements with more do not compile
// here: wait for them in a thread or a task, or by an array of any_case. An rvalue of them that stays outside the frame can be pushed.
// g++ 12 loses the body of a coroutine that starts suspended and has a co_await, of whatever, in the condition of an if, or under
// -fsanitize=address of a while: let the answer be a variable there.
// There are no senders in the style of P2300: this is their shape where there is one continuation, the coroutine.
#include <coroutine>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include <sluice/any_case.hpp>
#include <sluice/chan.hpp>
#include <sluice/detail/async_cases.hpp>
#include <sluice/detail/async_operation.hpp>
#include <sluice/detail/async_select.hpp>
#include <sluice/select.hpp>

namespace sluice {

// The executor where none is named.
struct resume_inline {
  void operator()(std::coroutine_handle<> h) const { h.resume(); }
};

// As the first argument of an async_select: the executor that resumes it.
template <class Executor>
struct resume_on {
  explicit resume_on(Executor e) : executor(std::move(e)) {}
  Executor executor;
};

namespace detail {
template <choice Choice, class Executor, class... Clauses>
auto async_select_of(Executor executor, Clauses... clauses) {
  using platform = typename first_platform<typename Clauses::platform...>::type;
  using operation = async_operation<async_select_cases<Choice, platform, Clauses...>, Executor>;
  return async_wish<operation, Executor, Clauses...>(std::move(executor), std::move(clauses)...);
}
template <choice Choice, class Platform, class Executor, class... Ends>
auto async_select_over_of(Executor executor, std::span<any_case<Platform>> cases, Ends... ends) {
  using operation = async_operation<async_select_over<Choice, Platform, Ends...>, Executor>;
  return async_wish<operation, Executor, std::span<any_case<Platform>>, Ends...>(std::move(executor), cases,
                                                                                 std::move(ends)...);
}
}  // namespace detail

// co_await: waits for one of the cases (on_pop, on_push, otherwise, on_stop), runs its handler and gives its index; the
// choice among those that are ready is uniform.
template <class... Clauses>
  requires(detail::clause<Clauses> && ...)
auto async_select(Clauses... clauses) {
  return detail::async_select_of<detail::choice::fair>(resume_inline{}, std::move(clauses)...);
}
template <class Executor, class... Clauses>
  requires(detail::clause<Clauses> && ...)
auto async_select(resume_on<Executor> on, Clauses... clauses) {
  return detail::async_select_of<detail::choice::fair>(std::move(on.executor), std::move(clauses)...);
}
// The same, but takes the first that is ready.
template <class... Clauses>
  requires(detail::clause<Clauses> && ...)
auto async_select_biased(Clauses... clauses) {
  return detail::async_select_of<detail::choice::first>(resume_inline{}, std::move(clauses)...);
}
template <class Executor, class... Clauses>
  requires(detail::clause<Clauses> && ...)
auto async_select_biased(resume_on<Executor> on, Clauses... clauses) {
  return detail::async_select_of<detail::choice::first>(std::move(on.executor), std::move(clauses)...);
}

// Over cases that were put together at run time, which stay until it is done, and ends: otherwise, on_stop.
template <class Platform, std::size_t N, class... Ends>
auto async_select(std::span<any_case<Platform>, N> cases, Ends... ends) {
  return detail::async_select_over_of<detail::choice::fair, Platform>(resume_inline{}, cases, std::move(ends)...);
}
template <class Executor, class Platform, std::size_t N, class... Ends>
auto async_select(resume_on<Executor> on, std::span<any_case<Platform>, N> cases, Ends... ends) {
  return detail::async_select_over_of<detail::choice::fair, Platform>(std::move(on.executor), cases,
                                                                      std::move(ends)...);
}
template <class Platform, std::size_t N, class... Ends>
auto async_select_biased(std::span<any_case<Platform>, N> cases, Ends... ends) {
  return detail::async_select_over_of<detail::choice::first, Platform>(resume_inline{}, cases, std::move(ends)...);
}
template <class Executor, class Platform, std::size_t N, class... Ends>
auto async_select_biased(resume_on<Executor> on, std::span<any_case<Platform>, N> cases, Ends... ends) {
  return detail::async_select_over_of<detail::choice::first, Platform>(std::move(on.executor), cases,
                                                                       std::move(ends)...);
}

}  // namespace sluice
