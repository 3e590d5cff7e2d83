// SPDX-License-Identifier: BSL-1.0
// What an operation costs, counted instead of timed, so that it holds on a busy machine too: read-modify-writes,
// loads, stores and fences of the shipped source, over a platform that counts them.
#include <gtest/gtest.h>

#include <string>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <stop_token>
#include <utility>

#include <sluice/async_chan.hpp>
#include <sluice/bounded_queue.hpp>
#include <sluice/chan.hpp>
#include <sluice/cond.hpp>
#include <sluice/deque.hpp>
#include <sluice/detail/chan_seat.hpp>
#include <sluice/detail/timer_heap.hpp>
#include <sluice/detail/work_pool.hpp>
#include <sluice/mpmc_ring.hpp>
#include <sluice/mutex.hpp>
#include <sluice/once.hpp>
#include <sluice/rw_mutex.hpp>
#include <sluice/select.hpp>
#include <sluice/semaphore.hpp>
#include <sluice/sharded_wait_group.hpp>
#include <sluice/spsc_ring.hpp>
#include <sluice/sync_map.hpp>
#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

#include "../support/coroutine.hpp"

namespace rmw_count_test {
namespace {

struct counts {
  int rmws = 0;
  int loads = 0;
  int stores = 0;
  int fences = 0;
  int light_fences = 0;
  int heavy_fences = 0;
  int system_calls = 0;
  friend bool operator==(const counts&, const counts&) = default;
  friend std::ostream& operator<<(std::ostream& out, const counts& c) {
    return out << "rmws " << c.rmws << ", loads " << c.loads << ", stores " << c.stores << ", fences " << c.fences
               << ", light fences " << c.light_fences << ", heavy fences " << c.heavy_fences << ", system calls "
               << c.system_calls;
  }
};

thread_local counts counted;

template <class T>
class counting_atomic : public sluice::detail::std_atomic<T> {
  using base = sluice::detail::std_atomic<T>;
  using order = std::memory_order;

 public:
  using base::base;
  T load(order o) const noexcept { return ++counted.loads, base::load(o); }
  void store(T v, order o) noexcept { ++counted.stores, base::store(v, o); }
  T exchange(T v, order o) noexcept { return ++counted.rmws, base::exchange(v, o); }
  bool compare_exchange_weak(T& expected, T desired, order ok, order fail) noexcept {
    return ++counted.rmws, base::compare_exchange_strong(expected, desired, ok, fail);  // never fails for no reason
  }
  bool compare_exchange_strong(T& expected, T desired, order ok, order fail) noexcept {
    return ++counted.rmws, base::compare_exchange_strong(expected, desired, ok, fail);
  }
  T fetch_add(T v, order o) noexcept { return ++counted.rmws, base::fetch_add(v, o); }
  T fetch_sub(T v, order o) noexcept { return ++counted.rmws, base::fetch_sub(v, o); }
  T fetch_or(T v, order o) noexcept { return ++counted.rmws, base::fetch_or(v, o); }
  T fetch_and(T v, order o) noexcept { return ++counted.rmws, base::fetch_and(v, o); }
  T fetch_xor(T v, order o) noexcept { return ++counted.rmws, base::fetch_xor(v, o); }
};

struct counting_platform : sluice::std_platform {
  using real = sluice::std_platform;
  template <class T>
  using atomic = counting_atomic<T>;

  static sluice::wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                  time_point deadline = no_deadline, const stop_token& stop = {}) {
    ++counted.system_calls;
    return real::wait(word, expected, deadline, stop);
  }
  static std::size_t wake_one(atomic<std::uint32_t>& word) { return ++counted.system_calls, real::wake_one(word); }
  static std::size_t wake_all(atomic<std::uint32_t>& word) { return ++counted.system_calls, real::wake_all(word); }
  static std::size_t wake_by_key(wake_key word) { return ++counted.system_calls, real::wake_by_key(word); }
  static std::size_t wake_all_by_key(wake_key word) { return ++counted.system_calls, real::wake_all_by_key(word); }
  static void fence(std::memory_order) noexcept { ++counted.fences; }  // one thread: nothing to order
  static void fence_light() noexcept { ++counted.light_fences, real::fence_light(); }
  static void fence_heavy() noexcept { ++counted.heavy_fences, real::fence_heavy(); }
};

using element = std::uint64_t;
using ring = sluice::mpmc_ring<element, std::allocator<element>, counting_platform>;
using queue = sluice::bounded_queue<element, std::allocator<element>, counting_platform>;
using spsc = sluice::spsc_ring<element, std::allocator<element>, counting_platform>;

// What `operation` did to shared memory.
template <class Operation>
counts cost_of(Operation operation) {
  counted = {};
  operation();
  return std::exchange(counted, {});
}

// The claim, the hand-over, and a few loads that tell where; nothing else.
bool one_rmw_one_store(const counts& c) {
  return c == counts{.rmws = 1, .loads = c.loads, .stores = 1} && c.loads <= 3;
}

constexpr std::size_t capacities[] = {1, 2, 3, 64};

TEST(RmwCount, RingPushIsOneRmwAndOneStore) {
  for (const std::size_t capacity : capacities) {
    ring r(capacity);
    for (element lap = 0; lap != 3; ++lap) {  // the first lap is no special case
      const counts c = cost_of([&] { EXPECT_EQ(r.try_push(lap), sluice::conqueue_status::success); });
      EXPECT_TRUE(one_rmw_one_store(c)) << c << " at capacity " << capacity;
      EXPECT_EQ(r.try_pop().value(), lap);
    }
  }
}

TEST(RmwCount, RingPopIsOneRmwAndOneStore) {
  for (const std::size_t capacity : capacities) {
    ring r(capacity);
    for (element lap = 0; lap != 3; ++lap) {
      ASSERT_EQ(r.try_push(lap), sluice::conqueue_status::success);
      const counts c = cost_of([&] { EXPECT_EQ(r.try_pop().value(), lap); });
      EXPECT_TRUE(one_rmw_one_store(c)) << c << " at capacity " << capacity;
    }
  }
}

TEST(RmwCount, RefusalsWriteNothing) {
  ring r(2);
  const counts empty = cost_of([&] { EXPECT_EQ(r.try_pop().error(), sluice::conqueue_status::empty); });
  EXPECT_EQ(empty.rmws + empty.stores, 0) << empty;
  ASSERT_EQ(r.try_push(1), sluice::conqueue_status::success);
  ASSERT_EQ(r.try_push(2), sluice::conqueue_status::success);
  const counts full = cost_of([&] { EXPECT_EQ(r.try_push(3), sluice::conqueue_status::full); });
  EXPECT_EQ(full.rmws + full.stores, 0) << full;
}

TEST(RmwCount, BulkIsOneRmwForAll) {
  ring r(64);
  element batch[16] = {};
  EXPECT_EQ(cost_of([&] { EXPECT_EQ(r.try_push_n(batch, 16).count, 16U); }).rmws, 1);
  EXPECT_EQ(cost_of([&] { EXPECT_EQ(r.try_pop_n(batch, 16).count, 16U); }).rmws, 1);
}

// The queue adds one load, of the word on which the other side would sleep, and the light fence before it: no
// read-modify-write, no fence that costs, no system call while nobody sleeps.
TEST(RmwCount, QueueAddsOneLoadAndALightFence) {
  for (const std::size_t capacity : capacities) {
    ring r(capacity);
    queue q(capacity);
    for (element lap = 0; lap != 3; ++lap) {
      counts expected_push = cost_of([&] { static_cast<void>(r.try_push(lap)); });
      counts expected_pop = cost_of([&] { static_cast<void>(r.try_pop()); });
      for (counts* c : {&expected_push, &expected_pop}) ++c->loads, ++c->light_fences;

      EXPECT_EQ(cost_of([&] { EXPECT_TRUE(q.push(lap)); }), expected_push) << "capacity " << capacity;
      EXPECT_EQ(cost_of([&] { EXPECT_EQ(q.pop(), lap); }), expected_pop) << "capacity " << capacity;
      EXPECT_EQ(cost_of([&] { EXPECT_EQ(q.try_push(lap), sluice::conqueue_status::success); }), expected_push);
      EXPECT_EQ(cost_of([&] { EXPECT_EQ(q.try_pop().value(), lap); }), expected_pop);
    }
  }
}

// A channel with a buffer costs what a queue does: whether somebody waits in line, or it is closed, rides in the word
// that the claim reads anyway. No lock, while nobody waits. And a store beside the claimed word: where the next one begins.
TEST(RmwCount, ChanIsOneRmwPerSide) {
  for (const std::size_t capacity : capacities) {
    queue q(capacity);
    const auto c = sluice::make_chan<element, counting_platform>(capacity);
    for (element lap = 0; lap != 3; ++lap) {
      counts push = cost_of([&] { EXPECT_TRUE(q.push(lap)); });
      counts pop = cost_of([&] { EXPECT_EQ(q.pop(), lap); });
      EXPECT_EQ(push.rmws, 1);
      ++push.stores, ++pop.stores;
      EXPECT_EQ(cost_of([&] { EXPECT_TRUE(c.push(lap)); }), push) << "capacity " << capacity;
      EXPECT_EQ(cost_of([&] { EXPECT_EQ(c.pop(), lap); }), pop) << "capacity " << capacity;
      EXPECT_EQ(cost_of([&] { EXPECT_EQ(c.try_push(lap), sluice::conqueue_status::success); }), push);
      EXPECT_EQ(cost_of([&] { EXPECT_EQ(c.try_pop().value(), lap); }), pop);
    }
  }
}

sluice::test::detached takes_one(sluice::chan<element, counting_platform> c) { co_await c.async_pop(); }
sluice::test::detached gives_one(sluice::chan<element, counting_platform> c) {
  EXPECT_TRUE(co_await c.async_push(element{7}));
}

// Nor does it cost more once those who waited have gone: the note is where the barred one would have begun.
TEST(RmwCount, ChanIsOneRmwPerSideAfterSomebodyWaited) {
  const auto c = sluice::make_chan<element, counting_platform>(2);
  for (element lap = 0; lap != 3; ++lap) {
    takes_one(c);
    EXPECT_TRUE(c.push(lap)) << "to who waits";
    EXPECT_EQ(cost_of([&] { EXPECT_TRUE(c.push(lap)); }).rmws, 1);
    EXPECT_TRUE(c.push(lap));
    gives_one(c);
    EXPECT_EQ(c.pop(), lap) << "and who waits puts its own";
    EXPECT_EQ(cost_of([&] { EXPECT_EQ(c.pop(), lap); }).rmws, 1);
    EXPECT_EQ(c.pop(), element{7});
  }
}

// A coroutine that does not wait pays what a thread does.
TEST(RmwCount, AReadyCoroutineIsOneRmwPerSide) {
  const auto c = sluice::make_chan<element, counting_platform>(4);
  counts push;
  counts pop;
  const auto run = [&]() -> sluice::test::detached {
    counted = {};
    EXPECT_TRUE(co_await c.async_push(element{7}));
    push = std::exchange(counted, {});
    EXPECT_EQ(co_await c.async_pop(), element{7});
    pop = std::exchange(counted, {});
  };
  for (int lap = 0; lap != 6; ++lap) {
    run();
    EXPECT_EQ(push, cost_of([&] { EXPECT_TRUE(c.push(1)); }));
    EXPECT_EQ(pop, cost_of([&] { EXPECT_EQ(c.pop(), element{1}); }));
  }
}

// A select that finds a case ready costs that operation, and looks at the others.
TEST(RmwCount, ReadySelectIsOneRmw) {
  const auto a = sluice::make_chan<element, counting_platform>(4);
  const auto b = sluice::make_chan<element, counting_platform>(4);
  for (element lap = 0; lap != 10; ++lap) {
    ASSERT_TRUE(b.push(lap));
    const counts c = cost_of([&] { select(on_pop(a, [](auto) {}), on_pop(b, [&](auto v) { EXPECT_EQ(v, lap); })); });
    EXPECT_EQ(c.rmws, 1) << c;
    EXPECT_EQ(c.system_calls, 0) << c;
  }
}

TEST(RmwCount, SpscHasNoRmw) {
  spsc r(3);
  for (element i = 0; i != 10; ++i) {
    EXPECT_EQ(cost_of([&] { EXPECT_EQ(r.try_push(i), sluice::conqueue_status::success); }).rmws, 0);
    EXPECT_EQ(cost_of([&] { EXPECT_EQ(r.try_pop().value(), i); }).rmws, 0);
  }
}

// As long as there is room the owner's push does not read what thieves write; its pop needs a read-modify-write for the
// last element alone.
TEST(RmwCount, DequeCostsItsOwnerNoRmwButForTheLastElement) {
  sluice::deque<element, std::allocator<element>, counting_platform> d(64);
  for (element lap = 0; lap != 10; ++lap) {
    EXPECT_EQ(cost_of([&] { d.push(lap); }), (counts{.loads = 1, .stores = 2}));
    d.push(lap + 1);
    EXPECT_EQ(cost_of([&] { EXPECT_EQ(d.try_pop().value(), lap + 1); }), (counts{.loads = 3, .stores = 1}));
    EXPECT_EQ(cost_of([&] { EXPECT_EQ(d.try_pop().value(), lap); }), (counts{.rmws = 1, .loads = 3, .stores = 2}));
    d.push(lap);
    EXPECT_EQ(cost_of([&] { EXPECT_EQ(d.try_steal().value(), lap); }), (counts{.rmws = 1, .loads = 4}));
  }
}

TEST(RmwCount, MutexIsOneRmwEachWayAndNoSystemCall) {
  sluice::basic_mutex<counting_platform> m;
  const counts one{.rmws = 1};
  EXPECT_EQ(cost_of([&] { m.lock(); }), one);
  EXPECT_EQ(cost_of([&] { m.unlock(); }), one);
  EXPECT_EQ(cost_of([&] { EXPECT_TRUE(m.try_lock()); }), one);
  EXPECT_EQ(cost_of([&] { m.unlock(); }), one);
}

TEST(RmwCount, WaitGroupIsOneRmwForAddAndForDone) {
  EXPECT_EQ(cost_of([] { const sluice::basic_wait_group<counting_platform> begins_with(2); }), counts{});
  sluice::basic_wait_group<counting_platform> g;
  const counts one{.rmws = 1};
  EXPECT_EQ(cost_of([&] { g.add(); }), one);
  EXPECT_EQ(cost_of([&] { g.add(7); }), one);
  EXPECT_EQ(cost_of([&] { g.done(); }), one);
  EXPECT_EQ(cost_of([&] { g.done(7); }), one) << "the last one too, where nobody waits";
  EXPECT_EQ(cost_of([&] { g.wait(); }), counts{.loads = 1});
}

TEST(RmwCount, ShardedWaitGroupIsOneRmwWhereTheShardHasMoreTasks) {
  sluice::basic_sharded_wait_group<counting_platform> g;
  const counts one{.rmws = 1, .loads = 1};
  EXPECT_EQ(cost_of([&] { g.add(); }).rmws, 2) << "it makes its shard one that has tasks";
  EXPECT_EQ(cost_of([&] { g.add(7); }), one);
  EXPECT_EQ(cost_of([&] { g.done(); }), one);
  EXPECT_EQ(cost_of([&] { g.done(7); }).rmws, 2) << "the last one";
  EXPECT_EQ(cost_of([&] { g.wait(); }), counts{.loads = 1});
}

TEST(RmwCount, ShardedWaitGroupMovesHalfOfAnotherShardsTasksByThreeRmws) {
  constexpr std::uint32_t shards = 16;
  sluice::detail::sharded_count<counting_platform, shards> count;
  count.add(0, 9);
  EXPECT_EQ(cost_of([&] { count.done(1, 1); }).rmws, 3);
  for (int i = 0; i != 3; ++i) EXPECT_EQ(cost_of([&] { count.done(1, 1); }), (counts{.rmws = 1, .loads = 1}));
  EXPECT_EQ(cost_of([&] { count.done(1, 4); }).rmws, 3) << "the last one there, and three of the others";
  EXPECT_EQ(count.sum(), 1U);
}

// Two tasks of one worker that hand elements to each other: each takes the channel's lock, to hand over and to line up, and who is
// in line is rung, which makes it its worker's next one. Nobody is asked for who sleeps, and nothing is fenced; that somebody is in line
// is shown from the time before.
TEST(RmwCount, AHandOverBetweenTasksIsTwoLocksAndARing) {
  counts trip;
  sluice::scheduler s({.workers = 1});
  s.run([&] {
    const auto there = sluice::make_chan<element, counting_platform>(0);
    const auto back = sluice::make_chan<element, counting_platform>(0);
    sluice::go([there, back] {
      while (const auto v = there.pop()) back.push(*v);
    });
    for (element i = 0; i != 3; ++i) {
      trip = cost_of([&] {
        EXPECT_TRUE(there.push(i));
        EXPECT_EQ(back.pop(), i);
      });
    }
    there.close();
  });
  s.join();
  EXPECT_EQ(trip.rmws, 2 * (2 + 1 + 2)) << trip;
  EXPECT_EQ(trip.stores + trip.fences + trip.system_calls, 0) << trip;
}

// What a push to a thread that sits does, without the channel's lock: it claims that one, and says that it is served. Who sat leaves by a store.
TEST(RmwCount, AHandOverToWhoSitsIsTwoRmws) {
  sluice::detail::chan_seat<counting_platform> seat;
  seat.sit();
  EXPECT_EQ(cost_of([&] { static_cast<void>(seat.claim()), seat.serve(); }), (counts{.rmws = 2}));
  EXPECT_TRUE(seat.was_served());
  EXPECT_EQ(cost_of([&] { seat.vacate(); }), (counts{.stores = 1}));
}

// A task that waits for another one registers, and is alone when it returns; the other one counts, and moves the phase on.
TEST(RmwCount, AJoinOfATaskIsOneRmwForWhoWaitsAndTwoForTheLastDone) {
  counts both;
  sluice::scheduler s({.workers = 1});
  s.run([&] {
    sluice::basic_wait_group<counting_platform> g(1);
    sluice::go([&] { g.done(); });
    both = cost_of([&] { g.wait(); });
  });
  EXPECT_EQ(both.rmws, 3) << both;
  EXPECT_EQ(both.fences + both.system_calls, 0) << both;
}

// What a worker puts before itself is fenced by nobody; what it does next is one read-modify-write, for a thief may want it too.
TEST(RmwCount, WorkThatStaysWithItsWorkerIsOneRmwAndNoFence) {
  struct item {
    counting_platform::var<item*> pool_next{nullptr};
  };
  sluice::detail::work_pool<item, counting_platform> p(2);
  item a, b;
  const auto no_sleep = [](bool) { FAIL(); };
  const counts given = cost_of([&] { p.push_next(0, &a); });
  EXPECT_EQ(given, (counts{.loads = 3, .stores = 1, .light_fences = 1})) << given;
  const counts taken = cost_of([&] { EXPECT_EQ(p.next(0, no_sleep), &a); });
  EXPECT_EQ(taken, (counts{.rmws = 1, .loads = 2, .stores = 1})) << taken;
  const counts started = cost_of([&] { p.push(0, &b); });
  EXPECT_EQ(started.rmws + started.fences + started.system_calls, 0) << started;
  EXPECT_EQ(p.next(0, no_sleep), &b);
}

TEST(RmwCount, OnceIsOneLoadWhenDone) {
  sluice::basic_once<counting_platform> o;
  const counts first = cost_of([&] { o.call([] {}); });
  EXPECT_EQ(first.rmws, 2) << first;
  EXPECT_EQ(first.system_calls, 0) << first;
  EXPECT_EQ(cost_of([&] { o.call([] {}); }), counts{.loads = 1});
}

TEST(RmwCount, RwMutexIsOneRmwToReadAndTwoToWrite) {
  sluice::basic_rw_mutex<counting_platform> m;
  const counts reading{.rmws = 1, .loads = 1};
  const counts writing{.rmws = 2, .loads = 1};
  EXPECT_EQ(cost_of([&] { m.lock_shared(); }), reading);
  EXPECT_EQ(cost_of([&] { m.unlock_shared(); }), reading);
  EXPECT_EQ(cost_of([&] { m.lock(); }), writing);
  EXPECT_EQ(cost_of([&] { m.unlock(); }), writing);
}

TEST(RmwCount, ANotificationWithoutWaitersIsOneLoad) {
  sluice::basic_cond<counting_platform> c;
  EXPECT_EQ(cost_of([&] { c.notify_one(); }), counts{.loads = 1});
  EXPECT_EQ(cost_of([&] { c.notify_all(); }), counts{.loads = 1});
}

TEST(RmwCount, SemaphoreIsOneLockAndUnlockEachWay) {
  sluice::basic_semaphore<counting_platform> s(2);
  const counts two{.rmws = 2};
  EXPECT_EQ(cost_of([&] { s.acquire(2); }), two);
  EXPECT_EQ(cost_of([&] { s.release(2); }), two);
}

// A section tells others where it reads: three stores to a line of its own.
TEST(RmwCount, AReadOfAMapIsNoRmw) {
  sluice::sync_map<int, int, std::hash<int>, std::equal_to<int>, counting_platform> m;
  m.store(1, 1);
  const counts reading{.loads = 9, .stores = 3, .light_fences = 1};
  EXPECT_EQ(cost_of([&] { EXPECT_TRUE(m.contains(1)); }), reading);
  EXPECT_EQ(cost_of([&] { EXPECT_FALSE(m.contains(2)); }), reading);
  const counts looking{.loads = 11, .stores = 3, .light_fences = 1};
  EXPECT_EQ(cost_of([&] { EXPECT_FALSE(m.erase(2)); }), looking) << "there is nothing to write";
}
// What is no word has a node.
TEST(RmwCount, AReadOfAMapOfNodesIsNoRmw) {
  sluice::sync_map<int, std::string, std::hash<int>, std::equal_to<int>, counting_platform> m;
  m.store(1, "1");
  const counts reading{.loads = 5, .stores = 3, .light_fences = 1};
  EXPECT_EQ(cost_of([&] { EXPECT_TRUE(m.contains(1)); }), reading);
  EXPECT_EQ(cost_of([&] { EXPECT_FALSE(m.contains(2)); }), reading);
  EXPECT_EQ(cost_of([&] { EXPECT_FALSE(m.erase(2)); }), reading) << "there is nothing to write";
}

TEST(RmwCount, AWriteToAMapOfNodesIsOneRmwAndOneMoreWhereItCounts) {
  sluice::sync_map<int, std::string, std::hash<int>, std::equal_to<int>, counting_platform> m;
  m.store(1, "1");
  EXPECT_EQ(cost_of([&] { m.store(1, "2"); }).rmws, 1);
  EXPECT_EQ(cost_of([&] { m.store(2, "2"); }).rmws, 2);
  EXPECT_EQ(cost_of([&] { m.erase(2); }).rmws, 2);
}
// Taking a line and giving it back, instead of a node to allocate and to retire.
TEST(RmwCount, AWriteToAMapOfWordsIsTwoRmwsAndOneMoreWhereItCounts) {
  sluice::sync_map<int, int, std::hash<int>, std::equal_to<int>, counting_platform> m;
  m.store(1, 1);
  EXPECT_EQ(cost_of([&] { m.store(1, 2); }).rmws, 2);
  EXPECT_EQ(cost_of([&] { m.store(2, 2); }).rmws, 3);
  EXPECT_EQ(cost_of([&] { m.erase(2); }).rmws, 2);
}

// Its first time wakes the clock, which sleeps until then, and not beyond.
TEST(RmwCount, ATimerThatIsArmedAnewForLaterLeavesTheClockAsleep) {
  using heap = sluice::detail::timer_heap<counting_platform>;
  heap all;
  heap::timer one([](heap::timer&, counting_platform::time_point) { return counting_platform::no_deadline; });
  const auto first = counting_platform::now() + std::chrono::hours(1);
  EXPECT_EQ(cost_of([&] { all.arm(one, first); }).system_calls, 1);
  const counts again = cost_of([&] {
    for (int i = 1; i <= 100; ++i) {
      EXPECT_TRUE(all.disarm(one));
      all.arm(one, first + std::chrono::seconds(i));
    }
  });
  EXPECT_EQ(again, (counts{.rmws = 400, .loads = again.loads, .stores = again.stores}));
  EXPECT_TRUE(all.disarm(one));
  EXPECT_EQ(cost_of([&] { all.arm(one, first - std::chrono::seconds(1)); }).system_calls, 1) << "it would be late";
}

}  // namespace
}  // namespace rmw_count_test
