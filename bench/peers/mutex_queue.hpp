// SPDX-License-Identifier: BSL-1.0
#pragma once
// The baseline for blocking queues: one mutex, two condition variables. At its best: storage is allocated once, each
// side waits on a condition of its own, one element wakes one thread, and nobody is woken while the mutex is held.
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "ring_buffer.hpp"

namespace bench {

template <class T>
class mutex_queue {
 public:
  explicit mutex_queue(std::size_t capacity) : buffer_(capacity) {}

  // Blocks while there is no room; false if closed.
  bool push(T&& v) {
    {
      std::unique_lock lock(guard_);
      not_full_.wait(lock, [this] { return closed_ || !buffer_.full(); });
      if (closed_) return false;
      buffer_.push(std::move(v));
    }
    not_empty_.notify_one();
    return true;
  }
  // Blocks while there is no element; none if closed and drained.
  std::optional<T> pop() {
    std::optional<T> out;
    {
      std::unique_lock lock(guard_);
      not_empty_.wait(lock, [this] { return closed_ || !buffer_.empty(); });
      if (buffer_.empty()) return out;
      out.emplace(buffer_.pop());
    }
    not_full_.notify_one();
    return out;
  }
  void close() {
    {
      const std::lock_guard lock(guard_);
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  std::mutex guard_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  ring_buffer<T> buffer_;
  bool closed_ = false;
};

}  // namespace bench
