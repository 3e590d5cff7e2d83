// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a sync_map keeps in one allocation: an object that can be retired (sluice/reclaim.hpp), and behind it so many items,
// which are written before it is linked, and then no more.
#include <cstddef>
#include <memory>
#include <new>

#include <sluice/reclaim.hpp>

namespace sluice::detail {

// `Head` stands before the items.
template <class Head, class Item, class Platform>
class sync_map_array : public basic_reclaim_obj<Platform> {
 public:
  using reclaimer = basic_reclaimer<Platform>;

  // Throws what the allocator throws.
  static sync_map_array* make(reclaimer& maker, std::size_t n, const Head& head = {}) {
    void* const room = memory().allocate(units(n));
    auto* const made = ::new (room) sync_map_array(maker, n, head);
    std::uninitialized_default_construct_n(made->begin(), n);
    return made;
  }
  struct deleter {
    void operator()(sync_map_array* a) const noexcept {
      const std::size_t n = a->size();
      std::destroy_n(a->begin(), n);
      std::destroy_at(a);
      memory().deallocate(reinterpret_cast<unit*>(a), units(n));
    }
  };

  Item* begin() noexcept { return reinterpret_cast<Item*>(this + 1); }
  Item* end() noexcept { return begin() + size(); }
  std::size_t size() const noexcept { return count_.load(); }
  const Head& head() const noexcept { return head_; }

 private:
  struct alignas(basic_reclaim_obj<Platform>) unit {
    std::byte raw[alignof(basic_reclaim_obj<Platform>)];
  };
  using memory = typename Platform::template allocator<unit>;

  sync_map_array(reclaimer& maker, std::size_t n, const Head& head)
      : basic_reclaim_obj<Platform>(maker), count_(n), head_(head) {
    static_assert(sizeof(sync_map_array) % alignof(Item) == 0 && alignof(Item) <= alignof(unit));
  }
  static std::size_t units(std::size_t n) {
    return (sizeof(sync_map_array) + n * sizeof(Item) + sizeof(unit) - 1) / sizeof(unit);
  }

  const typename Platform::template var<std::size_t> count_;
  [[no_unique_address]] const Head head_;
};

}  // namespace sluice::detail
