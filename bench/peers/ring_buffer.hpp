// SPDX-License-Identifier: BSL-1.0
#pragma once
// A FIFO of at most n elements in one block of memory, for one thread at a time. The storage under every baseline, so
// that what a baseline costs is its synchronisation and not an allocation.
#include <cstddef>
#include <memory>
#include <utility>

namespace bench {

template <class T>
class ring_buffer {
 public:
  explicit ring_buffer(std::size_t capacity) : capacity_(capacity), first_(std::allocator<T>().allocate(capacity)) {}
  ring_buffer(const ring_buffer&) = delete;
  ring_buffer& operator=(const ring_buffer&) = delete;
  ~ring_buffer() {
    while (!empty()) std::destroy_at(slot(head_)), head_ = next(head_), --size_;
    std::allocator<T>().deallocate(first_, capacity_);
  }

  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ == capacity_; }

  // Neither looks whether there is room or an element: the caller has.
  void push(T&& v) {
    std::construct_at(slot(tail_), std::move(v));
    tail_ = next(tail_);
    ++size_;
  }
  T pop() {
    T v = std::move(*slot(head_));
    std::destroy_at(slot(head_));
    head_ = next(head_);
    --size_;
    return v;
  }

 private:
  T* slot(std::size_t i) const noexcept { return first_ + i; }
  // A comparison and not a division: any capacity, and the baseline at its best.
  std::size_t next(std::size_t i) const noexcept { return i + 1 == capacity_ ? 0 : i + 1; }

  const std::size_t capacity_;
  T* const first_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t size_ = 0;
};

}  // namespace bench
