// SPDX-License-Identifier: BSL-1.0
#pragma once
// work_pool: what a number of workers have to do. Each has a deque of its own, from which the others steal; what comes from
// outside, or shall wait its turn, stands in one line for all. Who finds nothing sleeps until there is something.
//
// After Go's scheduler (Vyukov, Scalable Go Scheduler Design, 2012): who looks into others' deques is "searching". While
// somebody does, nobody else is woken, and the last one that finds something wakes another one to search on. So a burst of
// work wakes as many workers as it can keep busy, and work that its own worker takes at once wakes hardly any.
//
// Guarantee. No item is lost or given twice, and none lies in the pool while a worker sleeps that nobody is about to wake. A
// push waits for nothing but the line's lock; one into the worker's own deque takes no lock. next blocks. A
// worker takes its own items last in, first out; every 61st time it takes the eldest, of the line and of its own in turn, so that
// nothing waits for ever while workers come back for more, though neither be ever empty.
// T has a member `pool_next`, a Platform::var<T*>, by which items in the line are linked.
//
// Invariants
//   1. Who goes to sleep looked into everything after it had said that it may sleep (idle_) and had ceased to search.
//   2. searching_ counts those who will look into everything again, or will notify once they have found something.
//
// Edges (release -> acquire)
//   [idle]  push -> next   seq_cst fences: forbids that who goes to sleep misses an item, while its push misses that somebody
//           may sleep, or sees a search that is over (store buffering). Asymmetric ones (P1202) would spare the push a
//           fence, and cost an interrupt of all workers whenever one of them goes to sleep, which is often
//   [last]  next -> push   seq_cst: forbids that a push leaves its item to a search that has ended, while the last one who
//           searched does not see who went to sleep before that push
//   [closed]  close -> next  who finds the pool closed finds what was pushed before
// What an item carries is passed on by the deque, or the line's lock.
// Relaxed: the size of the line, which [idle] orders.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <sluice/deque.hpp>
#include <sluice/detail/event_count.hpp>
#include <sluice/detail/futex_lock.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class work_pool {
 public:
  explicit work_pool(unsigned workers, std::size_t room = 256) {
    mine_.reserve(workers);
    for (unsigned i = 0; i != workers; ++i) mine_.push_back(std::make_unique<own>(room));
  }

  unsigned workers() const noexcept { return static_cast<unsigned>(mine_.size()); }

  // Worker `self`: something that it does next, unless it is stolen. Throws what the allocator throws; then nothing happened.
  void push(unsigned self, T* item) {
    mine_[self]->items.push(item);
    announce();
  }
  // Anybody: something for the end of the line.
  void push(T* item) {
    line_.push(item);
    announce();
  }

  // Worker `self`: what it does next. Sleeps while there is nothing, between quiet(true) and quiet(false). Null: the pool is
  // closed and there is nothing.
  template <class Quiet>
  T* next(unsigned self, Quiet quiet) {
    if (T* const item = at_hand(self)) return item;
    return search(self, quiet);
  }

  // Nobody sleeps from now on.
  void close() {
    closed_.store(true, std::memory_order_release);  // [closed] -> search
    Platform::fence(std::memory_order_seq_cst);  // [idle] -> search
    idle_.notify_all();
  }

  // Worker `self` puts what it has in line for the others.
  void give_up(unsigned self) {
    for (auto item = mine_[self]->items.try_pop(); item; item = mine_[self]->items.try_pop()) line_.push(*item);
    announce();
  }
  // Whether there is nothing, at some moment for each place.
  bool empty() const noexcept {
    for (const auto& o : mine_)
      if (!o->items.empty()) return false;
    return line_.empty();
  }

 private:
  struct own {
    explicit own(std::size_t room) : items(room) {}
    deque<T*, typename Platform::template allocator<T*>, Platform> items;
    unsigned turns = 0;  // the worker's
  };

  // What stands in line, first in, first out.
  class line {
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
    T* pop() {
      if (empty()) return nullptr;
      const lock_held lock(lock_);
      T* const item = first_.load();
      if (item == nullptr) return nullptr;
      first_.store(item->pool_next.load());
      if (first_.load() == nullptr) last_.store(nullptr);
      size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
      return item;
    }
    bool empty() const noexcept { return size_.load(std::memory_order_relaxed) == 0; }

   private:
    typename Platform::template atomic<std::size_t> size_{0};  // written under the lock
    futex_lock<Platform> lock_;
    typename Platform::template var<T*> first_{nullptr};
    typename Platform::template var<T*> last_{nullptr};
  };

  // After something was put in: wakes somebody unless somebody looks for it anyway.
  void announce() {
    Platform::fence(std::memory_order_seq_cst);  // [idle] -> search
    if (searching_.load(std::memory_order_seq_cst) == 0) idle_.notify_one();  // [last] <- search
  }

  T* at_hand(unsigned self) {
    own& o = *mine_[self];
    constexpr unsigned once_in = 61;
    ++o.turns;
    if (o.turns % (2 * once_in) == 0) {
      if (const auto item = o.items.try_steal()) return copy_of(item);
    } else if (o.turns % once_in == 0) {
      if (T* const item = line_.pop()) return item;
    }
    if (const auto item = o.items.try_pop()) return copy_of(item);
    return line_.pop();
  }

  // Looks everywhere, once.
  T* look(unsigned self) {
    if (T* const item = line_.pop()) return item;
    for (unsigned i = 1; i != mine_.size(); ++i) {
      auto& victim = mine_[(self + i) % mine_.size()]->items;
      auto item = victim.try_steal();
      while (!item && item.error() == conqueue_status::busy) item = victim.try_steal();
      if (item) return *item;
    }
    return nullptr;
  }

  template <class Quiet>
  [[gnu::noinline]] T* search(unsigned self, Quiet quiet) {
    searching_.fetch_add(1, std::memory_order_relaxed);
    T* item = look_for_a_while(self);
    while (item == nullptr) {
      searching_.fetch_sub(1, std::memory_order_relaxed);
      const auto key = idle_.prepare();
      Platform::fence(std::memory_order_seq_cst);  // [idle] <- announce, close
      const bool closed = closed_.load(std::memory_order_acquire);  // [closed] <- close
      item = look(self);
      if (item == nullptr && !closed) {
        quiet(true);
        idle_.wait(key, Platform::no_deadline, {});
        quiet(false);
        idle_.prepare();  // others may sleep still
      }
      searching_.fetch_add(1, std::memory_order_relaxed);
      if (item == nullptr && closed) break;
      if (item == nullptr) item = look_for_a_while(self);
    }
    if (searching_.fetch_sub(1, std::memory_order_seq_cst) == 1) idle_.notify_one();  // [last] -> announce
    return item;
  }
  T* look_for_a_while(unsigned self) {
    T* item = look(self);
    constexpr int rounds = 8;
    for (int i = 1; item == nullptr && i < rounds && Platform::cpus() > 1; ++i) {
      for (int pauses = 0; pauses != 32; ++pauses) Platform::pause();
      item = look(self);
    }
    return item;
  }

  static T* copy_of(expected<T*, conqueue_status> item) { return *item; }

  std::vector<std::unique_ptr<own>> mine_;
  line line_;
  alignas(cache_line) event_count<Platform> idle_;
  typename Platform::template atomic<std::uint32_t> searching_{0};
  typename Platform::template atomic<bool> closed_{false};
};

}  // namespace sluice::detail
