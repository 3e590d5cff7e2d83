// SPDX-License-Identifier: BSL-1.0
#pragma once
// ready_line: what is ready to be run and needs somebody to run it, first in, first out. However much is ready, one is on the way
// who will run it, or nobody need be: so a million items want no million runners. A runner may be held up by the item that it runs,
// for as long as it likes; so before it runs one it sees to it that another comes for the rest.
//
// T has a member `next_ready`, a Platform::var<T*>, by which what is in line is linked.
//
// Invariant, whenever the lock is free: where the line is not empty, a runner is on its way (coming_).
//
// Edges: the lock's. What an item carries is passed on by it.
#include <sluice/detail/futex_lock.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class ready_line {
 public:
  // True: whoever gets this answer has to send a runner, who will begin(), or say that nobody_comes().
  using sends = bool;
  struct turn {
    T* item;  // null: there is none, and the runner goes
    sends another;
  };

  [[nodiscard]] sends push(T& item) {
    const lock_held lock(lock_);
    item.next_ready.store(nullptr);
    T* const last = last_.load();
    (last == nullptr ? first_ : last->next_ready).store(&item);
    last_.store(&item);
    return sends_one();
  }
  // A runner that was sent: its first item.
  [[nodiscard]] turn begin() {
    const lock_held lock(lock_);
    coming_.store(false);
    return take();
  }
  // A runner that has run one: its next one.
  [[nodiscard]] turn next() {
    const lock_held lock(lock_);
    return take();
  }
  // Of who could not send one: the next push has to.
  void nobody_comes() {
    const lock_held lock(lock_);
    coming_.store(false);
  }

 private:
  turn take() {
    T* const item = first_.load();
    if (item == nullptr) return {nullptr, false};
    first_.store(item->next_ready.load());
    if (first_.load() != nullptr) return {item, sends_one()};
    last_.store(nullptr);
    return {item, false};
  }
  sends sends_one() {
    const bool none_comes = !coming_.load();
    coming_.store(true);
    return none_comes;
  }

  futex_lock<Platform> lock_;
  // Under the lock.
  typename Platform::template var<T*> first_{nullptr};
  typename Platform::template var<T*> last_{nullptr};
  typename Platform::template var<bool> coming_{false};
};

}  // namespace sluice::detail
