// SPDX-License-Identifier: BSL-1.0
#pragma once
// The allocator of what is made and freed all the time, one at a time: a thread keeps small blocks that it freed, and takes those
// first. What one thread makes another one often frees, in batches (sluice/reclaim.hpp), or because it stole it (sluice/deque.hpp),
// and there general allocators take a lock. So who has too many leaves them, a bundle at a time, where who has none finds them.
//
// What is kept of each size: 256 blocks by each thread until it ends, and 4,096 by all together for ever, 9 MB if of every size.
//
// Under AddressSanitizer and ThreadSanitizer nothing is kept, so that they see every use after the end.
#include <array>
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <utility>

#include <sluice/detail/block_depot.hpp>
#include <sluice/platform_cpu.hpp>
#include <sluice/platform_pages.hpp>

namespace sluice::detail {

// A thread's freed blocks, by size. Nobody else's.
class block_cache {
  static constexpr std::size_t step = 16;
  static constexpr std::size_t bundle = 128;
  static constexpr std::size_t bundles_for_all = 32;

 public:
  static constexpr std::size_t largest = 256;

  static void* take(std::size_t bytes) {
    all& m = mine();
    shelf& s = m.shelves[shelf_of(bytes)];
    if (s.first == nullptr && !refill(m, s, shelf_of(bytes))) return ::operator new(size_of(bytes));
    block* const first = s.first;
    s.first = first->next;
    --s.count;
    return first;
  }
  static void give(void* p, std::size_t bytes) noexcept {
    all& m = mine();
    shelf& s = m.shelves[shelf_of(bytes)];
    if (!m.open() || (s.count == bundle && !make_room(s, shelf_of(bytes)))) return ::operator delete(p);
    s.first = ::new (p) block{s.first};
    ++s.count;
  }

 private:
  struct block {
    block* next;
  };
  struct shelf {
    block* first = nullptr;
    std::size_t count = 0;
    block* full = nullptr;  // a bundle beside these
    std::size_t asks_not = 0;  // so many times, for there was nothing for all
  };
  struct all;
  struct plain {
    template <class T>
    using atomic = std::atomic<T>;
  };
  struct alignas(cache_line) depot {
    block_depot<block, plain, bundles_for_all> for_all;
  };
  static constexpr std::size_t sizes = largest / step;
  static inline constinit std::array<depot, sizes> depots{};

  [[gnu::noinline]] static bool refill(all& m, shelf& s, std::size_t size) {
    block* b = std::exchange(s.full, nullptr);
    if (b == nullptr) {
      if (s.asks_not != 0) return --s.asks_not, false;
      if (!m.open()) return false;  // nobody would free the rest of a bundle
      b = depots[size].for_all.try_take();
      if (b == nullptr) return s.asks_not = bundle, false;
    }
    s.first = b;
    s.count = bundle;
    return true;
  }
  [[gnu::noinline]] static bool make_room(shelf& s, std::size_t size) noexcept {
    if (s.full != nullptr && !depots[size].for_all.try_give(s.full)) return false;
    s.full = std::exchange(s.first, nullptr);
    s.count = 0;
    return true;
  }
  enum class phase : unsigned char { unused, used, over };

  // Without a destructor, so that it can be asked when the thread's other objects end.
  struct all {
    std::array<shelf, sizes> shelves{};
    phase now = phase::unused;

    // False once the thread ends.
    bool open() noexcept {
      if (now == phase::unused) [[unlikely]]
        begin();
      return now == phase::used;
    }
    [[gnu::noinline]] void begin() noexcept {
      thread_local const at_end frees(*this);
      now = phase::used;
    }
  };
  class at_end {
   public:
    explicit at_end(all& m) noexcept : all_(m) {}
    at_end(const at_end&) = delete;
    at_end& operator=(const at_end&) = delete;
    ~at_end() {
      all_.now = phase::over;
      for (shelf& s : all_.shelves) {
        for (block** const list : {&s.first, &s.full})
          while (*list != nullptr) ::operator delete(std::exchange(*list, (*list)->next));
        s = {};
      }
    }

   private:
    all& all_;
  };

  [[gnu::noinline]] static all& mine() noexcept {
    static constinit thread_local all m;
    differs_by_thread();
    return m;
  }
  static constexpr std::size_t shelf_of(std::size_t bytes) noexcept { return (bytes - 1) / step; }
  static constexpr std::size_t size_of(std::size_t bytes) noexcept { return (shelf_of(bytes) + 1) * step; }
};

// std::allocator's, but for small blocks. All are equal.
template <class T>
class recycling_allocator {
 public:
  using value_type = T;
  recycling_allocator() = default;
  template <class U>
  recycling_allocator(const recycling_allocator<U>&) noexcept {}

  T* allocate(std::size_t n) {
    if (keeps(n)) return static_cast<T*>(block_cache::take(n * sizeof(T)));
    T* const block = std::allocator<T>().allocate(n);
    prefer_large_pages(block, n * sizeof(T));
    return block;
  }
  void deallocate(T* p, std::size_t n) noexcept {
    if (keeps(n))
      block_cache::give(p, n * sizeof(T));
    else
      std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const recycling_allocator&, const recycling_allocator&) = default;

 private:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool checked = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  static constexpr bool checked = true;
#else
  static constexpr bool checked = false;
#endif
#else
  static constexpr bool checked = false;
#endif
  static constexpr bool keeps(std::size_t n) noexcept {
    return !checked && alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ && n != 0 &&
           n <= block_cache::largest / sizeof(T);
  }
};

}  // namespace sluice::detail
