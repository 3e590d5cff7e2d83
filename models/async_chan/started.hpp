// SPDX-License-Identifier: BSL-1.0
#pragma once
// Coroutines of a client, which run from the call on, and whose frames lie on the checked heap.
#include <coroutine>
#include <cstddef>
#include <exception>

namespace sluice::models {

template <class Engine>
struct promise_of_client {
  using memory = typename Engine::platform::template allocator<std::byte>;
  static void* operator new(std::size_t n) { return memory().allocate(n); }
  static void operator delete(void* frame, std::size_t n) { memory().deallocate(static_cast<std::byte*>(frame), n); }
  static std::suspend_never initial_suspend() noexcept { return {}; }
  void return_void() {}
  [[noreturn]] static void unhandled_exception() { std::terminate(); }
};

// Its frame goes when it ends.
template <class Engine>
struct started {
  struct promise_type : promise_of_client<Engine> {
    started get_return_object() { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
  };
};

// Its frame goes when it is told to.
template <class Engine>
struct kept {
  struct promise_type : promise_of_client<Engine> {
    kept get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
  };
  std::coroutine_handle<promise_type> handle;
};

}  // namespace sluice::models
