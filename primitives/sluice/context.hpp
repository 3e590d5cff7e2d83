// SPDX-License-Identifier: BSL-1.0
#pragma once
// context: Go's context. What a request is to carry through all who work for it: when to stop, until when, and values.
//
//   auto [ctx, cancel] = with_timeout(background(), 2s);
//   select(on_pop(ctx.done(), [&] { … ctx.err(), ctx.cause() … }), on_pop(results, …));
//   results.pop_or_stop(ctx);                         // a context is a stop token, too
//   struct user { using type = std::string; };        // a key is a type
//   auto below = with_value<user>(ctx, "ann");  …  if (const std::string* name = below.template value<user>()) …
//
// Contract. A context ends once: when it is cancelled, at its deadline, or when the one that it comes from ends; it never ends
// that one. When it has, done() is closed, err() says why (canceled or deadline_exceeded) and cause() more exactly; err() is set
// if and only if done() is closed. A call of cancel that finds the context live has told all below before it returns; one that
// comes second may return earlier. A context may go before it ends: those of its copies and of what was made from it keep
// it, nothing else does; no record of it stays in its parent. Then done() is closed and functions given to after_func (sluice/after_func.hpp) go unrun.
// Deadlines are kept by one thread for all contexts and timers of a Platform, started with the first; it ends what is due, one by one.
// Stop callbacks run on who ends the context, so on that thread too, and must not wait there.
//
// Linearization points: in detail/cancel_scope.hpp. Progress: err() of a live context is one load; all else takes a short lock of one
// context at a time. Making one is O(1) and one allocation (a deadline O(log n) of those that are armed); ending is linear in
// what is below; value() and destruction are linear in the depth, without recursion.
// Any thread may use any handle; one handle object is used by one thread at a time, as with std::shared_ptr.
// Errors. What comes from no context (a default-constructed or moved-from one) throws std::invalid_argument; so does asking it.
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/context_error.hpp>
#include <sluice/detail/cancel_scope.hpp>
#include <sluice/detail/clock.hpp>
#include <sluice/detail/context_node.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/detail/timed_scope.hpp>
#include <sluice/failure.hpp>
#include <sluice/platform.hpp>

namespace sluice {

namespace detail {
template <class Key>
inline constexpr char context_key = 0;  // its address is the key's name
struct context_access;
}  // namespace detail

template <class Platform>
class basic_context {
 public:
  using platform = Platform;
  using time_point = typename Platform::time_point;
  using stop_token = typename Platform::stop_token;

  basic_context() noexcept = default;  // none: good for nothing but to be assigned to
  basic_context(const basic_context&) = default;
  basic_context(basic_context&& other) noexcept
      : node_(std::move(other.node_)), there_(std::exchange(other.there_, false)) {}
  basic_context& operator=(const basic_context&) = default;
  basic_context& operator=(basic_context&& other) noexcept {
    node_ = std::move(other.node_);
    there_ = std::exchange(other.there_, false);
    return *this;
  }
  ~basic_context() = default;
  explicit operator bool() const noexcept { return there_; }

  // Closed once it has ended; nil if it never does. For select, and to wait: done().pop().
  receiver<void, Platform> done() const {
    auto* const s = scope("done");
    return s == nullptr ? receiver<void, Platform>() : receiver<void, Platform>(s->done());
  }
  // Why it has ended: context_errc::canceled or deadline_exceeded; zero if it has not.
  std::error_code err() const {
    auto* const s = scope("err");
    return s == nullptr ? std::error_code() : s->error();
  }
  // What whoever ended it, or one above, gave as the cause; err() if nothing was given.
  failure cause() const {
    auto* const s = scope("cause");
    if (s == nullptr || !s->has_ended()) return {};
    return s->reason().cause ? s->reason().cause : failure(s->error());
  }
  // When it ends at the latest, if there is a deadline.
  std::optional<time_point> deadline() const {
    auto* const s = scope("deadline");
    if (s == nullptr || s->deadline() == Platform::no_deadline) return std::nullopt;
    return s->deadline();
  }
  // The value of the key in the nearest context above, itself included; null if there is none. It lives as long as this does.
  template <class Key>
  const typename Key::type* value() const {
    static_cast<void>(scope("value"));
    for (const detail::context_node<Platform>* n = node_.get(); n != nullptr; n = n->parent())
      if (const void* const v = n->own_value(&detail::context_key<Key>))
        return static_cast<const typename Key::type*>(v);
    return nullptr;
  }
  // A stop is requested when it ends.
  operator stop_token() const {
    auto* const s = scope("stop_token");
    return s == nullptr ? stop_token() : s->stop_token();
  }

 private:
  friend detail::context_access;
  using node = detail::context_node<Platform>;
  using ref = detail::context_ref<node>;
  explicit basic_context(ref n) noexcept : node_(std::move(n)), there_(true) {}

  detail::cancel_scope<Platform>* scope(const char* asked) const {
    if (!there_)
      throw std::invalid_argument("sluice::context: " + std::string(asked) +
                                  " of no context (default-constructed or moved from); begin with background()");
    return node_ ? node_->scope() : nullptr;
  }

  ref node_;  // none for the roots
  bool there_ = false;
};

using context = basic_context<std_platform>;

// Ends a context: cancel(). Further calls do nothing. `Cause`: cancel(cause) says why, as an exception or an error code.
template <class Platform, bool Cause>
class basic_cancel {
  using scope = detail::cancel_scope<Platform>;

 public:
  void operator()() const { end({}); }
  void operator()(failure cause) const
    requires Cause
  {
    end(std::move(cause));
  }

 private:
  friend detail::context_access;
  explicit basic_cancel(detail::context_ref<scope> s) noexcept : scope_(std::move(s)) {}
  void end(failure cause) const {
    if (scope_) static_cast<void>(scope_->end({context_errc::canceled, std::move(cause)}));
  }
  detail::context_ref<scope> scope_;
};
using cancel_func = basic_cancel<std_platform, false>;
using cancel_cause_func = basic_cancel<std_platform, true>;

// A new context and what ends it: auto [ctx, cancel] = ….
template <class Platform, bool Cause = false>
struct canceled_by {
  basic_context<Platform> ctx;
  basic_cancel<Platform, Cause> cancel;
};

namespace detail {
struct context_access {
  template <class P>
  static basic_context<P> root() {
    return basic_context<P>(context_ref<context_node<P>>());
  }
  template <class P>
  static context_node<P>* parent(const basic_context<P>& c, const char* who) {
    if (!c)
      throw std::invalid_argument(
          "sluice::" + std::string(who) +
          ": the parent is no context (default-constructed or moved from); begin with background()");
    return c.node_.get();
  }
  template <class P, class Node>
  static basic_context<P> of(context_ref<Node> n) {
    return basic_context<P>(context_ref<context_node<P>>(n.release()));
  }
  template <bool Cause, class P, class Node>
  static canceled_by<P, Cause> cancelable(const context_ref<Node>& n) {
    context_ref<Node> copy = n;
    return {of<P>(n), basic_cancel<P, Cause>(context_ref<cancel_scope<P>>(copy.release()))};
  }
  template <class P>
  static typename P::time_point deadline_above(const context_node<P>* n) {
    return n == nullptr || n->scope() == nullptr ? P::no_deadline : n->scope()->deadline();
  }
  template <bool Cause, class P>
  static canceled_by<P, Cause> with_cancel(context_node<P>* above) {
    const auto n = make_context_node<cancel_scope<P>, P>(above, deadline_above<P>(above));
    n->attach();
    return cancelable<Cause, P>(n);
  }
};
}  // namespace detail

// Never ends, has no values: where a program, or a test, begins. todo: the same, where it is not clear yet which to take.
template <class Platform = std_platform>
basic_context<Platform> background() {
  return detail::context_access::root<Platform>();
}
template <class Platform = std_platform>
basic_context<Platform> todo() {
  return detail::context_access::root<Platform>();
}

// A context that ends when cancel() is called, or with its parent.
template <class P>
[[nodiscard]] canceled_by<P> with_cancel(const basic_context<P>& parent) {
  return detail::context_access::with_cancel<false, P>(detail::context_access::parent(parent, "with_cancel"));
}
template <class P>
[[nodiscard]] canceled_by<P, true> with_cancel_cause(const basic_context<P>& parent) {
  return detail::context_access::with_cancel<true, P>(detail::context_access::parent(parent, "with_cancel_cause"));
}

// The same, but it also ends at `at`, for `cause` if one is given. Throws std::system_error where the clock's thread, which the
// first deadline starts, cannot be started.
template <class P>
[[nodiscard]] canceled_by<P> with_deadline(const basic_context<P>& parent, typename P::time_point at,
                                           failure cause = {}) {
  using access = detail::context_access;
  auto* const above = access::parent(parent, "with_deadline");
  if (access::deadline_above<P>(above) <= at) return access::with_cancel<false, P>(above);
  const bool late = at <= P::now();
  const auto n = detail::make_context_node<detail::timed_scope<P>, P>(above, at, std::move(cause),
                                                                      late ? nullptr : &detail::clock<P>::the_one());
  n->attach();
  if (late)
    n->expire();
  else
    n->start();
  return access::cancelable<false, P>(n);
}
template <class P, class Rep, class Period>
[[nodiscard]] canceled_by<P> with_timeout(const basic_context<P>& parent, std::chrono::duration<Rep, Period> d,
                                          failure cause = {}) {
  return with_deadline(parent, detail::deadline_after<P>(d), std::move(cause));
}

// A context that ends when a stop is requested of `stop`, or with its parent. The other way, a context is a stop token.
template <class P>
[[nodiscard]] basic_context<P> with_stop(const basic_context<P>& parent, typename P::stop_token stop) {
  const auto n =
      detail::make_context_node<detail::stop_scope<P>, P>(detail::context_access::parent(parent, "with_stop"));
  n->attach();
  n->listen(std::move(stop));
  return detail::context_access::of<P>(n);
}

// The same context with one more value. Key: a type whose member `type` is the value's.
template <class Key, class P, class U>
[[nodiscard]] basic_context<P> with_value(const basic_context<P>& parent, U&& v) {
  auto* const above = detail::context_access::parent(parent, "with_value");
  return detail::context_access::of<P>(detail::make_context_node<detail::value_node<P, typename Key::type>, P>(
      above, above == nullptr ? nullptr : above->scope(), &detail::context_key<Key>, std::forward<U>(v)));
}

// The values of its parent, but neither its end nor its deadline.
template <class P>
[[nodiscard]] basic_context<P> without_cancel(const basic_context<P>& parent) {
  return detail::context_access::of<P>(detail::make_context_node<detail::uncanceled_node<P>, P>(
      detail::context_access::parent(parent, "without_cancel")));
}

}  // namespace sluice
