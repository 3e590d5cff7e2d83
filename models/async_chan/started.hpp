// SPDX-License-Identifier: BSL-1.0
#pragma once
// A coroutine of a client: it runs from the call on, and its frame, on the checked heap, goes when it ends.
#include <coroutine>
#include <cstddef>
#include <exception>

namespace sluice::models {

template <class Engine>
struct started {
  using memory = typename Engine::platform::template allocator<std::byte>;

  struct promise_type {
    static void* operator new(std::size_t n) { return memory().allocate(n); }
    static void operator delete(void* frame, std::size_t n) { memory().deallocate(static_cast<std::byte*>(frame), n); }
    started get_return_object() { return {}; }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] static void unhandled_exception() { std::terminate(); }
  };
};

}  // namespace sluice::models
