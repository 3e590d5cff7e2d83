// SPDX-License-Identifier: BSL-1.0
#pragma once
// Allocators that count, and that construct elements in their own way.
#include <cstddef>
#include <memory>
#include <utility>

namespace sluice::test {

struct allocation_log {
  long allocations = 0;
  long deallocations = 0;
  long constructed = 0;
  long destroyed = 0;
};

// Stateful: equal only if they share a log.
template <class T>
class logging_allocator {
 public:
  using value_type = T;

  explicit logging_allocator(allocation_log& log) noexcept : log_(&log) {}
  template <class U>
  logging_allocator(const logging_allocator<U>& other) noexcept : log_(&other.log()) {}

  T* allocate(std::size_t n) {
    ++log_->allocations;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
    ++log_->deallocations;
    std::allocator<T>().deallocate(p, n);
  }
  template <class U, class... Args>
  void construct(U* p, Args&&... args) noexcept(std::is_nothrow_constructible_v<U, Args...>) {
    ++log_->constructed;
    std::construct_at(p, std::forward<Args>(args)...);
  }
  template <class U>
  void destroy(U* p) noexcept {
    ++log_->destroyed;
    std::destroy_at(p);
  }

  allocation_log& log() const noexcept { return *log_; }
  friend bool operator==(const logging_allocator& a, const logging_allocator& b) noexcept { return a.log_ == b.log_; }

 private:
  allocation_log* log_;
};

}  // namespace sluice::test
