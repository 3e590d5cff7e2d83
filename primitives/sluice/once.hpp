// SPDX-License-Identifier: BSL-1.0
#pragma once
// once: runs a function at most once, whoever asks first; the others wait until it has returned. once_value keeps what it
// returned, once_func makes a callable of it. Go's sync.Once, OnceFunc and OnceValue; std::call_once in four bytes.
//
// Guarantee. Once done, a call is one load. Until then callers block while the function runs in one of them, and when call
// returns the function's effects are seen. If the function throws, its caller gets the exception and, by policy, either
// the next caller tries again (retry, as std::call_once) or it counts as done (give_up, as a panic in Go's Once.Do).
// A function that calls the same once waits for itself for ever. The once touches nothing after it is done: whoever finds
// it done may destroy it, even while the call that made it so is still on its way out.
//
// Invariants
//   1. running or awaited: exactly one thread is inside the function.
//   2. Whoever sleeps has seen or made the word `awaited`, which ends by a store that wakes all.
//
// Edges (release -> acquire)
//   [ran]    settle -> call   the function's effects are seen by whoever finds it done
//   [tried]  settle -> call   what a function did before it threw is seen by the next attempt
// Relaxed: running -> awaited, which tells only that somebody sleeps.
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <sluice/platform.hpp>

namespace sluice {

// What an exception of the function means: the next caller tries again, or nobody does.
enum class once_policy : std::uint8_t { retry, give_up };

template <class Platform = std_platform, once_policy Policy = once_policy::retry>
class basic_once {
 public:
  constexpr basic_once() noexcept = default;
  basic_once(const basic_once&) = delete;
  basic_once& operator=(const basic_once&) = delete;
  ~basic_once() = default;

  // Runs `f(args...)` unless that was done before; waits for whoever is at it. Throws what `f` throws.
  template <class F, class... Args>
  [[gnu::always_inline]] void call(F&& f, Args&&... args) {
    if (!done()) [[unlikely]]
      call_slowly([&] { std::invoke(std::forward<F>(f), std::forward<Args>(args)...); });
  }
  // True once a function has returned (or, by policy, thrown); its effects are then seen.
  [[nodiscard, gnu::always_inline]] bool done() const noexcept {
    return word_.load(std::memory_order_acquire) == over;  // [ran] <- settle
  }

 private:
  static constexpr std::uint32_t idle = 0;
  static constexpr std::uint32_t running = 1;
  static constexpr std::uint32_t awaited = 2;  // running, and somebody may sleep
  static constexpr std::uint32_t over = 3;

  template <class F>
  [[gnu::noinline]] void call_slowly(F f) {
    for (;;) {
      std::uint32_t w = word_.load(std::memory_order_acquire);  // [ran] <- settle
      if (w == over) return;
      if (w == idle) {
        if (word_.compare_exchange_weak(w, running, std::memory_order_acquire,  // [tried] <- settle
                                        std::memory_order_relaxed))
          return run(f);
      } else if (w == awaited ||
                 word_.compare_exchange_weak(w, awaited, std::memory_order_relaxed, std::memory_order_relaxed)) {
        Platform::wait(word_, awaited);
      }
    }
  }

  template <class F>
  void run(F& f) {
    try {
      f();
    } catch (...) {
      settle(Policy == once_policy::retry ? idle : over);
      throw;
    }
    settle(over);
  }
  void settle(std::uint32_t to) {
    const auto waiting = Platform::key_of(word_);  // taken while the once is sure to live
    if (word_.exchange(to, std::memory_order_release) == awaited)  // [ran] -> call [tried] -> call_slowly
      Platform::wake_all_by_key(waiting);
  }

  typename Platform::template atomic<std::uint32_t> word_{idle};
};

using once = basic_once<>;
static_assert(sizeof(once) == 4);

// A value that is made when it is first asked for.
template <class T, class Platform = std_platform>
class once_value {
 public:
  once_value() = default;

  // The value; the first caller makes it by `f()`. If that throws, its caller gets the exception and the next one tries.
  template <class F>
  T& get(F&& f) {
    made_.call([&] { value_.emplace(std::invoke(std::forward<F>(f))); });
    return *value_;
  }
  // The value if it is there, else null. Never waits.
  [[nodiscard]] T* get_if() noexcept { return made_.done() ? std::addressof(*value_) : nullptr; }
  [[nodiscard]] const T* get_if() const noexcept { return made_.done() ? std::addressof(*value_) : nullptr; }

 private:
  basic_once<Platform> made_;
  std::optional<T> value_;  // written by the one function that made_ runs
};

// A callable that runs `F` at its first call and gives what it returned at every call. An exception is kept and thrown at
// every call: `F` is not run again. What `F` holds is let go once it has run.
template <class F, class Platform = std_platform>
class once_function {
  using result = std::invoke_result_t<F&>;
  using kept = std::conditional_t<std::is_void_v<result>, std::monostate, std::decay_t<result>>;

 public:
  explicit once_function(F f) : f_(std::move(f)) {}
  once_function(const once_function&) = delete;
  once_function& operator=(const once_function&) = delete;
  ~once_function() = default;

  std::conditional_t<std::is_void_v<result>, void, const kept&> operator()() {
    ran_.call([this] { run(); });
    if (thrown_) std::rethrow_exception(thrown_);
    if constexpr (!std::is_void_v<result>) return *value_;
  }

 private:
  void run() {
    try {
      if constexpr (std::is_void_v<result>)
        std::invoke(*f_);
      else
        value_.emplace(std::invoke(*f_));
    } catch (...) {
      thrown_ = std::current_exception();
    }
    f_.reset();
  }

  basic_once<Platform> ran_;
  // Written by the one function that ran_ runs.
  std::optional<F> f_;
  std::optional<kept> value_;
  std::exception_ptr thrown_;
};

template <class F>
once_function<std::decay_t<F>> once_func(F&& f) {
  return once_function<std::decay_t<F>>(std::forward<F>(f));
}

}  // namespace sluice
