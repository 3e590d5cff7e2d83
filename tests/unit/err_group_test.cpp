// SPDX-License-Identifier: BSL-1.0
#include <sluice/err_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/task.hpp>

namespace sluice::test::err_group_test {
namespace {

const std::error_code io = std::make_error_code(std::errc::io_error);

template <class R>
using gives = R (*)();
static_assert(may_fail<gives<void>> && may_fail<gives<std::error_code>> && may_fail<gives<failure>>);
static_assert(may_fail<gives<context_errc>> && !may_fail<gives<int>> && !may_fail<gives<bool>>);
static_assert(!std::is_move_constructible_v<err_group>);

TEST(err_group, an_exception_is_what_wait_gives_and_why_the_context_ends) {
  auto group = err_group::with_context(background());
  group.go([] { throw std::runtime_error("the disk is full"); });
  const failure why = group.wait();
  EXPECT_EQ(why.message(), "the disk is full");
  EXPECT_THROW(why.raise(), std::runtime_error);
  EXPECT_EQ(group.ctx().cause(), why);
}

TEST(err_group, the_first_failure_cancels_those_that_wait_and_theirs_do_not_count) {
  auto group = err_group::with_context(background());
  const auto never = make_chan<int>();
  for (int i = 0; i != 3; ++i)
    group.go([&] {
      static_cast<void>(never.pop_or_stop(group.ctx()));
      return group.ctx().err();
    });
  group.go([] { return io; });
  EXPECT_EQ(group.wait(), failure(io));
}

TEST(err_group, without_a_context_a_failure_cancels_nothing) {
  err_group group;
  EXPECT_FALSE(group.ctx().done()) << "nil";
  group.go([] { return io; });
  EXPECT_TRUE(group.wait());
  EXPECT_FALSE(group.ctx().err());
}

TEST(err_group, ends_with_the_context_that_it_comes_from) {
  const auto [parent, cancel] = with_cancel(background());
  auto group = err_group::with_context(parent);
  group.go([&] {
    group.ctx().done().pop();
    return group.ctx().err();
  });
  cancel();
  EXPECT_EQ(group.wait(), failure(context_errc::canceled));
}

TEST(err_group, what_a_function_held_is_gone_when_wait_returns) {
  const auto held = std::make_shared<int>(1);
  err_group group;
  for (int i = 0; i != 4; ++i) group.go([held] {});
  EXPECT_FALSE(group.wait());
  EXPECT_EQ(held.use_count(), 1);
}

// What captures `held` is copied where it is moved, for that is const: what was moved from holds it, too.
TEST(err_group, what_a_function_held_is_gone_although_what_ran_it_is_kept) {
  const auto held = std::make_shared<int>(1);
  err_group group;
  std::function<void()> kept;
  group.go([&](auto run) { kept = [r = std::make_shared<decltype(run)>(std::move(run))] { (*r)(); }; }, [held] {});
  kept();
  EXPECT_FALSE(group.wait());
  EXPECT_EQ(held.use_count(), 1);
}

TEST(err_group, one_that_goes_cancels_and_waits_for_its_functions) {
  std::atomic<bool> ended{false};
  {
    auto group = err_group::with_context(background());
    group.go([&] {
      group.ctx().done().pop();
      ended = true;
    });
  }
  EXPECT_TRUE(ended);
}

TEST(err_group, a_function_may_add_others) {
  err_group group;
  std::atomic<int> runs{0};
  group.go([&] {
    for (int i = 0; i != 3; ++i) group.go([&] { ++runs; });
  });
  EXPECT_FALSE(group.wait());
  EXPECT_EQ(runs, 3);
}

TEST(err_group, runs_its_functions_wherever_it_is_told) {
  err_group group;
  std::vector<std::function<void()>> later;
  const auto start = [&](auto run) {
    later.emplace_back([kept = std::make_shared<decltype(run)>(std::move(run))] { (*kept)(); });
  };
  int runs = 0;
  group.go(start, [&] { ++runs; });
  EXPECT_TRUE(group.try_go(start, [&] { ++runs; }));
  EXPECT_EQ(runs, 0);
  for (const auto& run : later) run();
  EXPECT_FALSE(group.wait());
  EXPECT_EQ(runs, 2);
}

TEST(err_group, one_that_cannot_be_started_is_none_of_the_group) {
  err_group group;
  group.set_limit(1);
  const auto broken = [](auto) { throw std::bad_alloc(); };
  EXPECT_THROW(group.go(broken, [] {}), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(group.try_go(broken, [] {})), std::bad_alloc);
  EXPECT_TRUE(group.try_go([](auto run) { run(); }, [] {})) << "its place is free";
  EXPECT_FALSE(group.wait());
}

struct moves_so_often {
  explicit moves_so_often(int n) : left(n) {}
  moves_so_often(moves_so_often&& from) : left(from.left - 1) {
    if (left < 0) throw std::bad_alloc();
  }
  void operator()() const {}
  int left;
};

TEST(err_group, one_whose_function_cannot_be_moved_is_none_of_the_group) {
  const auto at_once = [](auto run) { run(); };
  for (int moves = 0; moves != 3; ++moves) {
    err_group group;
    group.set_limit(1);
    try {
      group.go(at_once, moves_so_often(moves));
    } catch (const std::bad_alloc&) {
    }
    EXPECT_TRUE(group.try_go(at_once, [] {})) << "its place is free";
    EXPECT_FALSE(group.wait());
  }
}

TEST(err_group, what_is_no_std_exception_is_a_failure_too) {
  auto group = err_group::with_context(background());
  group.go([] { throw 7; });
  const failure why = group.wait();
  EXPECT_THROW(why.raise(), int);
  EXPECT_EQ(group.ctx().cause(), why);
}

TEST(err_group, go_waits_until_there_is_room) {
  err_group group;
  group.set_limit(1);
  const auto gate = make_chan<int>();
  bool first_ended = false;
  group.go([gate, &first_ended] {
    gate.pop();
    first_ended = true;
  });
  std::thread opens([gate] { gate.push(1); });
  group.go([&] { EXPECT_TRUE(first_ended); });
  opens.join();
  EXPECT_FALSE(group.wait());
  group.set_limit(-1);
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(group.try_go([gate] { gate.pop(); }));
  for (int i = 0; i != 3; ++i) gate.push(1);
  EXPECT_FALSE(group.wait());
}

TEST(err_group, misuse_is_told) {
  err_group group;
  group.set_limit(0);
  EXPECT_THROW(group.go([] {}), std::logic_error);
  group.set_limit(err_group::no_limit);
  const auto gate = make_chan<int>();
  group.go([gate] { gate.pop(); });
  try {
    group.set_limit(7);
    FAIL();
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(),
                 "sluice::err_group: set_limit(7) while 1 functions are inside; set it before the first go, or after "
                 "wait");
  }
  gate.push(1);
  EXPECT_FALSE(group.wait());
  EXPECT_THROW(static_cast<void>(err_group::with_context(context())), std::invalid_argument);
}

// With 1, 2 and many workers.
TEST(err_group, in_a_task_its_functions_are_tasks) {
  for (const int workers : {1, 2, 7}) {
    scheduler s({.workers = workers});
    s.run([] {
      auto group = err_group::with_context(background());
      group.set_limit(10);
      std::atomic<int> tasks{0};
      for (int i = 0; i != 100; ++i)
        group.go([&, i] {
          tasks += this_task::is_one() ? 1 : 0;
          yield();
          return i == 99 ? io : std::error_code();
        });
      EXPECT_EQ(group.wait(), failure(io));
      EXPECT_EQ(tasks, 100);
    });
  }
}

TEST(err_group, a_group_of_tasks_that_wait_is_cancelled_on_one_worker) {
  scheduler s({.workers = 1});
  s.run([] {
    auto group = err_group::with_context(background());
    const auto never = make_chan<int>();
    for (int i = 0; i != 3; ++i)
      group.go([&] {
        static_cast<void>(never.pop_or_stop(group.ctx()));
        return group.ctx().err();
      });
    yield();
    group.go([]() -> std::error_code { throw std::runtime_error("first"); });
    EXPECT_EQ(group.wait().message(), "first");
  });
}

TEST(err_group, a_deadlock_report_names_where_its_functions_were_started) {
  scheduler s({.workers = 1, .only_tasks = true, .on_leak = [](const auto&) {}});
  try {
    s.run([] {
      err_group group;
      group.go([] { make_chan<int>().pop(); });
      EXPECT_FALSE(group.wait());
    });
    FAIL();
  } catch (const deadlock_error& e) {
    EXPECT_NE(std::string(e.what()).find("err_group_test.cpp"), std::string::npos) << e.what();
    EXPECT_EQ(e.tasks().size(), 2U);
  }
}

}  // namespace
}  // namespace sluice::test::err_group_test
