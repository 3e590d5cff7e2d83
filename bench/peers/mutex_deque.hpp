// SPDX-License-Identifier: BSL-1.0
#pragma once
// The baseline for work stealing: a mutex around a deque.
#include <deque>
#include <mutex>

namespace bench {

template <class T>
class mutex_deque {
 public:
  void push(T v) {
    const std::lock_guard lock(guard_);
    elements_.push_back(v);
  }
  bool try_pop(T& out) {
    const std::lock_guard lock(guard_);
    if (elements_.empty()) return false;
    out = elements_.back();
    elements_.pop_back();
    return true;
  }
  bool try_steal(T& out) {
    const std::lock_guard lock(guard_);
    if (elements_.empty()) return false;
    out = elements_.front();
    elements_.pop_front();
    return true;
  }

 private:
  std::mutex guard_;
  std::deque<T> elements_;
};

}  // namespace bench
