// SPDX-License-Identifier: BSL-1.0
#pragma once
// work_line: what stands in line for whoever comes, first in, first out. Under a lock, which an empty line does not ask for.
// T has a member `pool_next`, a Platform::var<T*>, by which what is in line is linked.
//
// Edges (release -> acquire)
//   [gone]  pop -> empty   who finds the line empty sees what was done before by who took what he knows to have stood there
// Relaxed: how many there are, in a push. Who needs to know for sure orders it by fences of its own: see work_pool, [idle].
#include <cstddef>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class work_line {
 public:
  void push(T* item) {
    const lock_held lock(lock_);
    item->pool_next.store(nullptr);
    if (T* const last = last_.load())
      last->pool_next.store(item);
    else
      first_.store(item);
    last_.store(item);
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  // Null: there was none.
  T* pop() {
    if (empty()) return nullptr;
    const lock_held lock(lock_);
    T* const item = first_.load();
    if (item == nullptr) return nullptr;
    first_.store(item->pool_next.load());
    if (first_.load() == nullptr) last_.store(nullptr);
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_release);  // [gone] -> empty
    return item;
  }
  bool empty() const noexcept { return size_.load(std::memory_order_acquire) == 0; }  // [gone] <- pop

 private:
  typename Platform::template atomic<std::size_t> size_{0};  // written under the lock
  futex_lock<Platform> lock_;
  // Under the lock.
  typename Platform::template var<T*> first_{nullptr};
  typename Platform::template var<T*> last_{nullptr};
};

}  // namespace sluice::detail
