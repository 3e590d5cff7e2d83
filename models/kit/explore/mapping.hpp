// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that a search borrows from the system, kept for the next one: mapping it anew would cost more than a small
// search does. Each lane has its own, so that a client meets the same addresses whenever it runs alone.
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

#include <kit/explore/clock.hpp>

namespace sluice::explore {

// `Bytes` of memory that may be used above `Guard` bytes that may not.
template <std::size_t Bytes, std::size_t Guard>
class mapping {
 public:
  mapping() = default;
  mapping(mapping&& o) noexcept : memory_(std::exchange(o.memory_, nullptr)) {}
  mapping& operator=(mapping&& o) noexcept {
    std::swap(memory_, o.memory_);
    return *this;
  }
  ~mapping() {
    if (memory_ != nullptr) munmap(memory_, Guard + Bytes);
  }

  static mapping borrow(unsigned lane) {
    mapping m = std::move(kept()[lane]);
    if (m.memory_ == nullptr) m.reserve();
    return m;
  }
  static void give_back(mapping&& m, unsigned lane) {
    if (m.memory_ != nullptr) kept()[lane] = std::move(m);
  }

  explicit operator bool() const { return memory_ != nullptr; }
  std::byte* begin() const { return memory_ + Guard; }
  std::byte* end() const { return memory_ + Guard + Bytes; }
  bool contains(const void* p) const { return memory_ != nullptr && p >= begin() && p < end(); }
  bool guards(const void* p) const { return memory_ != nullptr && p >= memory_ && p < begin(); }

 private:
  static std::array<mapping, lanes>& kept() {
    thread_local std::array<mapping, lanes> all;
    return all;
  }
  void reserve() {
    void* const m = mmap(nullptr, Guard + Bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED) throw std::bad_alloc();
    memory_ = static_cast<std::byte*>(m);
    if (mprotect(begin(), Bytes, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  }

  std::byte* memory_ = nullptr;
};

}  // namespace sluice::explore
