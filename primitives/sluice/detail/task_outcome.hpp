// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_outcome: what a task's function returned, or threw, for one who waits until it is there.
//
// Progress: wait-free, but for what moving the result does.
//
// Edges (release -> acquire)
//   [main]  is_over -> done   what the task did, and what it gave, happens before it is found to be done
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Result, class Platform = std_threads>
class task_outcome {
  static constexpr bool refers = std::is_reference_v<Result>;
  using kept = std::conditional_t<refers, std::add_pointer_t<Result>,
                                  std::conditional_t<std::is_void_v<Result>, std::monostate, Result>>;

 public:
  // By the task: takes over what f() returns, or throws.
  template <class F>
  void come_from(F& f) noexcept {
    try {
      if constexpr (std::is_void_v<Result>) {
        f();
      } else if constexpr (refers) {
        auto&& given = f();
        value_.emplace(std::addressof(given));
      } else {
        value_.emplace(f());
      }
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }
  // By the task, once nothing is left of what the function held.
  void is_over() noexcept { done_.store(true, std::memory_order_release); }  // [main] -> done

  bool done() const noexcept { return done_.load(std::memory_order_acquire); }  // [main] <- is_over
  // By who found it done, once.
  Result take() {
    // What was thrown is let go of here: TSan does not see the count of references to it, which lies in the C++ library.
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if constexpr (refers)
      return static_cast<Result>(**value_);
    else if constexpr (!std::is_void_v<Result>)
      return std::move(*value_);
  }

 private:
  // Written by the task.
  std::optional<kept> value_{};
  std::exception_ptr thrown_{};
  typename Platform::template atomic<bool> done_{false};
};

}  // namespace sluice::detail
