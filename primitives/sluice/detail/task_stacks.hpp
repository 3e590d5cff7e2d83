// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_stack: how a task lies on its stack. At the top is a mark that says whether there is a task, and the task; below it what
// the task runs; and below that the stack proper.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <sluice/detail/task_control.hpp>
#include <sluice/platform.hpp>
#include <sluice/platform_stacks.hpp>

namespace sluice::detail {

class task_stack {
  // In memory that is zero to begin with: nobody is alive there.
  struct top_of_stack {
    std_threads::atomic<std::uint32_t> alive;
    alignas(task_control) std::byte raw[sizeof(task_control)];
  };
  static constexpr std::size_t top_bytes = (sizeof(top_of_stack) + cache_line - 1) / cache_line * cache_line;

 public:
  task_stack(std::byte* bottom, std::size_t size) noexcept : bottom_(bottom), size_(size) {}

  // The one of `size` bytes on which `t` is.
  static task_stack of(task_control& t, std::size_t size) noexcept {
    auto* const place = reinterpret_cast<std::byte*>(&t) - offsetof(top_of_stack, raw);
    return {place + top_bytes - size, size};
  }

  std::byte* bottom() const noexcept { return bottom_; }
  task_control& task() const noexcept { return *std::launder(reinterpret_cast<task_control*>(top().raw)); }
  bool alive() const noexcept { return top().alive.load(std::memory_order_relaxed) != 0; }

  // Makes what is to run, under the task; where it lies. Throws what that throws, std::length_error if there is no room for it.
  template <class Closure, class... Args>
  void* hold(Args&&... args) const {
    void* const place = room(sizeof(Closure), alignof(Closure));
    if (place == nullptr)
      throw std::length_error("sluice::go: what is to run takes more than a quarter of a task's stack of " +
                              std::to_string(size_) + " bytes; let it hold a pointer to it");
    return ::new (place) Closure{std::forward<Args>(args)...};
  }
  // Runs what lies there, once, and destroys it.
  template <class Closure>
  static void run(void* place) {
    struct destroyed {
      Closure& c;
      ~destroyed() { std::destroy_at(&c); }
    } const guard{*std::launder(static_cast<Closure*>(place))};
    guard.c();
  }
  // Makes the task, which will call body(closure), `closure` being in the room that was given out.
  template <class... Args>
  task_control& make(void (*body)(void*), void* closure, Args&&... args) const {
    auto* const t = ::new (static_cast<void*>(top().raw)) task_control(std::forward<Args>(args)...);
    constexpr std::size_t alignment = 64;
    const auto below = static_cast<std::size_t>(static_cast<std::byte*>(closure) - bottom_) & ~(alignment - 1);
    t->prepare(bottom_, below, body, closure);
    top().alive.store(1, std::memory_order_relaxed);
    return *t;
  }
  // The task has ended.
  void unmake() const noexcept {
    task().forget();
    top().alive.store(0, std::memory_order_relaxed);
    std::destroy_at(&task());
  }

 private:
  // Room for `bytes` under the task, at most a quarter of the stack; null where there is not that much.
  void* room(std::size_t bytes, std::size_t alignment) const noexcept {
    if (bytes > size_ / 4 || alignment > size_ / 4) return nullptr;
    const auto end = reinterpret_cast<std::uintptr_t>(&top()) - bytes;
    std::byte* const place = bottom_ + ((end & ~(alignment - 1)) - reinterpret_cast<std::uintptr_t>(bottom_));
    fiber_watch::given_out(place, bytes);
    return place;
  }
  top_of_stack& top() const noexcept {
    return *std::launder(reinterpret_cast<top_of_stack*>(bottom_ + size_ - top_bytes));
  }

  std::byte* bottom_;
  std::size_t size_;
};

// A worker's own few free stacks, so that most tasks begin and end without a lock. Where tasks end on other workers than the one that
// starts them, a lock is taken once for many.
class stack_cache {
 public:
  explicit stack_cache(stack_slabs& all) : all_(all) {}
  stack_cache(const stack_cache&) = delete;
  stack_cache& operator=(const stack_cache&) = delete;
  ~stack_cache() = default;  // the slabs own them

  std::byte* take() {
    if (count_ == 0) count_ = all_.take({mine_.data(), moved});
    return mine_[--count_];
  }
  // Those that lie here longest, and are in no cache of this CPU any more, go first.
  void give_back(std::byte* stack) noexcept {
    if (count_ == most) {
      all_.give_back({mine_.data(), moved});
      std::copy(mine_.begin() + moved, mine_.end(), mine_.begin());
      count_ -= moved;
    }
    mine_[count_++] = stack;
  }

 private:
  static constexpr std::size_t most = 64;
  static constexpr std::size_t moved = 32;
  stack_slabs& all_;
  std::size_t count_ = 0;
  std::array<std::byte*, most> mine_{};  // the first count_ of them
};

}  // namespace sluice::detail
