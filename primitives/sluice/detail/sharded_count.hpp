// SPDX-License-Identifier: BSL-1.0
#pragma once
// The count of a sharded_wait_group: a number of tasks in each shard, and a wait_group that counts the shards which have any.
//
// That a counter which is not zero says so to one above it, and only that, is SNZI's (Ellen, Lev, Luchangco, Moir: SNZI:
// Scalable NonZero Indicators, PODC 2007). There who leaves leaves where he came. Here tasks are all alike: who is done takes
// one from any shard, from its own if it can. Where its own has none it adds half of another one's to its own first, and then is
// done that many times more, over there. So a shard is filled by legal steps of one who has a task left: nothing is ever on
// its way between shards, unseen, and nobody waits for anybody.
//
// Invariants
//   1. What stands in the shards is, all together, not less than the tasks that are not done.
//   2. The group counts at least one for each shard that has tasks: an adder counts before it makes a shard one of these, and
//      who empties one takes that from the group afterwards.
//   3. Who has taken all that it is done with touches nothing but, if it has emptied a shard, the group.
//
// Edges (release -> acquire)
//   [held]   add -> take, add   a shard is counted before who finds tasks in it empties it, or relies on its being counted
//   [taken]  take -> take       what all did who took from a shard happens before the group hears that it is empty
// Relaxed: the looks at shards; a compare-exchange decides, and who finds no task looks again.
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <sluice/platform.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::detail {

template <class Platform, std::uint32_t Shards>
class sharded_count {
 public:
  using amount = std::uint64_t;

  // Counts the shards that have tasks, and so is zero if and only if there is none. For its waits.
  basic_wait_group<Platform>& held() noexcept { return held_; }
  const basic_wait_group<Platform>& held() const noexcept { return held_; }

  // `n` more tasks, not none, in a shard.
  void add(std::uint32_t at, amount n) {
    auto& tasks = shards_[at].tasks;
    amount there = tasks.load(std::memory_order_relaxed);
    while (there != 0)
      if (tasks.compare_exchange_weak(there, there + n, std::memory_order_acquire,  // [held] <- add
                                      std::memory_order_relaxed))
        return;
    held_.add();
    if (tasks.fetch_add(n, std::memory_order_acq_rel) != 0)
      held_.done();  // [held] -> take, add; somebody else was faster
  }

  // `n` tasks are done, by one whose shard this is.
  void done(std::uint32_t at, amount n) {
    const amount taken = take(shards_[at], n);
    if (taken != n) [[unlikely]]
      done_elsewhere(at, n, n - taken);
  }

  // How many are in the shards; while they change, the sum of what each held at some moment.
  amount sum() const noexcept {
    amount all = 0;
    for (const shard& s : shards_) all += s.tasks.load(std::memory_order_relaxed);
    return all;
  }

 private:
  struct alignas(cache_line) shard {
    typename Platform::template atomic<amount> tasks{0};  // written by whoever has its number, and by who has none left
  };

  // Takes so many, or as many as there are; says how many.
  amount take(shard& from, amount n) {
    amount there = from.tasks.load(std::memory_order_relaxed);
    while (there != 0) {
      const amount some = std::min(there, n);
      if (!from.tasks.compare_exchange_weak(there, there - some, std::memory_order_release,  // [taken] -> take
                                            std::memory_order_relaxed))
        continue;
      if (some == there) {
        static_cast<void>(
            from.tasks.load(std::memory_order_acquire));  // [taken] [held]; what came since continues the sequences
        held_.done();
      }
      return some;
    }
    return 0;
  }

  // The shard of one who is done `n` times has not enough.
  [[gnu::noinline]] void done_elsewhere(std::uint32_t at, amount n, amount left) {
    bool moved = false;
    do {
      for (std::uint32_t i = 1; i <= Shards && left != 0; ++i) {
        shard& from = shards_[(at + i) % Shards];
        const amount there = from.tasks.load(std::memory_order_relaxed);
        if (const amount more = there > left && !moved ? (there - left) / 2 : 0; more != 0) {
          moved = true;
          add(at, more);
          left += more;
        }
        left -= take(from, left);
      }
      if (left != 0 && held_.try_wait()) refuse(at, n, n - left);
    } while (left != 0);
  }
  [[noreturn, gnu::noinline]] void refuse(std::uint32_t at, amount n, amount taken) {
    if (taken != 0) add(at, taken);
    throw std::logic_error("sluice::sharded_wait_group: done(" + std::to_string(n) + ") at a count of " +
                           std::to_string(taken) + "; each done() needs an add() before it");
  }

  basic_wait_group<Platform> held_;
  shard shards_[Shards];
};

}  // namespace sluice::detail
