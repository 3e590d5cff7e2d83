// SPDX-License-Identifier: BSL-1.0
#pragma once
// cancel_guard: Go's `defer cancel()`. Ends a context on the way out of a scope, however it is left.
//
//   auto [ctx, cancel] = with_timeout(parent, 2s);
//   const cancel_guard end(cancel);
#include <utility>

#include <sluice/context.hpp>

namespace sluice {

// Progress and cost: those of a call of `Cancel`, a cancel_func or cancel_cause_func.
template <class Cancel>
class [[nodiscard]] cancel_guard {
 public:
  explicit cancel_guard(Cancel cancel) noexcept : cancel_(std::move(cancel)) {}
  cancel_guard(const cancel_guard&) = delete;
  cancel_guard& operator=(const cancel_guard&) = delete;
  ~cancel_guard() { cancel_(); }

 private:
  Cancel cancel_;
};

}  // namespace sluice
