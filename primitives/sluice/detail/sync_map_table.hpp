// SPDX-License-Identifier: BSL-1.0
#pragma once
// A table of a sync_map: 2^n slots, found by the first n bits of a hash, so that a slot is an interval of hashes, twice as
// many slots halve the intervals, and tables of all sizes are gone through in the same order.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <sluice/reclaim.hpp>

namespace sluice::detail {

template <class Slot, class Platform>
class sync_map_table : public basic_reclaim_obj<Platform> {
  template <class T>
  using atomic = typename Platform::template atomic<T>;

 public:
  using slot = Slot;
  using reclaimer = basic_reclaimer<Platform>;

  // `size` slots, a power of two and at least two, each of which holds `fill`. Throws what the allocator throws.
  template <class Word>
  static sync_map_table* make(reclaimer& maker, std::size_t size, Word fill) {
    slots all(slot_memory().allocate(size), free_slots{size});
    for (std::size_t i = 0; i != size; ++i) ::new (static_cast<void*>(all.get() + i)) slot(fill);
    auto* const t = ::new (static_cast<void*>(memory().allocate(1))) sync_map_table(maker, size, all.get());
    static_cast<void>(all.release());
    return t;
  }
  struct deleter {
    void operator()(sync_map_table* t) const noexcept {
      slot* const first = t->slots_.load();
      const std::size_t size = t->size();
      std::destroy_n(first, size);
      slot_memory().deallocate(first, size);
      std::destroy_at(t);
      memory().deallocate(t, 1);
    }
  };

  std::size_t size() const noexcept { return size_.load(); }
  std::size_t index_of(std::uint64_t hash) const noexcept { return static_cast<std::size_t>(hash >> shift_.load()); }
  // The last hash that goes into the same slot.
  std::uint64_t last_beside(std::uint64_t hash) const noexcept {
    return hash | ((std::uint64_t{1} << shift_.load()) - 1);
  }
  slot& at(std::size_t index) noexcept { return slots_.load()[index]; }

  // The table that the content moves to; set once.
  atomic<sync_map_table*> next{nullptr};

 private:
  using memory = typename Platform::template allocator<sync_map_table>;
  using slot_memory = typename Platform::template allocator<slot>;
  struct free_slots {
    std::size_t size;
    void operator()(slot* s) const { slot_memory().deallocate(s, size); }
  };
  using slots = std::unique_ptr<slot, free_slots>;

  sync_map_table(reclaimer& maker, std::size_t size, slot* first)
      : basic_reclaim_obj<Platform>(maker),
        size_(size),
        shift_(64U - static_cast<unsigned>(std::countr_zero(size))),
        slots_(first) {}

  // Written once; shared data to a checker, which sees whoever looks into a table that is gone.
  typename Platform::template var<std::size_t> size_;
  typename Platform::template var<unsigned> shift_;
  typename Platform::template var<slot*> slots_;
};

}  // namespace sluice::detail
