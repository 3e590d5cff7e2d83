// SPDX-License-Identifier: BSL-1.0
#pragma once
// launch: what go() is called with, and where. A function's parameter pack leaves no room for a defaulted source_location behind
// it; so the callable comes as a parameter of its own type, which a conversion makes at the place of the call (as std::format_string).
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/task_core.hpp>

namespace sluice::detail {

struct not_handled {};

// What a task runs: a callable, its arguments, and who takes its exceptions.
template <class F, class Handler, class... Args>
struct task_closure {
  [[no_unique_address]] F f;
  [[no_unique_address]] Handler handler;
  [[no_unique_address]] std::tuple<Args...> args;

  void operator()() {
    if constexpr (std::is_same_v<Handler, not_handled>) {
      call();
    } else {
      try {
        call();
      } catch (...) {
        handler(std::current_exception());
      }
    }
  }
  void call() {
    static_cast<void>(std::apply([this](Args&... all) { return std::invoke(std::move(f), std::move(all)...); }, args));
  }
};

template <class Handler, class... Args>
class launch {
 public:
  template <class F>
    requires(std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...> && !std::is_same_v<std::decay_t<F>, launch>)
  launch(F&& f, std::source_location at = std::source_location::current()) noexcept
      : callable_(address_of(f)), start_(&start<F>), at_(at) {}

  void operator()(task_core& core, task_name&& name, Handler handler, Args&&... args) const {
    start_(core, callable_, at_, std::move(name), std::move(handler), std::forward<Args>(args)...);
  }

 private:
  template <class F>
  static void* address_of(F& f) noexcept {
    if constexpr (std::is_function_v<F>)
      return reinterpret_cast<void*>(&f);
    else
      return const_cast<void*>(static_cast<const void*>(std::addressof(f)));
  }
  template <class F>
  static void start(task_core& core, void* callable, std::source_location at, task_name&& name, Handler handler,
                    Args&&... args) {
    using closure = task_closure<std::decay_t<F>, Handler, std::decay_t<Args>...>;
    // F is a reference type where the callable was an lvalue, and is moved from where not.
    if constexpr (std::is_function_v<std::remove_reference_t<F>>)
      core.spawn<closure>(at, std::move(name), reinterpret_cast<std::decay_t<F>>(callable), std::move(handler),
                          std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...));
    else
      core.spawn<closure>(at, std::move(name), static_cast<F&&>(*static_cast<std::remove_reference_t<F>*>(callable)),
                          std::move(handler), std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...));
  }

  void* callable_;
  void (*start_)(task_core&, void*, std::source_location, task_name&&, Handler, Args&&...);
  std::source_location at_;
};

}  // namespace sluice::detail
