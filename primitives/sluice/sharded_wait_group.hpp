// SPDX-License-Identifier: BSL-1.0
#pragma once
// sharded_wait_group: a wait_group whose count is spread, for tasks so short and so many that they meet at one counter.
//
// A shard is a cache line, and each thread has one, alone as long as there were not more threads than shards. A thread's add
// and done go there, and nobody else comes there until he has no task left in his own: then he moves half of another's
// (detail/sharded_count.hpp). Above the shards is a wait_group that counts those which have tasks. It is what wait waits for,
// so a wait costs what it costs there, however many shards there are.
//
// What it costs. `Shards` + 1 cache lines. add and done are one read-modify-write of the thread's own line, and one more of
// the shared one where the shard had no task before, or has none afterwards: so it gains where tasks are there to be done by
// the dozen, and a wait_group is better for a few, or one after the other. A done that has none in its shard looks at all of
// them, and makes three, if nobody interferes, where it moves half of another's. count adds up the shards.
//
// Guarantee. As wait_group's, but that add and done are lock-free: they try again where others have changed the same shard, or
// have moved what they looked for.
// Zero is exact: a wait returns only after the count was zero, and then has seen what every task did before its done. Then
// the group may go, as soon as every wait has returned.
// Linearization points: of add the exchange that puts the tasks into the shard, or, if the count was zero, the addition to
// the group above; of done the last exchange that takes one, or, if the count is zero then, the subtraction there.
//
// Reuse and misuse are wait_group's, but that no number of tasks is too large (a call's fits 32 bits).
#include <chrono>
#include <cstdint>
#include <source_location>
#include <utility>

#include <sluice/detail/counted_task.hpp>
#include <sluice/detail/sharded_count.hpp>
#include <sluice/detail/thread_number.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Platform = std_platform, std::uint32_t Shards = 16>
class basic_sharded_wait_group {
  static_assert(Shards != 0);

 public:
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  basic_sharded_wait_group() = default;
  // Begins with `n` tasks.
  explicit basic_sharded_wait_group(std::uint32_t n) { add(n); }
  basic_sharded_wait_group(const basic_sharded_wait_group&) = delete;
  basic_sharded_wait_group& operator=(const basic_sharded_wait_group&) = delete;
  ~basic_sharded_wait_group() = default;

  // `n` more tasks.
  void add(std::uint32_t n = 1) {
    if (n != 0) count_.add(mine(), n);
  }
  // `n` tasks are finished. The last one wakes whoever waits.
  void done(std::uint32_t n = 1) { count_.done(mine(), n); }
  // How many tasks are not done. Exact while no add or done is on its way; beside one it may be too many, or too few. O(Shards).
  [[nodiscard]] std::uint64_t count() const noexcept { return count_.sum(); }

  // Blocks until the count is zero. This and the others as in wait_group.
  void wait() { count_.held().wait(); }
  // The same, but gives up at `deadline`, after `d`, or on a stop request; false if it gave up.
  template <class Clock, class Duration>
  [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& deadline, const stop_token& stop = {}) {
    return count_.held().wait_until(deadline, stop);
  }
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& d, const stop_token& stop = {}) {
    return count_.held().wait_for(d, stop);
  }
  [[nodiscard]] bool wait_or_stop(const stop_token& stop) { return count_.held().wait_or_stop(stop); }
  [[nodiscard]] bool try_wait() const noexcept { return count_.held().try_wait(); }

  // Runs `task` as one task of the group, as wait_group does.
  template <class Task>
  void go(Task task, std::source_location at = std::source_location::current()) {
    go([at](auto run) { Platform::start(std::move(run), at); }, std::move(task));
  }
  template <class Start, class Task>
  void go(Start&& start, Task task) {
    detail::start_counted(*this, std::forward<Start>(start), std::move(task));
  }

 private:
  static std::uint32_t mine() noexcept { return detail::thread_number::get() % Shards; }

  detail::sharded_count<Platform, Shards> count_;
};

using sharded_wait_group = basic_sharded_wait_group<>;

}  // namespace sluice
