// SPDX-License-Identifier: BSL-1.0
#pragma once
// lone_task: where a task (sluice/task.hpp) waits for one who alone may wake it. That one finds it by name: no line of sleepers,
// no lock, no fence, one read-modify-write on each side. Nothing where Platform has no tasks.
//
// The word says `from` until it is changed. The task leaves its stack, and only then writes `to`; so who changes `to` into
// something else finds a task that may be run elsewhere, and has to wake it. Who changes `from` has nobody to wake: the task goes on.
//
// Edges (release -> acquire)
//   [parked]  say_parked -> lone_task::wake   the task has left its stack, and its name is written, before it is woken
// Relaxed: say_gone, which hands nothing over.
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
inline constexpr bool has_tasks = requires { Platform::this_task(); };

// Whether the caller is a task.
template <class Platform>
bool is_task() {
  if constexpr (has_tasks<Platform>)
    return Platform::this_task() != nullptr;
  else
    return false;
}

// By Platform::park once the task has left its stack. False: `w` says `from` no longer, and the task goes on.
template <class Word>
bool say_parked(Word& w, std::uint32_t from, std::uint32_t to) noexcept {
  return w.compare_exchange_strong(from, to, std::memory_order_release,  // [parked] -> lone_task::wake
                                   std::memory_order_relaxed);
}

// Of a parked task that will never go on: nobody who changes `w` shall find it. False: somebody has, and calls wake.
template <class Word>
bool say_gone(Word& w, std::uint32_t from, std::uint32_t to) noexcept {
  return w.compare_exchange_strong(to, from, std::memory_order_relaxed, std::memory_order_relaxed);
}

template <class Platform>
class lone_task {
  using word = typename Platform::template atomic<std::uint32_t>;

 public:
  // False: the caller is no task. True: it is one, and `w` has been changed from `from`, or from `to`, and then wake was called.
  bool park(word& w, std::uint32_t from, std::uint32_t to) {
    auto* const caller = Platform::this_task();
    if (caller == nullptr) return false;
    task_.store(caller);
    Platform::park(*caller, w, from, to);
    return true;
  }
  // By who changed `w` from `to`. What this reads is that change, which continues the release sequence.
  void wake(const word& w) {
    static_cast<void>(w.load(std::memory_order_acquire));  // [parked] <- say_parked
    Platform::wake_task(*task_.load());
  }

 private:
  typename Platform::template var<decltype(Platform::this_task())> task_{nullptr};
};

template <class Platform>
  requires(!has_tasks<Platform>)
class lone_task<Platform> {
  using word = typename Platform::template atomic<std::uint32_t>;

 public:
  static constexpr bool park(word&, std::uint32_t, std::uint32_t) noexcept { return false; }
  static void wake(const word&) noexcept {}
};

}  // namespace sluice::detail
