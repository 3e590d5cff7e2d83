// SPDX-License-Identifier: BSL-1.0
#pragma once
// What on_pop, on_push, otherwise, after, until and on_stop give: the wishes, before there is a select. Each kind says
// what it makes of the select (`apply`), and what a clause on a channel keeps while it runs (`state`).
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/detail/chan_core.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/detail/select_case.hpp>

namespace sluice::detail {

struct nothing_to_do {
  void operator()() const noexcept {}
};

enum class clause_kind : unsigned char { channel, otherwise, deadline, stop };

template <class C>
concept clause = requires { std::remove_cvref_t<C>::kind; };

template <class T, class Platform, class F>
struct pop_clause {
  using platform = Platform;
  using value_type = T;
  static constexpr clause_kind kind = clause_kind::channel;
  chan_core<T, Platform>* core;
  F handler;

  pop_clause owning() && { return std::move(*this); }
  bool hopeless() const noexcept { return core == nullptr || core->pop_is_hopeless(); }
  // True if it fired.
  bool attempt() {
    if (core == nullptr) return false;
    std::optional<T> out;
    const conqueue_status s = core->try_pop(out);
    if (s != conqueue_status::success && s != conqueue_status::closed) return false;
    handler(std::move(out));
    return true;
  }

  struct state : pop_case<T, Platform> {
    explicit state(pop_clause& c) : pop_case<T, Platform>(c.core) {}
  };
  void fire(state& s) { handler(s.take()); }
};

template <class T, class Platform, class F, bool Refers>
struct push_clause {
  using platform = Platform;
  using value_type = T;
  static constexpr clause_kind kind = clause_kind::channel;
  chan_core<T, Platform>* core;
  std::conditional_t<Refers, T&, T> element;
  F handler;

  bool hopeless() const noexcept { return core == nullptr || core->push_is_hopeless(); }
  bool attempt() {
    if (core == nullptr) return false;
    const conqueue_status s = core->try_push(element);
    if (s != conqueue_status::success && s != conqueue_status::closed) return false;
    tell(s == conqueue_status::success);
    return true;
  }
  void tell(bool accepted) {
    if constexpr (std::invocable<F&, bool>)
      handler(accepted);
    else
      handler();
  }

  push_clause<T, Platform, F, false> owning() && { return {core, std::move(element), std::move(handler)}; }

  struct state : push_case<T, Platform> {
    explicit state(push_clause& c) : push_case<T, Platform>(c.core, c.element) {}
  };
  void fire(state& s) { tell(s.accepted()); }
};

// The others have no channel.
struct no_state {
  template <class Clause>
  explicit no_state(Clause&) noexcept {}
};

template <class F>
struct otherwise_clause {
  using platform = void;
  using state = no_state;
  static constexpr clause_kind kind = clause_kind::otherwise;
  F handler;
  void fire(no_state&) { handler(); }
};

template <class Duration, class F>
struct after_clause {
  using platform = void;
  using state = no_state;
  static constexpr clause_kind kind = clause_kind::deadline;
  Duration duration;
  F handler;
  template <class Platform>
  auto deadline() const {
    return deadline_after<Platform>(duration);
  }
  void fire(no_state&) { handler(); }
};

template <class TimePoint, class F>
struct until_clause {
  using platform = void;
  using state = no_state;
  static constexpr clause_kind kind = clause_kind::deadline;
  TimePoint time;
  F handler;
  // Of another clock's the platform's time that it has now: not necessarily when it has come.
  template <class Platform>
  static constexpr bool on_another_clock =
      !std::is_same_v<typename TimePoint::clock, typename Platform::time_point::clock>;
  template <class Platform>
  auto deadline() const {
    if constexpr (on_another_clock<Platform>)
      return still_to_come<Platform>(time).value_or(Platform::now());
    else
      return deadline_at<Platform>(time);
  }
  template <class Platform>
  bool has_come() const {
    return !still_to_come<Platform>(time);
  }
  void fire(no_state&) { handler(); }
};

template <class Token, class F>
struct stop_clause {
  using platform = void;
  using state = no_state;
  static constexpr clause_kind kind = clause_kind::stop;
  Token token;
  F handler;
  void fire(no_state&) { handler(); }
};

}  // namespace sluice::detail
