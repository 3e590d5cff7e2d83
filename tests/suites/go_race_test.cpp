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

TEST(go_race, what_a_channel_carries_may_be_written_by_who_gets_it) {
  struct message {
    int x = 1;
  };
  const auto c = make_chan<std::unique_ptr<message>>();
  side_by_side([&] { c.push(std::make_unique<message>()); }, [&] { ++c.pop().value()->x; });
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
