// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_stack: how a task lies on its stack. At the top is a mark that says whether there is a task, and the task; below it the
// stack proper.
// Relaxed: the mark, which is asked once no task of the scheduler runs, by who has seen what all its workers did.
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

  // Makes the task, which will run what `start` holds.
  task_control& make(task_core& home, task_start& start) const {
    auto* const t = ::new (static_cast<void*>(top().raw)) task_control(home, start, bottom_, size_ - top_bytes);
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
  top_of_stack& top() const noexcept {
    return *std::launder(reinterpret_cast<top_of_stack*>(bottom_ + size_ - top_bytes));
  }

  std::byte* bottom_;
  std::size_t size_;
};

// A worker's own few free stacks, and how many tasks more it may start before it has to ask whether there will be stacks for them;
// so that most tasks begin and end without a lock.
class stack_cache {
 public:
  // Here, and the one that its last task is about to leave.
  static constexpr std::size_t most_unused = 33;

  explicit stack_cache(stack_slabs& all) : all_(all) {}
  stack_cache(const stack_cache&) = delete;
  stack_cache& operator=(const stack_cache&) = delete;
  ~stack_cache() = default;  // the slabs own them

  // There will be a stack for one task more, on whichever worker it begins. Throws std::bad_alloc; then nothing happened.
  void promise() {
    if (promises_ == 0) {
      all_.promise(promised);
      promises_ = promised;
    }
    --promises_;
  }
  // For one that a promise was made for.
  std::byte* take() noexcept {
    if (count_ == 0) {
      count_ = all_.take({mine_.data(), moved});
      std::reverse(mine_.begin(), mine_.begin() + count_);  // so that the first one goes first
    }
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
  // A task that a promise was made for has ended.
  void one_ended() noexcept {
    if (++promises_ < most_promises) return;
    all_.take_back_promises(most_promises - promised);
    promises_ = promised;
  }

 private:
  static constexpr std::size_t most = most_unused - 1;
  static constexpr std::size_t moved = most / 2;
  static constexpr std::size_t promised = 64;  // at a time
  static constexpr std::size_t most_promises = 4 * promised;
  stack_slabs& all_;
  std::size_t promises_ = 0;
  std::size_t count_ = 0;
  std::array<std::byte*, most> mine_{};  // the first count_ of them
};

}  // namespace sluice::detail
