// SPDX-License-Identifier: BSL-1.0
#pragma once
// block_depot: where threads leave bundles of free blocks for each other, when one frees what another one makes.
// Bonwick and Adams, Magazines and Vmem (USENIX ATC 2001), call it a depot of magazines, and take a lock.
//
// A few places, each with a bundle or none. Who gives one looks for a place without, who takes one for a place with; neither waits for
// the other, and no bundle is ever looked into by who does not have it, so there is no question which of two equal addresses it is.
//
// Guarantee. No bundle is lost, or taken twice; who takes it sees what who gave it wrote. Both operations are wait-free, O(Places),
// one read-modify-write for each place that looked right. They say no where each place was wrong at some moment, not all at one.
//
// Edges (release -> acquire)
//   [bundle]  try_give -> try_take   linked before it is gone through
// Relaxed: a look at a place before the read-modify-write; who finds a place empty, or loses one: nothing was brought with it.
#include <atomic>
#include <cstddef>

namespace sluice::detail {

template <class Bundle, class Platform, std::size_t Places>
class block_depot {
 public:
  constexpr block_depot() noexcept = default;
  block_depot(const block_depot&) = delete;
  block_depot& operator=(const block_depot&) = delete;
  ~block_depot() = default;  // of what is inside its user knows

  // False: there is no room, and it is still the caller's.
  [[nodiscard]] bool try_give(Bundle* b) noexcept {
    for (auto& [p] : places_) {
      Bundle* none = p.load(std::memory_order_relaxed);
      if (none == nullptr && p.compare_exchange_strong(none, b, std::memory_order_release,  // [bundle] -> try_take
                                                       std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  // Null: it has found none.
  [[nodiscard]] Bundle* try_take() noexcept {
    for (auto& [p] : places_) {
      if (p.load(std::memory_order_relaxed) == nullptr) continue;
      if (Bundle* const b = p.exchange(nullptr, std::memory_order_acquire)) return b;  // [bundle] <- try_give
    }
    return nullptr;
  }

 private:
  struct place {
    typename Platform::template atomic<Bundle*> bundle{nullptr};
  };
  place places_[Places];
};

}  // namespace sluice::detail
