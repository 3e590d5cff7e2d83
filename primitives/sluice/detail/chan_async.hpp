// SPDX-License-Identifier: BSL-1.0
#pragma once
// The asynchronous operations of a channel's handle. To call one, include sluice/async_chan.hpp, which says what they are.
#include <type_traits>
#include <utility>

namespace sluice {

struct resume_inline;

namespace detail {

template <class Operation, class... Args>
class async_wish;
template <class Cases, class Executor>
class async_operation;
template <class T, class Platform, bool Stops>
class async_pop_case;
template <class Element, class Platform, bool Stops>
class async_push_case;

template <class Handle, class T, bool Pushes, bool Pops>
class chan_bulk;

// `Handle` derives from this, by way of chan_bulk.
template <class Handle, class T, bool Pushes, bool Pops>
class chan_async {
 public:
  // co_await: as pop() and push(), and what they answer; suspends the coroutine where those would wait. `resume` is called
  // with its handle once it can go on, by the thread that let it.
  template <class Executor = resume_inline>
  auto async_pop(Executor resume = {}) const
    requires Pops
  {
    return wish<popping<false>, Executor>(std::move(resume));
  }
  // Of an rvalue that is an element this keeps a reference, and moves from it only if the channel takes it; anything else
  // it converts into an element now (see chan.hpp).
  template <class U = T, class Executor = resume_inline>
  auto async_push(U&& v, Executor resume = {}) const
    requires(Pushes && std::is_convertible_v<U, T>)
  {
    return wish<pushing<U, false>, Executor, element<U>>(std::move(resume), converted<U>(v));
  }
  // The same, but give up when stopped: as pop_or_stop and push_or_stop.
  template <class Token, class Executor = resume_inline>
  auto async_pop_or_stop(Token stop, Executor resume = {}) const
    requires Pops
  {
    return wish<popping<true>, Executor, Token>(std::move(resume), std::move(stop));
  }
  template <class U = T, class Token, class Executor = resume_inline>
  auto async_push_or_stop(U&& v, Token stop, Executor resume = {}) const
    requires(Pushes && std::is_convertible_v<U, T>)
  {
    return wish<pushing<U, true>, Executor, element<U>, Token>(std::move(resume), converted<U>(v), std::move(stop));
  }

 private:
  friend Handle;
  friend class chan_bulk<Handle, T, Pushes, Pops>;
  chan_async() = default;
  template <class U>
  using element = std::conditional_t<std::is_same_v<U, T>, T&, T>;
  // The conversion is spelt out, for it may lose what a caller may lose, as in push(0.5) into a channel of int.
  template <class U>
  static element<U> converted(std::remove_reference_t<U>& v) {
    if constexpr (std::is_same_v<U, T>)
      return v;
    else
      return static_cast<T>(static_cast<U&&>(v));
  }
  template <bool Stops, class H = Handle>
  using popping = async_pop_case<T, typename H::platform, Stops>;
  template <class U, bool Stops, class H = Handle>
  using pushing = async_push_case<element<U>, typename H::platform, Stops>;

  template <class Case, class Executor, class... Args>
  auto wish(Executor&& resume, Args... args) const {
    auto* const core = static_cast<const Handle&>(*this).core();
    return async_wish<async_operation<Case, Executor>, Executor, decltype(core), Args...>(
        std::forward<Executor>(resume), core, std::forward<Args>(args)...);
  }
};

}  // namespace detail
}  // namespace sluice
