// SPDX-License-Identifier: BSL-1.0
#pragma once
// The allocator of what is made and freed all the time, one at a time: a thread keeps small blocks that it freed, up to a
// bound, and takes those first. What one thread makes another one often frees, in batches (sluice/reclaim.hpp), and there
// general allocators take a lock.
//
// Under AddressSanitizer and ThreadSanitizer nothing is kept, so that they see every use after the end.
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include <sluice/platform_cpu.hpp>
#include <sluice/platform_pages.hpp>

namespace sluice::detail {

// A thread's freed blocks, by size. Nobody else's.
class block_cache {
  static constexpr std::size_t step = 16;
  static constexpr std::size_t kept_each = 256;

 public:
  static constexpr std::size_t largest = 256;

  static void* take(std::size_t bytes) {
    shelf& s = mine().shelves[shelf_of(bytes)];
    block* const first = s.first;
    if (first == nullptr) return ::operator new(size_of(bytes));
    s.first = first->next;
    --s.count;
    return first;
  }
  static void give(void* p, std::size_t bytes) noexcept {
    all& m = mine();
    shelf& s = m.shelves[shelf_of(bytes)];
    if (s.count == kept_each || !m.open()) return ::operator delete(p);
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
  };
  enum class phase : unsigned char { unused, used, over };

  // Without a destructor, so that it can be asked when the thread's other objects end.
  struct all {
    std::array<shelf, largest / step> shelves{};
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
      for (shelf& s : all_.shelves)
        for (; s.first != nullptr; --s.count) ::operator delete(std::exchange(s.first, s.first->next));
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
