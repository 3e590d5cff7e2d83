// SPDX-License-Identifier: BSL-1.0
#pragma once
// The sequential meaning of a weighted semaphore that nobody waits for.
#include <cstdint>

namespace sluice::specs {

class semaphore {
 public:
  explicit semaphore(std::uint64_t size) : free_(size), size_(size) {}

  bool try_acquire(std::uint64_t n) {
    if (n > free_) return false;
    free_ -= n;
    return true;
  }
  // False: refused, for fewer are taken.
  bool release(std::uint64_t n) {
    if (n > size_ - free_) return false;
    free_ += n;
    return true;
  }
  std::uint64_t free() const { return free_; }

 private:
  std::uint64_t free_;
  std::uint64_t size_;
};

}  // namespace sluice::specs
