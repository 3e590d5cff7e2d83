// SPDX-License-Identifier: BSL-1.0
#pragma once
// The sequential meaning of a lock for one writer or many readers that nobody waits for; a mutex is one without readers.
#include <cstddef>

namespace sluice::specs {

class rw_lock {
 public:
  bool try_lock() {
    if (held_ || readers_ != 0) return false;
    return held_ = true;
  }
  bool try_lock_shared() {
    if (held_) return false;
    ++readers_;
    return true;
  }
  // False: refused, for nobody holds it so.
  bool unlock() {
    if (!held_) return false;
    held_ = false;
    return true;
  }
  bool unlock_shared() {
    if (readers_ == 0) return false;
    --readers_;
    return true;
  }

  friend bool operator==(const rw_lock&, const rw_lock&) = default;
  std::size_t hash() const { return 2 * readers_ + (held_ ? 1U : 0U); }

 private:
  bool held_ = false;
  std::size_t readers_ = 0;
};

}  // namespace sluice::specs
