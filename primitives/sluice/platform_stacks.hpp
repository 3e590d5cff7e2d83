// SPDX-License-Identifier: BSL-1.0
#pragma once
// stack_slabs: stacks of one size, mapped many at a time, used again and again, and unmapped together at the end. What a stack has
// touched stays its own; what it never touched costs address space only. That is set aside when a stack is promised, so that none is
// missing when one is wanted.
//
// Those that lie first go out first: so tasks that begin one after the other have stacks that lie one after the other, whatever ran
// before, which the processor, and its tables of pages, are made for. And few tasks touch few stacks.
//
// Below each stack lies a page that may not be touched, so that an overflow ends the program instead of writing into the next
// stack. Since Linux 6.13 that costs nothing (MADV_GUARD_INSTALL). Before, it costs two of the process's mappings (vm.max_map_count,
// 65,530 by default): so only the first `most_protected` stacks have it, and the others only the page below their slab.
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include <sluice/platform_fiber.hpp>

namespace sluice::detail {

class stack_slabs {
 public:
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t per_slab = 64;  // a bit for each in a word
  static constexpr std::size_t most_protected = 8192;

  // Stacks of `size` usable bytes, a multiple of the page, of which those who take them keep at most `kept` without using them.
  stack_slabs(std::size_t size, std::size_t kept) : size_(size), kept_(kept) {}
  stack_slabs(const stack_slabs&) = delete;
  stack_slabs& operator=(const stack_slabs&) = delete;
  ~stack_slabs() {
    each([this](std::byte* stack) { fiber_watch::roots_end(stack, size_); });
    for (std::byte* const slab : slabs_) unmap(slab, slab_size());
  }

  std::size_t size() const noexcept { return size_; }

  // There will be `n` stacks more whenever they are wanted. Throws std::bad_alloc; then nothing happened.
  void promise(std::size_t n) {
    const std::lock_guard lock(guard_);
    while (slabs_.size() * per_slab < promised_ + n + kept_) map_slab();
    promised_ += n;
  }
  // They are not needed any more, and not in use.
  void take_back_promises(std::size_t n) noexcept {
    const std::lock_guard lock(guard_);
    promised_ -= n;
  }
  // Of the promised ones as many as there are now, but one at least, each by its lowest byte, the first one first; how many.
  std::size_t take(std::span<std::byte*> some) noexcept {
    const std::lock_guard lock(guard_);
    if (free_count_ == 0) return take_fresh(some);
    const std::size_t n = std::min(some.size(), free_count_);
    for (std::byte*& at : some.first(n)) at = stack(take_first());
    return n;
  }
  void give_back(std::span<std::byte* const> some) noexcept {
    const std::lock_guard lock(guard_);
    for (const std::byte* const at : some) {
      const std::size_t i = index_of(at);
      free_[i / per_slab] |= std::uint64_t{1} << i % per_slab;
      first_free_ = std::min(first_free_, i / per_slab);
    }
    free_count_ += some.size();
  }

  // Calls f(stack) for each stack that was ever taken.
  template <class F>
  void each(F f) {
    const std::lock_guard lock(guard_);
    for (std::size_t i = 0; i != ever_taken_; ++i) f(stack(i));
  }
  // Leaves all stacks mapped for ever, for there is something on them that others may still look at.
  void abandon() noexcept {
    const std::lock_guard lock(guard_);
    slabs_.clear();
    by_address_.clear();
    free_.clear();
    promised_ = ever_taken_ = free_count_ = first_free_ = 0;
  }

 private:
  std::size_t stride() const noexcept { return size_ + page; }
  std::size_t slab_size() const noexcept { return stride() * per_slab; }
  std::byte* stack(std::size_t i) const noexcept { return slabs_[i / per_slab] + i % per_slab * stride() + page; }

  auto after(const std::byte* at) const noexcept {
    return std::ranges::upper_bound(by_address_, at, std::less<>{}, &std::pair<const std::byte*, std::size_t>::first);
  }
  std::size_t index_of(const std::byte* stack) const noexcept {
    const std::size_t slab = std::prev(after(stack))->second;
    return slab * per_slab + static_cast<std::size_t>(stack - slabs_[slab]) / stride();
  }

  void map_slab() {
    const std::size_t n = slabs_.size();
    slabs_.reserve(n + 1);
    by_address_.reserve(n + 1);
    free_.reserve(n + 1);
    std::byte* const slab = map(slab_size());
    by_address_.emplace(after(slab), slab, n);
    slabs_.push_back(slab);
    free_.push_back(0);
  }
  // There is one.
  std::size_t take_first() noexcept {
    while (free_[first_free_] == 0) ++first_free_;
    std::uint64_t& bits = free_[first_free_];
    const auto i = static_cast<std::size_t>(std::countr_zero(bits));
    bits &= bits - 1;
    --free_count_;
    return first_free_ * per_slab + i;
  }
  // Those that nobody had before.
  std::size_t take_fresh(std::span<std::byte*> some) noexcept {
    const std::size_t n = std::min(some.size(), slabs_.size() * per_slab - ever_taken_);
    for (std::byte*& at : some.first(n)) {
      at = stack(ever_taken_);
      protect(at - page, ever_taken_ % per_slab == 0);
      fiber_watch::roots_begin(at, size_);
      ++ever_taken_;
    }
    return n;
  }

#if defined(__linux__)
  static std::byte* map(std::size_t bytes) {
    void* const p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(p);
  }
  static void unmap(std::byte* at, std::size_t bytes) noexcept { munmap(at, bytes); }
  void protect(std::byte* guard, bool lowest) noexcept {
    constexpr int guard_install = 102;  // MADV_GUARD_INSTALL, which libc's headers do not know yet
    if (light_guards_ && madvise(guard, page, guard_install) == 0) return;
    light_guards_ = false;
    if (lowest || protected_ < most_protected) {
      mprotect(guard, page, PROT_NONE);
      ++protected_;
    }
  }
#else
  // Zero, as what mmap gives, and at a page's begin; before it, what is to be freed.
  static std::byte* map(std::size_t bytes) {
    void* const all = std::calloc(1, bytes + page);
    if (all == nullptr) throw std::bad_alloc();
    std::size_t room = bytes + page - sizeof all;
    void* at = static_cast<void**>(all) + 1;
    std::align(page, bytes, at, room);
    static_cast<void**>(at)[-1] = all;
    return static_cast<std::byte*>(at);
  }
  static void unmap(std::byte* at, std::size_t) noexcept { std::free(reinterpret_cast<void**>(at)[-1]); }
  void protect(std::byte*, bool) noexcept {}
#endif

  const std::size_t size_;
  const std::size_t kept_;
  std::mutex guard_;
  // Under the mutex.
  std::size_t promised_ = 0;
  std::size_t ever_taken_ = 0;
  std::vector<std::byte*> slabs_;
  std::vector<std::pair<const std::byte*, std::size_t>> by_address_;  // and which slab it is
  std::vector<std::uint64_t> free_;  // a bit for each of a slab's
  std::size_t free_count_ = 0;
  std::size_t first_free_ = 0;  // no slab before this one has a free one
  [[maybe_unused]] std::size_t protected_ = 0;
  [[maybe_unused]] bool light_guards_ = true;
};

}  // namespace sluice::detail
