// SPDX-License-Identifier: BSL-1.0
#pragma once
// async_operation: the awaiter of every asynchronous operation on channels: a select whose waiter is a coroutine.
//
//   await_ready    tries the cases, as select does: nobody suspends where one is ready
//   await_suspend  lines up, and suspends unless it was rung meanwhile
//   await_resume   takes what arrived, leaves the lines that it still stands in
//
// `Cases` says what the cases are and what is made of the one that fired; `Executor` takes the handle once it was rung.
//
// A stop is one more counterparty: its callback wins the waiter's election, or does nothing, and then rings. It stands
// before the lines, so it may win before there is a line to leave, which await_resume does anyway.
//
// Edges: those of async_waiter.
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/async_waiter.hpp>
#include <sluice/detail/on_this_thread.hpp>
#include <sluice/detail/select_core.hpp>

namespace sluice::detail {

template <class Cases, class Executor>
class async_operation : private async_waiter<typename Cases::platform> {
  using platform = typename Cases::platform;
  using base = async_waiter<platform>;
  static constexpr std::uint32_t nobody = base::undecided;
  static_assert(
      alignof(Cases) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ && alignof(Executor) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
      "a coroutine's frame, which holds this element, keeps no alignment above that of operator new: wait for it "
      "in a thread or a task, or by an array of any_case; an rvalue that stays elsewhere can be pushed");

 public:
  template <class... Args>
  explicit async_operation(Executor executor, Args&&... cases)
      : base(&go_on), cases_(std::forward<Args>(cases)...), executor_(std::move(executor)) {}
  // Where it waits: leaves all lines. Terminates where a counterparty has begun to serve it and has not rung yet, for that
  // one would go on in a dead frame.
  ~async_operation() {
    on_stop_.reset();
    if (!lined_up_) return;
    if (!this->give_up() && !this->has_rung()) std::terminate();
    static_cast<void>(cases_.core().conclude(*this));
  }

  bool await_ready() {
    fired_ = cases_.try_each();
    return fired_ != nobody || cases_.never_waits();
  }
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    if (const auto stop = cases_.stop(); stop.stop_possible()) on_stop_.emplace(stop, giving_up{this});
    lined_up_ = true;
    fired_ = cases_.core().line_up(*this);
    lined_up_ = fired_ == nobody;
    return lined_up_ && this->suspend();
  }
  auto await_resume() {
    on_stop_.reset();  // waits for a callback that runs
    if (std::exchange(lined_up_, false)) fired_ = cases_.core().conclude(*this);
    return cases_.result(fired_);
  }

 private:
  struct giving_up {
    async_operation* me;
    void operator()() const noexcept {
      [[maybe_unused]] const on_this_thread<platform> stays;  // whose callback this is, its thread alone tells
      if (me->give_up()) me->ring();
    }
  };
  using stop_callback = typename platform::template stop_callback<giving_up>;

  // By who rang; the frame may die in the executor.
  static void go_on(resumable<platform>& w) noexcept {
    auto& me = static_cast<async_operation&>(w);
    me.seen_suspended();
    Executor executor = std::move(me.executor_);
    executor(me.waiting_);
  }

  // By the owner alone.
  Cases cases_;
  [[no_unique_address]] Executor executor_;
  std::coroutine_handle<> waiting_;
  std::uint32_t fired_ = nobody;
  bool lined_up_ = false;
  std::optional<stop_callback> on_stop_;
};

// What an asynchronous operation returns: nothing has happened yet, and nothing does until it is awaited, once.
template <class Operation, class... Args>
class [[nodiscard]] async_wish {
 public:
  explicit async_wish(Args... args) : args_(std::forward<Args>(args)...) {}
  Operation operator co_await() && { return std::make_from_tuple<Operation>(std::move(args_)); }
  // The same with another executor, the first of the arguments.
  template <class Other>
  auto resumed_by(Other executor) && {
    return rebind<Other>(std::move(executor), std::type_identity<Operation>(),
                         std::type_identity<std::tuple<Args...>>());
  }
  // The same with cases of the type that `Of` makes of theirs.
  template <template <class> class Of>
  auto answered_by() && {
    return answering<Of>(std::type_identity<Operation>());
  }

 private:
  template <template <class> class Of, class Cases, class Executor>
  auto answering(std::type_identity<async_operation<Cases, Executor>>) {
    return std::apply(
        [](Args&... args) {
          return async_wish<async_operation<Of<Cases>, Executor>, Args...>(static_cast<Args&&>(args)...);
        },
        args_);
  }
  template <class Other, class Cases, class Executor, class... Rest>
  auto rebind(Other executor, std::type_identity<async_operation<Cases, Executor>>,
              std::type_identity<std::tuple<Executor, Rest...>>) {
    return std::apply(
        [&](Executor&, Rest&... rest) {
          return async_wish<async_operation<Cases, Other>, Other, Rest...>(std::move(executor),
                                                                           static_cast<Rest&&>(rest)...);
        },
        args_);
  }
  std::tuple<Args...> args_;
};

}  // namespace sluice::detail
