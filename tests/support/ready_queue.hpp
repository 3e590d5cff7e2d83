// SPDX-License-Identifier: BSL-1.0
#pragma once
// Who can go on, first come, first served: an executor for coroutines of one thread.
#include <coroutine>
#include <deque>

namespace sluice::test {

class ready_queue {
 public:
  struct executor {
    std::deque<std::coroutine_handle<>>* to;
    void operator()(std::coroutine_handle<> h) const { to->push_back(h); }
  };
  executor in() { return {&ready_}; }
  // Until nobody can go on.
  void run() {
    while (!ready_.empty()) {
      const std::coroutine_handle<> h = ready_.front();
      ready_.pop_front();
      h.resume();
    }
  }

 private:
  std::deque<std::coroutine_handle<>> ready_;
};

}  // namespace sluice::test
