// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_start: a task that has yet to begin. What it shall run lies in memory of its own, so that it needs no stack until its turn
// comes: of a burst of new tasks only those have one that run or wait, and most begin on the one that the last task has left.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <sluice/detail/task_name.hpp>
#include <sluice/platform.hpp>
#include <sluice/platform_recycling.hpp>

namespace sluice::detail {

// What a scheduler's workers take from their pool: a task that is to begin, or one that goes on.
struct pool_item {
  explicit pool_item(bool has_begun) noexcept : begun(has_begun) {}
  pool_item(const pool_item&) = delete;
  pool_item& operator=(const pool_item&) = delete;

  std_threads::var<pool_item*> pool_next{nullptr};  // the pool's
  const bool begun;

 protected:
  ~pool_item() = default;
};

class task_start : public pool_item {
 public:
  // Holds Closure{args...}. Throws what making it throws, std::bad_alloc.
  template <class Closure, class... Args>
  static task_start& make(std::source_location at, task_name&& name, Args&&... args);

  // Runs what it holds, once, and frees it and itself.
  virtual void run() = 0;
  // Does not run it.
  virtual void discard() noexcept = 0;

  std::uint64_t id = 0;
  const std::source_location started;
  task_name name;

 protected:
  task_start(std::source_location at, task_name&& called) noexcept
      : pool_item(false), started(at), name(std::move(called)) {}
  ~task_start() = default;
};

template <class Closure>
class task_start_of final : public task_start {
  using memory = recycling_allocator<task_start_of>;

 public:
  template <class... Args>
  explicit task_start_of(std::source_location at, task_name&& called, Args&&... args)
      : task_start(at, std::move(called)), closure_{std::forward<Args>(args)...} {}

  // On the stack it is where the frames of the task are, which it reads between two waits.
  void run() override {
    if constexpr (moves_to_stack) {
      Closure here(std::move(closure_));
      discard();
      here();
    } else {
      struct freed {
        task_start_of& t;
        ~freed() { t.discard(); }
      } const guard{*this};
      closure_();
    }
  }
  void discard() noexcept override {
    std::destroy_at(this);
    memory().deallocate(this, 1);
  }

 private:
  static constexpr std::size_t most_moved = 512;
  static constexpr bool moves_to_stack =
      std::is_nothrow_move_constructible_v<Closure> && sizeof(Closure) <= most_moved && alignof(Closure) <= cache_line;

  Closure closure_;
};

template <class Closure, class... Args>
task_start& task_start::make(std::source_location at, task_name&& name, Args&&... args) {
  recycling_allocator<task_start_of<Closure>> memory;
  auto* const place = memory.allocate(1);
  try {
    return *std::construct_at(place, at, std::move(name), std::forward<Args>(args)...);
  } catch (...) {
    memory.deallocate(place, 1);
    throw;
  }
}

}  // namespace sluice::detail
