// SPDX-License-Identifier: BSL-1.0
#pragma once
// An element whose construction or move stops in the middle until the test lets it go on: a stalled peer, for certain.
#include <semaphore>
#include <utility>

namespace sluice::test {

// For one visitor: it says that it is inside, and stays until released.
class gate {
 public:
  void pass() noexcept {
    inside_.release();
    open_.acquire();
  }
  void wait_until_inside() { inside_.acquire(); }
  void open() { open_.release(); }

 private:
  std::binary_semaphore inside_{0};
  std::binary_semaphore open_{0};
};

class gated {
 public:
  gated(int v) noexcept : value(v) {}
  // Stops while it is constructed.
  gated(int v, gate& g) noexcept : value(v) { g.pass(); }
  // Stops the `nth` time it is moved: 1 is the way into a ring, 2 the way out.
  gated(int v, gate& g, int nth) noexcept : value(v), stop_at_(&g), moves_left_(nth) {}

  gated(gated&& other) noexcept
      : value(other.value), stop_at_(std::exchange(other.stop_at_, nullptr)), moves_left_(other.moves_left_) {
    if (stop_at_ != nullptr && --moves_left_ == 0) std::exchange(stop_at_, nullptr)->pass();
  }
  gated& operator=(gated&&) = delete;

  int value;

 private:
  gate* stop_at_ = nullptr;
  int moves_left_ = 0;
};

}  // namespace sluice::test
