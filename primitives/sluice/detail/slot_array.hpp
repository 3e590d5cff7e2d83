// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

namespace sluice::detail {

// True where constructing a T from Args through Allocator cannot throw.
template <class Allocator, class T, class... Args>
constexpr bool constructs_nothrow() noexcept {
  if constexpr (requires(Allocator& a, T* p, Args&&... args) { a.construct(p, std::forward<Args>(args)...); })
    return noexcept(std::declval<Allocator&>().construct(std::declval<T*>(), std::declval<Args>()...));
  else
    return std::is_nothrow_constructible_v<T, Args...>;
}

// A fixed array of default-constructed Slots from the user's allocator, which also constructs and destroys the
// elements that come to live in them. Owned by one ring; never grows.
template <class Slot, class T, class Allocator>
class slot_array {
  using element_traits = std::allocator_traits<Allocator>;
  using slot_allocator = typename element_traits::template rebind_alloc<Slot>;
  using slot_traits = std::allocator_traits<slot_allocator>;

 public:
  slot_array(std::size_t n, const Allocator& alloc) : alloc_(alloc), size_(n) {
    slot_allocator slots(alloc_);
    first_ = slot_traits::allocate(slots, n);
    for (std::size_t i = 0; i != n; ++i) std::construct_at(std::to_address(first_) + i);
  }
  slot_array(const slot_array&) = delete;
  slot_array& operator=(const slot_array&) = delete;
  ~slot_array() {
    slot_allocator slots(alloc_);
    std::destroy_n(std::to_address(first_), size_);
    slot_traits::deallocate(slots, first_, size_);
  }

  Slot* data() noexcept { return std::to_address(first_); }
  Slot& operator[](std::size_t i) noexcept { return std::to_address(first_)[i]; }
  const Slot& operator[](std::size_t i) const noexcept { return std::to_address(first_)[i]; }
  Allocator get_allocator() const { return alloc_; }

  // The element's life, as P0260 asks: allocator_traits::construct and destroy.
  template <class... Args>
  void construct(T* at, Args&&... args) noexcept(constructs_nothrow<Allocator, T, Args...>()) {
    element_traits::construct(alloc_, at, std::forward<Args>(args)...);
  }
  void destroy(T& element) noexcept { element_traits::destroy(alloc_, std::addressof(element)); }

 private:
  [[no_unique_address]] Allocator alloc_;
  std::size_t size_;
  typename slot_traits::pointer first_;
};

}  // namespace sluice::detail
