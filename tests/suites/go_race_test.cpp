// SPDX-License-Identifier: BSL-1.0
// What Go's runtime/race/testdata checks, in our words and code: what an operation orders, as ThreadSanitizer sees it in plain
// variables, and what it does not. It stays silent where an edge is promised, and reports the race where none is.
#include <sluice/chan.hpp>
#include <sluice/cond.hpp>
#include <sluice/mutex.hpp>
#include <sluice/once.hpp>
#include <sluice/rw_mutex.hpp>
#include <sluice/select.hpp>
#include <sluice/semaphore.hpp>
#include <sluice/wait_group.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>

#include "../support/sanitizers.hpp"

namespace sluice::test::go_race_test {
namespace {

template <class... F>
void side_by_side(F... f) {
  std::thread threads[] = {std::thread(f)...};
  for (std::thread& t : threads) t.join();
}

// A moment of the schedule that orders no memory: it fixes who comes first, and is no edge. (Of two accesses at the very same
// time ThreadSanitizer may miss the race.)
class moment {
 public:
  void has_come() { there_.store(true, std::memory_order_relaxed); }
  void wait() const {
    while (!there_.load(std::memory_order_relaxed)) std::this_thread::yield();
  }

 private:
  std::atomic<bool> there_{false};
};

// Says how many have begun to wait, in a way that orders no memory either. One CPU: nobody spins before.
struct quiet : std_platform {
  static unsigned cpus() noexcept { return 1; }
  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline = no_deadline,
                          const stop_token& stop = {}) {
    sleeps.fetch_add(1, std::memory_order_relaxed);
    return std_platform::wait(word, expected, deadline, stop);
  }
  static void wait_for_sleepers(int n) {
    while (sleeps.load(std::memory_order_relaxed) < n) std::this_thread::yield();
  }
  static inline std::atomic<int> sleeps{0};
};
template <class T>
chan<T, quiet> make_quiet(std::size_t capacity) {
  quiet::sleeps = 0;
  return make_chan<T, quiet>(capacity);
}

TEST(go_race, a_push_is_before_its_pop) {
  for (const std::size_t capacity : {0U, 1U, 10U}) {
    int x = 0;
    const auto c = make_chan<int>(capacity);
    side_by_side([&] { x = 1, c.push(0); }, [&] { c.pop(), x = 2; });
    EXPECT_EQ(x, 2);
  }
}

TEST(go_race, without_a_buffer_a_pop_is_before_the_end_of_its_push) {
  int x = 0;
  const auto c = make_chan<int>();
  side_by_side([&] { c.push(0), x = 2; }, [&] { x = 1, c.pop(); });
  EXPECT_EQ(x, 2);
}

TEST(go_race, a_close_is_before_the_pop_that_finds_it) {
  for (const std::size_t capacity : {0U, 10U}) {
    int x = 0;
    const auto c = make_chan<int>(capacity);
    side_by_side([&] { x = 1, c.close(); }, [&] { x = c.pop().has_value() ? 3 : 2; });
    EXPECT_EQ(x, 2);
  }
}

TEST(go_race, a_full_buffer_makes_the_pop_before_a_later_push) {
  int x = 0;
  const auto lock = make_chan<int>(1);
  const auto adds = [&] { lock.push(0), ++x, lock.pop(); };
  side_by_side(adds, adds, adds);
  EXPECT_EQ(x, 3);
}

TEST(go_race, select_orders_as_the_operation_that_it_chose) {
  int x = 0;
  const auto lock = make_chan<int>(1);
  const auto never = make_chan<int>();
  const auto adds = [&] {
    select(on_push(lock, 0), on_pop(never, [](auto&&) {}));
    ++x;
    select(on_pop(lock, [](auto&&) {}), on_pop(never, [](auto&&) {}));
  };
  side_by_side(adds, adds);
  EXPECT_EQ(x, 2);
}

// Of select_test NoRaceSelect1 to 3.
TEST(go_race, what_is_done_before_a_select_is_before_the_one_that_meets_it) {
  int x = 0;
  const auto c = make_chan<int>();
  const auto never = make_chan<int>();
  side_by_side([&] { x = 1, select(on_push(c, 0), on_push(never, 0)); },
               [&] { select(on_pop(c, [](auto&&) {}), on_push(never, 0)), x = 2; });
  EXPECT_EQ(x, 2);
  side_by_side([&] { select(on_pop(c, [](auto&&) {}), on_pop(never, [](auto&&) {})), x = 4; },
               [&] { x = 3, c.close(); });
  EXPECT_EQ(x, 4);
  const auto buffered = make_chan<int>(10);
  side_by_side([&] { x = 5, select(on_push(buffered, 0), on_pop(never, [](auto&&) {})); },
               [&] { buffered.pop(), x = 6; });
  EXPECT_EQ(x, 6);
}

// NoRaceSelect4, ProducerConsumerUnbuffered
TEST(go_race, what_another_thread_runs_is_before_its_answer) {
  struct job {
    int* adds_to;
    chan<void> done;
  };
  int x = 0;
  const auto jobs = make_chan<job>();
  const auto never = make_chan<int>();
  const auto does = [&](std::optional<job> j) { ++*j.value().adds_to, j.value().done.push(); };
  side_by_side([&] { select(on_pop(jobs, does)), select(on_pop(jobs, does), on_pop(never, [](auto&&) {})); },
               [&] {
                 const auto done = make_chan<void>(1);
                 jobs.push(job{&x, done}), done.pop();
                 EXPECT_EQ(x, 1);
                 select(on_push(jobs, job{&x, done}), on_pop(never, [](auto&&) {}));
                 select(on_pop(done, [](auto&&) {}), on_pop(never, [](auto&&) {}));
                 EXPECT_EQ(x, 2);
               });
}

// NoRaceSelect5: whichever of the two waits for the other.
TEST(go_race, a_push_is_before_its_pop_by_select_too_whoever_waits) {
  for (const bool selects : {false, true})
    for (const bool push_waits : {false, true}) {
      int x = 0;
      const auto c = make_quiet<int>(0);
      const auto never = make_chan<int, quiet>();
      const auto turn = [&](bool waits) {
        if (!waits) quiet::wait_for_sleepers(1);
      };
      side_by_side(
          [&] {
            turn(push_waits), x = 1;
            selects ? void(select(on_push(c, 0), on_pop(never, [](auto&&) {}))) : void(c.push(0));
          },
          [&] {
            turn(!push_waits);
            selects ? void(select(on_pop(c, [](auto&&) {}), on_pop(never, [](auto&&) {}))) : void(c.pop());
            x = 2;
          });
      EXPECT_EQ(x, 2);
    }
}

// NoRaceSelectReadWriteAsync, NoRaceChanReadWriteAsync
TEST(go_race, what_is_pushed_was_read_before_its_pop) {
  int x = 1;
  const auto a = make_chan<int>();
  const auto b = make_chan<int>();
  side_by_side([&] { select(on_push(a, x), on_push(b, 1)); },
               [&] { select(on_pop(a, [&](std::optional<int> v) { x = *v + 1; }), on_push(b, 1)); });
  const auto buffered = make_chan<int>(10);
  side_by_side([&] { buffered.push(x); }, [&] { x = buffered.pop().value() + 1; });
  EXPECT_EQ(x, 3);
}

// NoRaceChanPtr, NoRaceBlockedSendSync, NoRaceBlockedSelectSendSync, for certain blocked.
TEST(go_race, what_a_channel_carries_may_be_written_by_who_gets_it_whoever_waits) {
  using message = std::unique_ptr<int>;
  for (const std::size_t capacity : {0U, 1U})
    for (const bool selects : {false, true})
      for (const bool push_waits : {false, true}) {
        const auto c = make_quiet<message>(capacity);
        const auto never = make_chan<message, quiet>();
        const bool full = push_waits && capacity == 1;
        if (full) c.push(nullptr);
        const auto takes = [](std::optional<message> m) { ++*m.value(); };
        side_by_side(
            [&] {
              if (!push_waits) quiet::wait_for_sleepers(1);
              c.push(std::make_unique<int>(1));
            },
            [&] {
              if (push_waits) quiet::wait_for_sleepers(1);
              if (full) c.pop();
              selects ? void(select(on_pop(c, takes), on_pop(never, [](auto&&) {}))) : takes(c.pop());
            });
      }
}

TEST(go_race, an_unlock_is_before_the_next_lock_also_by_another_thread) {
  int x = 0;
  mutex m;
  m.lock();
  side_by_side([&] { x = 1, m.unlock(); }, [&] { m.lock(), x = 2, m.unlock(); });
  EXPECT_EQ(x, 2);
}

TEST(go_race, readers_are_before_the_writer_that_comes_after_them) {
  int x = 0;
  std::array<int, 2> seen{};
  rw_mutex m;
  const auto reads = [&](std::size_t i) {
    const std::shared_lock lock(m);
    seen[i] = x;
  };
  side_by_side([&] { reads(0); }, [&] { reads(1); },
               [&] {
                 const std::lock_guard lock(m);
                 x = 42;
               });
  EXPECT_EQ(x, 42);
}

TEST(go_race, every_done_is_before_every_wait) {
  std::array<int, 3> data{};
  wait_group g;
  for (int round = 1; round != 4; ++round) {
    g.add(3);
    const auto works = [&](std::size_t i) { ++data[i], g.done(); };
    const auto waits = [&] {
      g.wait();
      for (const int n : data) EXPECT_EQ(n, round);
    };
    side_by_side([&] { works(0); }, [&] { works(1); }, [&] { works(2); }, waits, waits);
  }
}

TEST(go_race, the_function_of_a_once_is_before_every_call) {
  int x = 0;
  once o;
  const auto calls = [&] {
    o.call([&] { x = 1; });
    EXPECT_EQ(x, 1);
  };
  side_by_side(calls, calls, calls);
}

TEST(go_race, what_was_done_under_the_lock_of_a_cond_is_before_the_waiter_that_finds_it) {
  int x = 0;
  bool ready = false;
  mutex m;
  cond c;
  side_by_side(
      [&] {
        x = 1;
        const std::lock_guard lock(m);
        ready = true;
        c.notify_one();
      },
      [&] {
        std::unique_lock lock(m);
        c.wait(lock, [&] { return ready; });
        x = 2;
      });
  EXPECT_EQ(x, 2);
}

#if defined(SLUICE_TEST_TSAN)
// What is raced on. Of eight bytes ThreadSanitizer remembers four accesses, so nothing else may be near.
struct alignas(64) alone {
  int x = 0;
};

// The program runs in a process of its own, which ThreadSanitizer ends: its report, and its exit status.
class go_race_reported : public testing::Test {
 public:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  template <class Program>
  static void is_reported(Program program) {
    EXPECT_EXIT((program(), std::exit(0)), testing::ExitedWithCode(66), "data race");
  }
};

TEST_F(go_race_reported, with_a_buffer_a_pop_is_not_before_the_end_of_its_push) {
  is_reported([] {
    alone data;
    moment written;
    const auto c = make_chan<int>(10);
    side_by_side([&] { c.push(0), data.x = 1, written.has_come(); }, [&] { written.wait(), data.x = 2, c.pop(); });
  });
}

TEST_F(go_race_reported, a_channel_of_two_is_no_lock) {
  is_reported([] {
    alone data;
    moment written;
    const auto c = make_chan<int>(2);
    side_by_side([&] { c.push(0), data.x = 1, written.has_come(); }, [&] { written.wait(), c.push(0), data.x = 2; });
  });
}

TEST_F(go_race_reported, a_select_reads_what_it_pushes_and_writes_what_it_pops) {
  is_reported([] {
    alone data;
    moment pushed;
    const auto to = make_chan<int>(1);
    const auto from = make_chan<int>(1);
    from.push(1);
    side_by_side([&] { select(on_push(to, data.x)), pushed.has_come(); },
                 [&] { pushed.wait(), select(on_pop(from, [&](std::optional<int> v) { data.x = *v; })); });
  });
}

// RaceSelectReadWriteSync, RaceChanReadWriteAsync, RaceChanReadWriteSync
TEST_F(go_race_reported, a_push_reads_what_it_pushes_as_a_pop_from_elsewhere_writes_it) {
  is_reported([] {
    alone data;
    moment pushed;
    const auto to = make_chan<int>(10);
    const auto from = make_chan<int>(10);
    from.push(1);
    side_by_side([&] { to.push(data.x), pushed.has_come(); }, [&] { pushed.wait(), data.x = from.pop().value(); });
  });
  for (const bool selects : {false, true})
    is_reported([selects] {
      alone data;
      moment pushed;
      const auto to = make_quiet<int>(0);
      const auto from = make_quiet<int>(0);
      const auto never = make_quiet<int>(0);
      const auto writes = [&](std::optional<int> v) { data.x = *v; };
      side_by_side([&] { to.pop(); }, [&] { from.push(1); },
                   [&] {
                     quiet::wait_for_sleepers(2);
                     selects ? void(select(on_push(to, data.x), on_push(never, 1))) : void(to.push(data.x));
                     pushed.has_come();
                   },
                   [&] {
                     pushed.wait();
                     selects ? void(select(on_pop(from, writes), on_push(never, 1))) : writes(from.pop());
                   });
    });
}

// RaceSelect1
TEST_F(go_race_reported, what_two_do_after_pushes_to_the_same_channel_is_not_ordered) {
  is_reported([] {
    alone data;
    moment written;
    const auto c = make_chan<int>();
    const auto never = make_chan<int>();
    side_by_side([&] { c.pop(), c.pop(); },
                 [&] { select(on_push(c, 0), on_push(never, 0)), data.x = 1, written.has_come(); },
                 [&] { written.wait(), select(on_push(c, 0), on_push(never, 0)), data.x = 2; });
  });
}

// RaceSelect2
TEST_F(go_race_reported, what_is_done_before_a_pop_is_not_before_the_close_that_it_finds) {
  is_reported([] {
    alone data;
    moment written, closed;
    const auto c = make_chan<int>();
    side_by_side([&] { data.x = 1, written.has_come(), closed.wait(), select(on_pop(c, [](auto&&) {})); },
                 [&] { written.wait(), c.close(), data.x = 2, closed.has_come(); });
  });
}

// RaceSelect3
TEST_F(go_race_reported, what_is_done_before_a_push_and_before_its_pop_is_not_ordered) {
  is_reported([] {
    alone data;
    moment written;
    const auto c = make_chan<int>();
    const auto never = make_chan<int>();
    side_by_side([&] { data.x = 1, written.has_come(), select(on_push(c, 0), on_push(never, 0)); },
                 [&] { written.wait(), data.x = 2, select(on_pop(c, [](auto&&) {})); });
  });
}

// RaceSelect4, RaceSelect5
TEST_F(go_race_reported, a_handler_is_not_ordered_by_what_it_is_a_case_of) {
  is_reported([] {
    alone data;
    moment written;
    side_by_side([&] { select(otherwise([&] { data.x = 2; })), written.has_come(); },
                 [&] {
                   written.wait();
                   EXPECT_EQ(data.x, 2);
                 });
  });
  is_reported([] {
    alone data;
    moment written;
    const auto ready = make_chan<int>(1);
    const auto never = make_chan<int>();
    side_by_side([&] { select(on_push(ready, 0, [&] { data.x = 2; }), on_push(never, 0)), written.has_come(); },
                 [&] {
                   written.wait();
                   EXPECT_EQ(data.x, 2);
                 });
  });
}

// RaceCond
TEST_F(go_race_reported, what_a_waiter_does_after_the_unlock_is_not_before_the_next_lock) {
  is_reported([] {
    alone data;
    moment written;
    bool ready = false;
    mutex m;
    cond c;
    side_by_side(
        [&] {
          m.lock(), ready = true, c.notify_one(), m.unlock();
          written.wait();
          m.lock(), data.x = 3, m.unlock();
        },
        [&] {
          {
            std::unique_lock lock(m);
            c.wait(lock, [&] { return ready; });
          }
          data.x = 2, written.has_come();
        });
  });
}

// RaceWaitGroupAsMutex, RaceWaitGroupWrongWait
TEST_F(go_race_reported, a_wait_group_is_no_lock) {
  for (const bool waits : {false, true})
    is_reported([waits] {
      alone data;
      moment written, waited;
      wait_group g;
      const auto waits_or_not = [&] {
        if (waits) g.wait();
      };
      side_by_side([&] { waits_or_not(), waited.wait(), g.add(1), data.x = 1, g.done(), written.has_come(); },
                   [&] { waits_or_not(), waited.has_come(), written.wait(), g.add(1), data.x = 2, g.done(); });
    });
}

TEST_F(go_race_reported, before_the_lock_and_after_the_unlock_nothing_is_ordered) {
  is_reported([] {
    alone data;
    moment written;
    mutex m;
    side_by_side([&] { m.lock(), m.unlock(), data.x = 1, written.has_come(); },
                 [&] { written.wait(), m.lock(), data.x = 2, m.unlock(); });
  });
}

TEST_F(go_race_reported, two_locks_are_not_one) {
  is_reported([] {
    alone data;
    moment written;
    mutex m;
    rw_mutex other;
    side_by_side([&] { m.lock(), data.x = 1, m.unlock(), written.has_come(); },
                 [&] { written.wait(), other.lock(), data.x = 2, other.unlock(); });
  });
}

TEST_F(go_race_reported, a_try_lock_that_fails_orders_nothing) {
  is_reported([] {
    alone data;
    moment written, tried;
    mutex m;
    side_by_side([&] { m.lock(), data.x = 1, written.has_come(), tried.wait(), m.unlock(); },
                 [&] { written.wait(), data.x = m.try_lock() ? 3 : 2, tried.has_come(); });
  });
}

TEST_F(go_race_reported, readers_do_not_exclude_each_other) {
  is_reported([] {
    alone data;
    moment written, twice;
    rw_mutex m;
    side_by_side([&] { m.lock_shared(), data.x = 1, written.has_come(), twice.wait(), m.unlock_shared(); },
                 [&] { written.wait(), m.lock_shared(), data.x = 2, twice.has_come(), m.unlock_shared(); });
  });
}

TEST_F(go_race_reported, tasks_of_one_group_are_not_ordered) {
  is_reported([] {
    alone data;
    moment written;
    wait_group g;
    g.add(2);
    side_by_side([&] { data.x = 1, g.done(), written.has_come(); }, [&] { written.wait(), data.x = 2, g.done(); },
                 [&] { g.wait(); });
  });
}

TEST_F(go_race_reported, a_wait_does_not_see_what_is_added_later) {
  is_reported([] {
    alone data;
    moment written;
    wait_group g;
    side_by_side([&] { g.wait(), data.x = 1, written.has_come(); },
                 [&] { written.wait(), g.add(1), data.x = 2, g.done(); });
  });
}

TEST_F(go_race_reported, units_of_a_semaphore_do_not_order_who_holds_them) {
  is_reported([] {
    alone data;
    moment written, twice;
    semaphore s(2);
    side_by_side([&] { s.acquire(1), data.x = 1, written.has_come(), twice.wait(), s.release(1); },
                 [&] { written.wait(), s.acquire(1), data.x = 2, twice.has_come(), s.release(1); });
  });
}
#endif

}  // namespace
}  // namespace sluice::test::go_race_test
