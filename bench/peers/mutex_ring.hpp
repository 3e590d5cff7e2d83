// SPDX-License-Identifier: BSL-1.0
#pragma once
// The baseline for rings: what a reader would otherwise write where nothing may block on full or empty.
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "ring_buffer.hpp"

namespace bench {

template <class T>
class mutex_ring {
 public:
  explicit mutex_ring(std::size_t capacity) : buffer_(capacity) {}

  // False where there is no room; `v` is then untouched.
  bool try_push(T&& v) {
    const std::lock_guard lock(guard_);
    if (buffer_.full()) return false;
    buffer_.push(std::move(v));
    return true;
  }
  std::optional<T> try_pop() {
    const std::lock_guard lock(guard_);
    if (buffer_.empty()) return std::nullopt;
    return buffer_.pop();
  }

 private:
  std::mutex guard_;
  ring_buffer<T> buffer_;
};

}  // namespace bench
