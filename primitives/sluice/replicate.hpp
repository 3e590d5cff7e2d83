// SPDX-License-Identifier: BSL-1.0
#pragma once
// Requests with an end: within gives up in time, replicate asks several and takes the first answer. "Timeouts and Cancellation" and
// "Replicated Requests" of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017).
//
//   auto status = p::within(ctx, 2s, [](const sluice::context& c) { return ask(c, "auth"); });   status: result<…>
//   auto fastest = p::replicate(ctx, 3, [](const sluice::context& c, int i) { return ask(c, mirrors[i]); });
//
// Contract. f runs in a task of its own, and is to return soon after its context has ended: nobody waits for it any more, but as long
// as it does not it is there. So f holds copies of what it needs, or refers to what lives until it has returned. It may return a result<T>,
// or throw: that is the error, but for an answer that comes after the end, which is dropped. (Where there is no memory for that error, what
// f threw leaves its task, and the error says that no answer came.) These functions wait, and return as soon as the answer is known; then the
// context of every f has ended.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sluice/cancel_guard.hpp>
#include <sluice/chan.hpp>
#include <sluice/context.hpp>
#include <sluice/failure.hpp>
#include <sluice/patterns.hpp>
#include <sluice/result.hpp>
#include <sluice/select.hpp>
#include <sluice/task.hpp>

namespace sluice::patterns {

namespace detail {
// What f(args...) gives, unless the context has ended meanwhile.
template <class Answer, class F, class... Args>
void answer_in_time(const sender<Answer>& to, const context& ctx, F& f, Args... args) {
  Answer a = attempt(f, ctx, args...);
  if (!ctx.err()) to.push(std::move(a));
}
// An answer, which came before the end, and so is asked for first; or why the context has ended, or that nobody is left to answer.
template <class Answer>
Answer answer_or_end(const receiver<Answer>& answers, const context& ctx) {
  std::optional<Answer> got;
  select_biased(on_pop(answers, [&](std::optional<Answer> a) { got = std::move(a); }),
                on_pop(ctx.done(), [](std::optional<unit>) {}));
  if (got) return *std::move(got);
  if (const failure why = ctx.cause()) return unexpected(error(why));
  return unexpected(error("no answer came: an exception has left the task that was asked"));
}
}  // namespace detail

// What f(context) gives within `limit`; otherwise the error is context_errc::deadline_exceeded, or the cause that `parent` ended for.
template <class Rep, class Period, class F>
attempted<F&, const context&> within(const context& parent, std::chrono::duration<Rep, Period> limit, F f) {
  auto [ctx, cancel] = with_timeout(parent, limit);
  const cancel_guard end(cancel);
  auto [tx, rx] = make_pipe<attempted<F&, const context&>>(1);
  go_as("within", [to = std::move(tx), c = ctx, f = std::move(f)]() mutable { detail::answer_in_time(to, c, f); });
  return detail::answer_or_end(rx, ctx);
}

// f(context, i) for i = 0 … n - 1, all at once: the first answer that is no error, and the others' context ends. If all fail, an error
// whose causes are theirs, in the order in which they failed; if `parent` ends before, why it did is the cause. Throws
// std::invalid_argument for n < 1.
template <class F>
attempted<F&, const context&, int> replicate(const context& parent, int n, F f) {
  using answer = attempted<F&, const context&, int>;
  detail::require_positive("replicate", "requests", n);
  auto [ctx, cancel] = with_cancel(parent);
  const cancel_guard end(cancel);
  auto [tx, rx] = make_pipe<answer>(static_cast<std::size_t>(n));  // room for all: nobody waits to answer
  {
    const sender<answer> asks(std::move(tx));  // theirs alone from then on: so it shows where nobody is left to answer
    for (int i = 0; i != n; ++i)
      go_as("replicate", [to = asks, c = ctx, f, i]() mutable { detail::answer_in_time(to, c, f, i); });
  }
  const std::string none = "none of " + std::to_string(n) + " requests was answered";
  std::vector<error> causes;
  while (causes.size() != static_cast<std::size_t>(n)) {
    answer a = detail::answer_or_end(rx, ctx);
    if (a) return a;
    if (ctx.err()) return unexpected(error(none, error(ctx.cause())));
    causes.push_back(a.error());
  }
  return unexpected(error(none, std::move(causes)));
}

}  // namespace sluice::patterns
