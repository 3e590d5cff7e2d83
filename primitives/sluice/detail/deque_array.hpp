// SPDX-License-Identifier: BSL-1.0
#pragma once
// One array of a deque: a power of two of atomic slots that the positions wrap around, and the smaller array before it.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sluice::detail {

template <class T, class Allocator, class Platform>
class deque_array {
  using slot = typename Platform::template atomic<T>;
  using slot_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<slot>;
  using slot_traits = std::allocator_traits<slot_allocator>;
  using self_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<deque_array>;
  using self_traits = std::allocator_traits<self_allocator>;

 public:
  // Every slot has a value: a thief whose position is out of date reads one, and throws it away.
  deque_array(std::size_t size, deque_array* older, const Allocator& alloc)
      : size_(size), slots_(allocate(size, alloc)), older_(older) {
    for (std::size_t i = 0; i != size; ++i) std::construct_at(std::to_address(slots_) + i, T{});
  }
  deque_array(const deque_array&) = delete;
  deque_array& operator=(const deque_array&) = delete;
  ~deque_array() = default;  // destroy() has freed the slots

  // Throws what the allocator throws.
  static deque_array* make(std::size_t size, deque_array* older, const Allocator& alloc) {
    self_allocator arrays(alloc);
    const auto at = self_traits::allocate(arrays, 1);
    try {
      return std::construct_at(std::to_address(at), size, older, alloc);
    } catch (...) {
      self_traits::deallocate(arrays, at, 1);
      throw;
    }
  }
  // This one and all older ones.
  static void destroy(deque_array* newest, const Allocator& alloc) {
    self_allocator arrays(alloc);
    slot_allocator slots(alloc);
    while (newest != nullptr) {
      deque_array* const older = newest->older_;
      std::destroy_n(std::to_address(newest->slots_), newest->size_);
      slot_traits::deallocate(slots, newest->slots_, newest->size_);
      std::destroy_at(newest);
      self_traits::deallocate(arrays, std::pointer_traits<typename self_traits::pointer>::pointer_to(*newest), 1);
      newest = older;
    }
  }

  std::size_t size() const noexcept { return size_; }
  slot& operator[](std::int64_t position) const noexcept {
    return std::to_address(slots_)[static_cast<std::size_t>(position) & (size_ - 1)];
  }

 private:
  static typename slot_traits::pointer allocate(std::size_t size, const Allocator& alloc) {
    slot_allocator slots(alloc);
    return slot_traits::allocate(slots, size);
  }

  // Written by nobody after construction.
  const std::size_t size_;
  const typename slot_traits::pointer slots_;
  deque_array* const older_;
};

}  // namespace sluice::detail
