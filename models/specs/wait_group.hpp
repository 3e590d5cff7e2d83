// SPDX-License-Identifier: BSL-1.0
#pragma once
// The sequential meaning of a wait group that nobody waits for.
#include <cstdint>

namespace sluice::specs {

class wait_group {
 public:
  static constexpr std::uint64_t most = 0x7FFFFFFF;

  // False: refused, and the count is as it was.
  bool add(std::uint64_t n) {
    if (count_ + n > most) return false;
    count_ += n;
    return true;
  }
  bool done(std::uint64_t n) {
    if (n > count_) return false;
    count_ -= n;
    return true;
  }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace sluice::specs
