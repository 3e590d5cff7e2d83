// SPDX-License-Identifier: BSL-1.0
#pragma once
// work_bench: what one worker has before it: one item that it does next, and a deque of others, from which who has nothing steals.
//
// The next one is for what was just made ready by what the worker runs now, as Go's runnext: most often that is about to wait for it,
// its data are still in this CPU's cache, and nobody else need know. So thieves leave it alone, and the deque too, for as long as
// the worker gets on: they take what lay there at their last look as well (glimpse).
//
// Edges (release -> acquire)
//   [next]  put_next -> steal   what was done before is seen by who steals the next one
// Relaxed: what the owner does with its own next one; turns, and who looks how things stand: guesses, which only time depends on.
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include <sluice/conqueue.hpp>
#include <sluice/deque.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class work_bench {
 public:
  // How a thief saw it.
  struct glimpse {
    std::int64_t eldest = -1;
    std::size_t others = 0;  // beside what was stolen last
    const T* next = nullptr;
    std::uint64_t turns = 0;
  };

  explicit work_bench(std::size_t room) : items_(room) {}

  // The owner: something that it does next but for the next one. Throws what the allocator throws; then nothing happened.
  void put(T* item) { items_.push(item); }
  // The owner: something that it does next. What it was to do next before comes back, or null.
  T* put_next(T* item) noexcept {
    if (next_.load(std::memory_order_relaxed) == nullptr) {
      next_.store(item, std::memory_order_release);  // [next] -> steal
      return nullptr;
    }
    return next_.exchange(item, std::memory_order_release);  // [next] -> steal
  }
  // The owner: what it does next, or null.
  T* take() noexcept {
    if (next_.load(std::memory_order_relaxed) != nullptr)
      if (T* const item = next_.exchange(nullptr, std::memory_order_relaxed)) return item;
    return take_youngest();
  }
  // The owner: the youngest, or the eldest, in the deque, or null.
  T* take_youngest() noexcept { return items_.empty() ? nullptr : items_.try_pop().value_or(nullptr); }
  T* take_eldest() noexcept { return items_.try_steal().value_or(nullptr); }

  // The owner begins another turn; how many there were.
  std::uint64_t begin_turn() noexcept {
    const std::uint64_t n = turns_.load(std::memory_order_relaxed) + 1;
    turns_.store(n, std::memory_order_relaxed);
    return n;
  }
  std::uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }

  // A thief: something, or null.
  T* steal() noexcept {
    auto item = items_.try_steal();
    while (!item && item.error() == conqueue_status::busy) item = items_.try_steal();
    return item ? *item : steal_next(next_.load(std::memory_order_relaxed));
  }
  // A thief: something that lay there when it had `seen` this, or null.
  T* steal_what_lies(glimpse& seen) noexcept {
    const std::int64_t eldest = items_.taken();
    seen.others = 0;
    if (eldest == seen.eldest) {
      const auto item = items_.try_steal(seen.others);
      seen.eldest = item && seen.others != 0 ? eldest + 1 : -1;
      return item.value_or(nullptr);
    }
    const bool some = !items_.empty();
    seen.eldest = some ? eldest : -1;
    T* const next = next_.load(std::memory_order_relaxed);
    const std::uint64_t now = turns();
    const bool lies = next != nullptr && next == seen.next && now == seen.turns;
    seen.next = next;
    seen.turns = now;
    return lies ? steal_next(next) : nullptr;
  }
  // The thief, once that has given it something: as many more of the eldest as it has room for, unless another one takes them;
  // how many.
  std::size_t steal_more(glimpse& seen, std::span<T*> room) noexcept {
    std::size_t n = 0;
    for (; n != room.size(); ++n, ++seen.eldest) {
      const auto item = items_.try_steal();
      if (!item) break;
      room[n] = *item;
    }
    return n;
  }

  // How many there are but for the next one.
  std::size_t others() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty() && next_.load(std::memory_order_relaxed) == nullptr; }

 private:
  T* steal_next(T* item) noexcept {
    if (item != nullptr &&
        next_.compare_exchange_strong(item, nullptr, std::memory_order_acquire,  // [next] <- put_next
                                      std::memory_order_relaxed))
      return item;
    return nullptr;
  }

  deque<T*, typename Platform::template allocator<T*>, Platform> items_;
  // Written by the owner, but for a thief that takes it.
  typename Platform::template atomic<T*> next_{nullptr};
  // Written by the owner.
  typename Platform::template atomic<std::uint64_t> turns_{0};
};

}  // namespace sluice::detail
