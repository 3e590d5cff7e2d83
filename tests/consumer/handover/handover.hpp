#pragma once
// Hands one value from one thread to another.
#include <atomic>
#include <optional>
#include <sluice/platform.hpp>

template <class Platform = sluice::std_platform>
class handover {
 public:
  void put(int value) {
    value_.store(value);
    full_.store(true, std::memory_order_release);
  }
  std::optional<int> take() {
    if (!full_.load(std::memory_order_acquire)) return std::nullopt;
    return value_.load();
  }

 private:
  typename Platform::template var<int> value_{0};  // plain data that is shared: races on it are found
  typename Platform::template atomic<bool> full_{false};
};
