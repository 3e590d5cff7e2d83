// SPDX-License-Identifier: BSL-1.0
#pragma once
// The baseline of a select: all channels of it under one mutex, one condition variable for elements and one for room.
// Faster than a select can be where channels are shared by others; and that is what it cannot do.
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include "ring_buffer.hpp"

namespace bench {

class mutex_select {
 public:
  mutex_select(std::size_t channels, std::size_t capacity) {
    for (std::size_t i = 0; i != channels; ++i) rings_.emplace_back(capacity);
  }
  void put(std::size_t channel, std::uint64_t v) {
    {
      std::unique_lock lock(guard_);
      room_.wait(lock, [&] { return !rings_[channel].full(); });
      rings_[channel].push(std::uint64_t{v});
    }
    elements_.notify_one();
  }
  std::uint64_t get() {
    std::unique_lock lock(guard_);
    for (;;) {
      for (std::size_t i = 0; i != rings_.size(); ++i) {
        auto& ring = rings_[(first_ + i) % rings_.size()];
        if (ring.empty()) continue;
        first_ = (first_ + i + 1) % rings_.size();
        const std::uint64_t v = ring.pop();
        lock.unlock();
        room_.notify_all();  // who waits may wait for another channel
        return v;
      }
      elements_.wait(lock);
    }
  }

 private:
  std::mutex guard_;
  std::condition_variable elements_;
  std::condition_variable room_;
  std::deque<ring_buffer<std::uint64_t>> rings_;
  std::size_t first_ = 0;
};

}  // namespace bench
