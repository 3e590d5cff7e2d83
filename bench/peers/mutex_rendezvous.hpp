// SPDX-License-Identifier: BSL-1.0
#pragma once
// The baseline of a rendezvous: a place for one element, a mutex and two condition variables. push returns once a pop
// has the element.
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace bench {

template <class T>
class mutex_rendezvous {
 public:
  mutex_rendezvous(std::size_t, int) {}

  void put(T&& v) {
    std::unique_lock lock(guard_);
    free_.wait(lock, [this] { return !place_; });
    place_.emplace(std::move(v));
    const std::size_t mine = ++pushed_;
    changed_.notify_all();
    free_.wait(lock, [this, mine] { return popped_ >= mine; });
  }
  void get(T& out) {
    {
      std::unique_lock lock(guard_);
      changed_.wait(lock, [this] { return place_.has_value(); });
      out = *std::move(place_);
      place_.reset();
      ++popped_;
    }
    free_.notify_all();
  }

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::condition_variable free_;
  std::optional<T> place_;
  std::size_t pushed_ = 0;
  std::size_t popped_ = 0;
};

}  // namespace bench
