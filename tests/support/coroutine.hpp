// SPDX-License-Identifier: BSL-1.0
#pragma once
// Two kinds of coroutine for tests. Both run from the call on; what they throw ends the test program.
#include <coroutine>
#include <exception>
#include <utility>

namespace sluice::test {

// Nobody waits for it: its frame goes when it ends.
struct detached {
  struct promise_type {
    detached get_return_object() noexcept { return {}; }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] static void unhandled_exception() { std::terminate(); }
  };
};

// Its frame stays until its owner goes, which may be in the middle.
class held {
 public:
  struct promise_type {
    held get_return_object() noexcept { return held(std::coroutine_handle<promise_type>::from_promise(*this)); }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] static void unhandled_exception() { std::terminate(); }
  };
  held(held&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  held& operator=(held&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~held() { destroy(); }
  bool done() const { return handle_.done(); }
  void destroy() {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }

 private:
  explicit held(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace sluice::test
