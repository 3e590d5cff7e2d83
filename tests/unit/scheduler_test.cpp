// SPDX-License-Identifier: BSL-1.0
#include <sluice/func_timer.hpp>
#include <sluice/scheduler.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/task.hpp>
#include <sluice/timer.hpp>
#include <sluice/wait_group.hpp>

#include "../support/sanitizers.hpp"

namespace sluice::test::scheduler_test {
namespace {

using namespace std::chrono_literals;

std::string message_of(const scheduler_settings& settings) {
  try {
    const scheduler s(settings);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

TEST(scheduler, refuses_what_cannot_be) {
  EXPECT_NE(message_of({.workers = -1}).find("-1 workers"), std::string::npos);
  EXPECT_NE(message_of({.workers = 1'000'000}).find("1000000 workers"), std::string::npos);
  EXPECT_NE(message_of({.workers = 1, .stack_size = 100}).find("100 bytes"), std::string::npos);
  // Rounded up, or times as many as are mapped at once, it would be a small number.
  EXPECT_NE(message_of({.workers = 1, .stack_size = SIZE_MAX}).find("the most"), std::string::npos);
  EXPECT_NE(message_of({.workers = 1, .stack_size = SIZE_MAX / 64}).find("the most"), std::string::npos);
}

TEST(scheduler, has_as_many_workers_as_cpus_unless_told_otherwise) {
  EXPECT_EQ(scheduler().max_workers(), std_platform::cpus());
  scheduler s({.workers = 3});
  EXPECT_EQ(s.max_workers(), 3U);
  for (const int n : {0, -1, 4}) EXPECT_THROW(s.max_workers(n), std::invalid_argument) << n;
  s.max_workers(1);
  EXPECT_EQ(s.max_workers(), 1U);
}

TEST(scheduler, works_on_while_its_workers_become_fewer_and_more) {
  scheduler s({.workers = 4});
  std::atomic<int> done{0};
  for (int round = 0; round != scaled(200); ++round) {
    s.max_workers(1 + round % 4);
    for (int i = 0; i != 20; ++i) s.go([&] { yield(), ++done; });
  }
  s.join();
  EXPECT_EQ(done.load(), scaled(200) * 20);
}

TEST(scheduler, reports_a_deadlock_with_all_that_wait) {
  std::vector<task_report> leaked;
  {
    scheduler s(
        {.workers = 2, .only_tasks = true, .on_leak = [&](const std::vector<task_report>& all) { leaked = all; }});
    std::string what;
    try {
      s.run([] {
        auto never = make_chan<int>(0);
        go_as("other", [never]() mutable { never.pop(); });
        never.pop();
      });
    } catch (const deadlock_error& e) {
      EXPECT_EQ(e.tasks().size(), 2U);
      what = e.what();
    }
    EXPECT_NE(what.find("'main', started at"), std::string::npos) << what;
    EXPECT_NE(what.find("'other', started at"), std::string::npos) << what;
    EXPECT_NE(what.find("scheduler_test.cpp"), std::string::npos) << what;
    EXPECT_THROW(s.join(), deadlock_error);
  }
  EXPECT_EQ(leaked.size(), 2U);
}

#if defined(SLUICE_TEST_TSAN)
constexpr bool told_so = true;  // that there are only tasks, for ThreadSanitizer has a thread of its own
#else
constexpr bool told_so = false;
#endif

// In a process of its own, for here are others' threads.
TEST(scheduler, knows_a_deadlock_where_there_are_no_other_threads) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        scheduler s({.workers = 1, .only_tasks = told_so});
        try {
          s.run([] { make_chan<int>(0).pop(); });
        } catch (const deadlock_error& e) {
          std::fputs(e.what(), stderr);
          std::abort();
        }
      },
      "all tasks wait, and nothing can wake one:\n  task .* 'main'");
}

// As a Go program may end while goroutines wait.
TEST(scheduler, does_not_take_a_task_that_is_left_behind_for_a_deadlock) {
  scheduler s({.workers = 1, .only_tasks = true, .on_leak = [](const std::vector<task_report>&) {}});
  auto never = make_chan<int>(0);
  s.go([never]() mutable { never.pop(); });
  for (int i = 0; i != scaled(1000); ++i) EXPECT_EQ(s.run([i] { return i; }), i);
  EXPECT_THROW(s.join(), deadlock_error);
}

TEST(scheduler, does_not_take_a_wait_for_a_thread_for_a_deadlock) {
  scheduler s({.workers = 1});
  auto c = make_chan<int>(0);
  std::thread other([c]() mutable {
    std::this_thread::sleep_for(5ms);
    c.push(1);
  });
  EXPECT_EQ(s.run([&] { return c.pop().value(); }), 1);
  other.join();
}

// In a process of its own, where nobody else is when the thread has gone.
TEST(scheduler, sees_what_a_thread_did_that_has_gone_meanwhile) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        for (int i = 0; i != 100; ++i) {
          scheduler s({.workers = 2});
          s.run([] {
            auto told = make_chan<void>(1);
            const auto soon = after_func(1us, [told]() mutable { told.push(); });  // by a thread of its own
            told.pop();
          });
        }
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

// Two wait for the end of the first task; whoever of them has seen it goes on to wake the second one.
TEST(scheduler, does_not_count_on_who_waits_no_longer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        scheduler s({.workers = 1});
        for (int i = 0; i != 300; ++i) {
          auto told = make_chan<void>(1);
          std::thread first([&] {
            s.run([] {});
            told.push();
          });
          s.run([&] { told.pop(); });
          first.join();
        }
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

// In a process of its own. The thread may be counted when all wait already, and nobody says when it has gone.
TEST(scheduler, finds_a_deadlock_that_a_thread_hid_while_it_ended) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        int found = 0;
        for (int i = 0; i != 100; ++i) {
          scheduler s({.workers = 1, .only_tasks = told_so, .on_leak = [](const std::vector<task_report>&) {}});
          s.go([] { make_chan<int>(0).pop(); });
          std::thread([] {}).detach();
          try {
            s.join();
          } catch (const deadlock_error&) {
            ++found;
          }
        }
        std::exit(found == 100 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

// In a process of its own. What other schedulers left behind waits for ever, and is no thread.
TEST(scheduler, counts_no_task_that_waits_for_it_and_was_left_behind) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const auto nobody_cares = [](const std::vector<task_report>&) {};
        {
          scheduler s({.workers = 1});
          const auto gate = make_chan<void>();
          s.go([gate] { gate.pop(); });
          scheduler({.workers = 1, .on_leak = nobody_cares}).go([&s] { s.join(); });
          std::thread late([gate] {
            std::this_thread::sleep_for(20ms);
            gate.close();
          });
          s.join();  // would take what goes on for a deadlock
          late.join();
        }
        scheduler s({.workers = 1, .only_tasks = told_so, .on_leak = nobody_cares});
        s.go([] { make_chan<void>().pop(); });
        scheduler({.workers = 1, .on_leak = nobody_cares})
            .safe_go([](const std::exception_ptr&) {}, [&s] { s.join(); });
        try {
          s.join();
        } catch (const deadlock_error&) {
          std::exit(0);
        }
      },
      testing::ExitedWithCode(0), "");
}

// The clock does not hear of it, and would come in an hour. In some rounds all wait already when the timer is stopped.
TEST(scheduler, finds_a_deadlock_that_a_timer_hid_until_somebody_stopped_it) {
  for (int i = 0; i != 50; ++i) {
    scheduler s({.workers = 1, .only_tasks = true, .on_leak = [](const std::vector<task_report>&) {}});
    timer late(1h);
    s.go([] { make_chan<int>(0).pop(); });
    std::thread joins([&] { EXPECT_THROW(s.join(), deadlock_error); });
    for (int k = 0; k != 20 * i; ++k) std::this_thread::yield();
    late.stop();
    joins.join();
  }
}

TEST(scheduler, does_not_take_a_sleep_for_a_deadlock) {
  scheduler s({.workers = 2, .only_tasks = true});
  auto c = make_chan<int>(0);
  s.go([&] { sleep_for(20ms), c.push(1); });
  EXPECT_EQ(s.run([&] { return c.pop().value(); }), 1);
}

TEST(scheduler, reports_who_still_waits_at_its_end) {
  std::vector<task_report> leaked;
  auto never = make_chan<int>(0);
  {
    scheduler s({.workers = 1, .on_leak = [&](const std::vector<task_report>& all) { leaked = all; }});
    s.go_as("forgotten", [&] { never.pop(); });
    s.go([] {});
  }
  ASSERT_EQ(leaked.size(), 1U);
  EXPECT_EQ(leaked[0].name, "forgotten");
  EXPECT_NE(leaked[0].waits_on, nullptr);
  never.close();  // wakes nobody
}

// By a thread, and by the clock, which nobody can stop.
TEST(scheduler, ends_while_others_wake_its_tasks) {
  for (int round = 0; round != scaled(1000); ++round) {
    std::array<chan<int>, 4> channels;
    for (auto& c : channels) c = make_chan<int>();
    std::thread other;
    {
      scheduler s({.workers = 2, .on_leak = [](const std::vector<task_report>&) {}});
      std::atomic<int> begun{0};
      for (int i = 0; i != 4; ++i) {
        s.go([&, i] {
          auto late = alarm(std::chrono::microseconds(round % 200 + 10 * i));
          ++begun;
          late.pop();
        });
        s.go([&begun, c = channels[static_cast<std::size_t>(i)]] {
          ++begun;
          c.pop();
        });
      }
      while (begun.load() != 8) std::this_thread::yield();
      other = std::thread([&] {
        for (int pauses = 0; pauses != round; ++pauses) std_platform::pause();
        for (auto& c : channels) c.close();
      });
    }
    other.join();
  }
}

TEST(scheduler, lets_all_go_on_that_can_before_it_ends) {
  std::atomic<int> done{0};
  {
    scheduler s({.workers = 2});
    for (int i = 0; i != 100; ++i)
      s.go([&] {
        yield();
        go([&] { ++done; });
      });
  }
  EXPECT_EQ(done.load(), 100);
}

// Takes its time to go, which a task may.
class leaves_slowly {
 public:
  explicit leaves_slowly(bool& gone) : gone_(&gone) {}
  leaves_slowly(leaves_slowly&& other) noexcept : gone_(std::exchange(other.gone_, nullptr)) {}
  leaves_slowly& operator=(leaves_slowly&&) = delete;
  ~leaves_slowly() {
    if (gone_ == nullptr) return;
    for (int i = 0; i != 10'000; ++i) yield();
    *gone_ = true;
  }

 private:
  bool* gone_;
};

TEST(scheduler, has_let_go_of_what_the_function_of_run_held_when_run_returns) {
  scheduler s({.workers = 1});
  bool gone = false;
  s.run([held = leaves_slowly(gone)] {});
  EXPECT_TRUE(gone);
  gone = false;
  EXPECT_THROW(s.run([held = leaves_slowly(gone)] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_TRUE(gone);
}

TEST(scheduler, run_gives_a_reference_where_the_function_does) {
  scheduler s({.workers = 1});
  int x = 1;
  int& same = s.run([&]() -> int& { return x; });
  EXPECT_EQ(&same, &x);
  std::string name = "ann";
  const std::string taken = s.run([&]() -> std::string&& { return std::move(name); });
  EXPECT_EQ(taken, "ann");
}

TEST(scheduler, is_not_waited_for_by_its_own_tasks) {
  scheduler s({.workers = 1});
  s.run([&] {
    EXPECT_THROW(s.join(), std::logic_error);
    EXPECT_THROW(s.run([] {}), std::logic_error);
  });
  s.join();
}

TEST(scheduler, is_not_ended_by_its_own_tasks) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto* s = new scheduler({.workers = 1});
        s->run([s] { delete s; });
      },
      "destroyed by one of its own tasks, task .* 'main'");
}

TEST(scheduler, loses_no_task_while_workers_come_and_go) {
  scheduler s({.workers = 4});
  std::atomic<bool> over{false};
  std::thread limits([&] {
    for (int i = 1; !over; i = i % 4 + 1) {
      s.max_workers(i);
      std::this_thread::yield();
    }
  });
  constexpr int pairs = 200;
  std::atomic<int> ended{0};
  s.run([&] {
    auto c = make_chan<int>(0);
    for (int i = 0; i != pairs; ++i) {
      s.go([&, c]() mutable {
        c.push(1);
        ++ended;
      });
      s.go([&, c]() mutable {
        static_cast<void>(c.pop());
        if (ended % 3 == 0) yield();
        s.go([&] { ++ended; });
      });
    }
  });
  s.join();
  over = true;
  limits.join();
  EXPECT_EQ(ended, 2 * pairs);
}

TEST(scheduler, runs_what_would_not_fit_on_a_stack) {
  scheduler s({.workers = 1});
  struct alignas(4096) large {
    std::array<int, 1 << 18> all{};
  };
  const auto one = std::make_unique<large>();
  one->all.back() = 3;
  int seen = 0;
  s.go([&seen, many = *one] {
    seen = reinterpret_cast<std::uintptr_t>(&many) % alignof(large) == 0 ? many.all.back() : 0;
  });
  s.join();
  EXPECT_EQ(seen, 3);
}

TEST(scheduler, begins_new_tasks_on_the_stack_that_the_last_one_has_left) {
  scheduler s({.workers = 1});
  std::set<const void*> stacks;  // by where the first frame is
  constexpr int tasks = 10'000;
  wait_group all(tasks);
  s.run([&] {
    for (int i = 0; i != tasks; ++i)
      s.go([&] {
        stacks.insert(__builtin_frame_address(0));
        all.done();
      });
    all.wait();
  });
  EXPECT_LE(stacks.size(), 2U);
}

TEST(scheduler, starts_no_task_that_there_would_be_no_stack_for) {
  scheduler s({.workers = 1, .stack_size = std::size_t{1} << 46U});
  EXPECT_THROW(s.go([] {}), std::bad_alloc);
  EXPECT_EQ(s.live_tasks(), 0U);
}

TEST(scheduler, a_task_that_could_not_be_copied_does_not_count) {
  scheduler s({.workers = 1});
  struct cannot_be_copied {
    cannot_be_copied() = default;
    cannot_be_copied(const cannot_be_copied&) { throw std::runtime_error("no"); }
    void operator()() const {}
  };
  const cannot_be_copied c;
  EXPECT_THROW(s.go(c), std::runtime_error);
  EXPECT_EQ(s.live_tasks(), 0U);
}

#if !defined(SLUICE_TEST_ASAN) && !defined(SLUICE_TEST_TSAN)
[[gnu::noinline]] int deeper(int n) {
  volatile char frame[512] = {};
  return n == 0 ? frame[0] : deeper(n - 1) + frame[1];
}
// The next stack, which lies below, is another task's.
TEST(scheduler, ends_the_program_where_a_task_overflows_its_stack) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        scheduler s({.workers = 1, .stack_size = 32 << 10});
        s.run([] { return deeper(1'000'000); });
      },
      "");
}
#endif

TEST(scheduler, gives_its_tasks_the_stack_that_was_asked_for) {
  scheduler s({.workers = 1, .stack_size = 1 << 20});
  EXPECT_EQ(s.run([] {
    volatile char large[512 << 10];
    large[0] = 1;
    large[(512 << 10) - 1] = 2;
    return large[0] + large[(512 << 10) - 1];
  }),
            3);
}

}  // namespace
}  // namespace sluice::test::scheduler_test
