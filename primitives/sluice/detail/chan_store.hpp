// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_store: what a channel without a bound holds beyond its buffer. Each element has a node of its own in the line of
// pushes, as if one waited there, but whose owner is nobody.
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// Everything but size() under the lock of the channel.
template <class T, class Platform>
class chan_store {
 public:
  using node = wait_node<Platform>;

  // Moves `v` into a node. Throws what the allocator throws, and has done nothing then.
  node& put(T& v) {
    allocator a;
    stored* const s = traits::allocate(a, 1);
    std::construct_at(s, nobody_, v);
    count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return *s;
  }
  // Of a node that `put` made and nobody finds any more: the end.
  void drop(node& n) noexcept {
    auto* const s = static_cast<stored*>(&n);
    allocator a;
    std::destroy_at(s);
    traits::deallocate(a, s, 1);
    count_.store(count_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  // How many there were a moment ago.
  std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  struct stored : node {
    stored(waiter<Platform>& nobody, T& v) noexcept
        : node(nobody, 0, std::addressof(value), told), value(std::move(v)) {}
    T value;
    typename node::flag told{false};  // which nobody asks
  };
  using allocator = typename Platform::template allocator<stored>;
  using traits = std::allocator_traits<allocator>;

  waiter<Platform> nobody_{waiter<Platform>::kind::one_node};
  // Relaxed: a hint.
  typename Platform::template atomic<std::size_t> count_{0};
};

}  // namespace sluice::detail
