// SPDX-License-Identifier: BSL-1.0
#pragma once
// The heap of the checked program: an arena per thread, from which each execution allocates afresh and in the same
// order, so that the n-th allocation of a thread has the same address in every execution that begins alike. Nothing is
// given out twice within one execution: whoever uses freed memory finds the object there dead, not replaced.
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <kit/explore/clock.hpp>

namespace sluice::explore {

class heap {
 public:
  static constexpr std::size_t arena_size = std::size_t{1} << 26;

  heap() = default;
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;
  ~heap() {
    for (std::byte* a : arenas_)
      if (a != nullptr) munmap(a, arena_size);
  }

  void start() {
    used_.fill(0);
    live_ = 0;
    ++execution_;
  }

  // Memory that goes with the execution; nobody frees it.
  void* take(unsigned thread, std::size_t bytes, std::size_t alignment) {
    if (arenas_[thread] == nullptr) arenas_[thread] = reserve();
    const std::size_t at = (used_[thread] + alignment - 1) & ~(alignment - 1);
    if (at + bytes > arena_size) throw std::bad_alloc();
    used_[thread] = at + bytes;
    return arenas_[thread] + at;
  }

  void* allocate(unsigned thread, std::size_t bytes, std::size_t alignment) {
    const std::size_t room = alignment < sizeof(header) ? sizeof(header) : alignment;
    std::byte* p = static_cast<std::byte*>(take(thread, bytes + room, room)) + room;
    const header h{execution_, bytes};
    std::memcpy(p - sizeof(header), &h, sizeof h);
    std::memset(p, 0xcd, bytes);
    ++live_;
    return p;
  }

  // False: there is no live block at p.
  bool deallocate(void* p) {
    header h;
    std::memcpy(&h, static_cast<std::byte*>(p) - sizeof(header), sizeof h);
    if (h.execution != execution_) return false;
    std::memset(p, 0xdd, h.bytes);
    h.execution = 0;
    std::memcpy(static_cast<std::byte*>(p) - sizeof(header), &h, sizeof h);
    --live_;
    return true;
  }

  std::size_t live() const { return live_; }
  std::uint64_t execution() const { return execution_; }

 private:
  struct header {
    std::uint64_t execution;
    std::size_t bytes;
  };
  static std::byte* reserve() {
    void* m = mmap(nullptr, arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(m);
  }

  std::array<std::byte*, lanes> arenas_{};
  std::array<std::size_t, lanes> used_{};
  std::size_t live_ = 0;
  std::uint64_t execution_ = 0;
};

}  // namespace sluice::explore
