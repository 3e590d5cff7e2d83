// SPDX-License-Identifier: BSL-1.0
#pragma once
// work_pool: what a number of workers have to do. Each has a bench of its own, from which the others steal; what comes from
// outside, or shall wait its turn, stands in one line for all. Who finds nothing sleeps until there is something.
//
// After Go's scheduler (Vyukov, Scalable Go Scheduler Design, 2012): who looks into others' benches is "searching". While
// somebody does, nobody else is woken, and the last one that finds something wakes another one to search on. So a burst of
// work wakes as many workers as it can keep busy, and work that its own worker takes at once wakes hardly any. Who steals and leaves
// more behind wakes up to three, for where each wakes one it takes long until all are awake.
//
// Stealing what its owner would do in a moment costs both more than it saves: the lines of what is stolen, and of what wakes for it.
// So who searches takes from others only what lay there at its last look too, a microsecond or more ago; and before it sleeps
// for good it watches: sleeps for a short time, looks, and goes on so while the others get on. It counts as searching, so nobody
// wakes it, or anybody else, for work that its own worker comes to soon. Where many lie there it takes a few at a time: what a theft
// costs both, the lines that count the items, comes once for all of them.
//
// Guarantee. No item is lost or given twice, and none lies in the pool while a worker sleeps that nobody is about to wake, and that will
// not look by itself soon. A push waits for nothing but the line's lock; one onto the worker's own bench takes no lock. next blocks.
// A worker takes its own items last in, first out; every 61st time it takes the eldest, of the line and of its own in turn, so that
// nothing waits for ever while workers come back for more, though neither be ever empty. Of its own at most once in a millisecond:
// the eldest is most often the root of more work than all others, and whoever begins it leaves half done what it was about, stacks
// and cached lines included. A tree of tasks that is done youngest first needs as many stacks as it is deep; with an eldest in every
// 122 it took twenty times as many.
// T has a member `pool_next`, a Platform::var<T*>, by which items in the line are linked.
//
// Invariants
//   1. Who goes to sleep looked into everything after it had said that it may sleep (idle_) and had ceased to search.
//   2. searching_ counts those who will look into everything again, or will notify once they have found something.
//
// Edges (release -> acquire)
//   [idle]  push -> next   asymmetric fences: forbids that who goes to sleep misses an item, while its push misses that somebody
//           may sleep, or sees a search that is over (store buffering). Who goes to sleep has watched for a while, so the heavy one,
//           which interrupts the others, is rare
//   [last]  next -> next   the last one who searched sees who has said before, while it searched, that it may sleep: a push during
//           that search was left to it
//   [closed]  close -> next  who finds the pool closed finds what was pushed before
// What an item carries is passed on by the bench, or the line's lock.
// Relaxed: a push's look at searching_, which [idle] orders; how many sleep, which only decides whether there is somebody to watch,
// or to wake for more than the one that [last] asks for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <sluice/detail/event_count.hpp>
#include <sluice/detail/search_effort.hpp>
#include <sluice/detail/work_bench.hpp>
#include <sluice/detail/work_line.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class T, class Platform>
class work_pool {
 public:
  explicit work_pool(unsigned workers, std::size_t room = 256,
                     search_effort effort = Platform::cpus() > 1 ? search_effort{}
                                                                 : search_effort{.looks = 1, .watches = 0})
      : effort_(effort) {
    mine_.reserve(workers);
    for (unsigned i = 0; i != workers; ++i) mine_.push_back(std::make_unique<own>(room, workers));
  }

  unsigned workers() const noexcept { return static_cast<unsigned>(mine_.size()); }

  // Worker `self`: something that it does soon, unless it is stolen. Throws what the allocator throws; then nothing happened.
  void push(unsigned self, T* item) {
    mine_[self]->bench.put(item);
    announce();
  }
  // Worker `self`: something that it does next.
  void push_next(unsigned self, T* item) {
    if (T* const before = mine_[self]->bench.put_next(item)) put_somewhere(self, before);
    announce();
  }
  // A worker: something for the end of the line.
  void push_last(T* item) {
    line_.push(item);
    announce();
  }
  // Anybody: the same, and whoever watches is woken.
  void push(T* item) {
    line_.push(item);
    Platform::fence_light();  // [idle] -> search
    idle_.notify_one();
  }

  // Worker `self`: what it does next. Sleeps while there is nothing, between quiet(true) and quiet(false). Null: the pool is
  // closed and there is nothing.
  template <class Quiet>
  T* next(unsigned self, Quiet quiet) {
    if (T* const item = at_hand(self)) return item;
    if (T* const item = steal_on(self)) return item;
    return search(self, quiet);
  }

  // The same where it need not search; null: it would have to.
  T* at_hand(unsigned self) {
    auto& bench = mine_[self]->bench;
    constexpr std::uint64_t once_in = 61;
    const std::uint64_t turn = bench.begin_turn();
    if (turn % once_in == 0) [[unlikely]]
      if (T* const item = turn % (2 * once_in) == 0 ? take_eldest(*mine_[self]) : line_.pop()) return item;
    if (T* const item = bench.take()) return item;
    return line_.pop();
  }

  // Nobody sleeps from now on.
  void close() {
    closed_.store(true, std::memory_order_release);  // [closed] -> search
    Platform::fence_light();  // [idle] -> search
    idle_.notify_all();
  }

  // Worker `self` puts what it has in line for the others.
  void give_up(unsigned self) {
    auto& bench = mine_[self]->bench;
    for (T* item = bench.take(); item != nullptr; item = bench.take()) push_last(item);
  }
  // When there are no workers any more: something that was pushed too late, or null.
  T* take_late() { return line_.pop(); }
  // Whether there is nothing, at some moment for each place.
  bool empty() const noexcept {
    for (const auto& o : mine_)
      if (!o->bench.empty()) return false;
    return line_.empty();
  }
  // How many times workers came for something. A worker that took something came again before it sleeps.
  std::uint64_t turns() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& o : mine_) sum += o->bench.turns();
    return sum;
  }

 private:
  using bench_type = work_bench<T, Platform>;
  static constexpr std::size_t nobody = SIZE_MAX;
  struct own {
    own(std::size_t room, unsigned workers) : bench(room), seen(workers) {}
    bench_type bench;
    // The worker's: how it saw the others.
    std::vector<typename bench_type::glimpse> seen;
    std::size_t stole_last = nobody;  // and more lay there
    typename Platform::time_point eldest_due{};
  };

  // After something was put on a bench: wakes somebody unless somebody looks for it anyway.
  void announce() {
    Platform::fence_light();  // [idle] -> search
    if (searching_.load(std::memory_order_relaxed) == 0) idle_.notify_one();
  }
  void put_somewhere(unsigned self, T* item) {
    try {
      mine_[self]->bench.put(item);
    } catch (const std::bad_alloc&) {
      line_.push(item);  // needs no memory
    }
  }

  T* take_eldest(own& mine) {
    const auto now = Platform::now();
    if (now < mine.eldest_due) return nullptr;
    mine.eldest_due = now + between_eldest;
    return mine.bench.take_eldest();
  }

  // What lay on another's bench at the last look too; of many others some come along.
  T* steal_from(unsigned self, std::size_t other) {
    auto& seen = mine_[self]->seen[other];
    T* const item = mine_[other]->bench.steal_what_lies(seen);
    if (item != nullptr && seen.others >= effort_.one_along_of) take_along(self, mine_[other]->bench, seen);
    return item;
  }
  void take_along(unsigned self, bench_type& from, typename bench_type::glimpse& seen) {
    T* some[search_effort::room_along];
    const std::size_t most = std::min({seen.others / effort_.one_along_of, effort_.most_along, std::size(some)});
    std::size_t n = from.steal_more(seen, {some, most});
    if (n == 0) return;
    while (n != 0) put_somewhere(self, some[--n]);  // so that it takes them in their order
    announce();
  }
  // Something that lay beside what it stole last. Who does so does not search: nobody relies on it, and searching_, which every push
  // looks at, stays as it is.
  T* steal_on(unsigned self) {
    std::size_t& other = mine_[self]->stole_last;
    T* const item = other == nobody ? nullptr : steal_from(self, other);
    if (item == nullptr) other = nobody;
    return item;
  }
  // Looks everywhere, once.
  T* look(unsigned self) {
    if (T* const item = line_.pop()) return item;
    for (unsigned i = 1; i < mine_.size(); ++i)
      if (T* const item = mine_[(self + i) % mine_.size()]->bench.steal()) return item;
    return nullptr;
  }
  T* look_for_what_lies(unsigned self) {
    if (T* const item = line_.pop()) return item;
    for (unsigned i = 1; i < mine_.size(); ++i) {
      const std::size_t other = (self + i) % mine_.size();
      if (T* const item = steal_from(self, other)) {
        mine_[self]->stole_last = other;
        return item;
      }
    }
    return nullptr;
  }

  template <class Quiet>
  [[gnu::noinline]] T* search(unsigned self, Quiet quiet) {
    searching_.fetch_add(1, std::memory_order_relaxed);
    T* item = look_for_a_while(self, quiet);
    while (item == nullptr) {
      const auto key = idle_.prepare();
      searching_.fetch_sub(1, std::memory_order_release);  // [last] -> search
      Platform::fence_heavy();  // [idle] <- announce, push, close
      const bool closed = closed_.load(std::memory_order_acquire);  // [closed] <- close
      item = look(self);
      if (item == nullptr && !closed) {
        asleep_.fetch_add(1, std::memory_order_relaxed);
        sleep(key, Platform::no_deadline, quiet);
        asleep_.fetch_sub(1, std::memory_order_relaxed);
        idle_.prepare();  // others may sleep still
      }
      searching_.fetch_add(1, std::memory_order_relaxed);
      if (item == nullptr && closed) break;
      if (item == nullptr) item = look_for_a_while(self, quiet);
    }
    const bool last = searching_.fetch_sub(1, std::memory_order_acquire) == 1;  // [last] <- search
    if (last) idle_.notify_one();
    if (const std::size_t whose = mine_[self]->stole_last; whose != nobody) wake_for_more(mine_[whose]->bench, last);
    return item;
  }
  // Where something was stolen, and more is left, while others sleep.
  void wake_for_more(const bench_type& whose, bool one_is_woken) {
    if (asleep_.load(std::memory_order_relaxed) == 0) return;
    const std::size_t more = std::min<std::size_t>(whose.others(), 3);
    for (std::size_t i = one_is_woken ? 1 : 0; i < more; ++i) {
      idle_.prepare();  // others may sleep still
      idle_.notify_one();
    }
  }
  template <class Quiet>
  void sleep(typename event_count<Platform>::key key, typename Platform::time_point until, Quiet& quiet) {
    quiet(true);
    idle_.wait(key, until, {});
    quiet(false);
  }

  T* look_again(unsigned self) {
    for (unsigned p = 0; p != effort_.pauses; ++p) Platform::pause();
    return look_for_what_lies(self);
  }
  template <class Quiet>
  T* look_for_a_while(unsigned self, Quiet& quiet) {
    if (effort_.looks == 1) {
      T* const item = look(self);
      return item != nullptr || effort_.watches == 0 ? item : watch(self, quiet);
    }
    T* item = look_for_what_lies(self);
    for (unsigned i = 1; item == nullptr && i != effort_.looks; ++i) item = look_again(self);
    return item != nullptr ? item : watch(self, quiet);
  }
  template <class Quiet>
  T* watch(unsigned self, Quiet& quiet) {
    T* item = nullptr;
    std::uint64_t turns_before = turns();
    for (unsigned i = 0; item == nullptr && i != effort_.watches && anybody_else_works(); ++i) {
      const auto key = idle_.prepare();
      item = line_.pop();  // of the benches it had its look just now
      if (item != nullptr || closed_.load(std::memory_order_relaxed)) break;
      sleep(key, Platform::now() + effort_.watch, quiet);
      idle_.prepare();  // others may sleep still
      item = look_for_what_lies(self);
      if (item == nullptr && !empty()) item = look_again(self);
      const std::uint64_t turns_now = turns();
      if (turns_now != turns_before) i = 0;
      turns_before = turns_now;
    }
    return item;
  }
  // One who watches is enough.
  bool anybody_else_works() const noexcept {
    return searching_.load(std::memory_order_relaxed) == 1 &&
           asleep_.load(std::memory_order_relaxed) + 1 < mine_.size();
  }

  const search_effort effort_;
  std::vector<std::unique_ptr<own>> mine_;
  work_line<T, Platform> line_;
  alignas(cache_line) event_count<Platform> idle_;
  typename Platform::template atomic<std::uint32_t> searching_{0};
  typename Platform::template atomic<std::uint32_t> asleep_{0};  // for good
  typename Platform::template atomic<bool> closed_{false};
};

}  // namespace sluice::detail
