// SPDX-License-Identifier: BSL-1.0
// Who starts a task makes sure that it can end: with a `done` beside the channel that it reads, and beside the one that it writes to.
// Without, it is named in the scheduler's report of leaks.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/select.hpp>
#include <sluice/task.hpp>

namespace sluice::test::leak_prevention_test {
namespace {

// Reads strings until they end, or until `done` is closed; closes what it returns when it has ended.
receiver<void> do_work(const receiver<void>& done, const receiver<std::string>& strings,
                       std::vector<std::string>& seen) {
  auto [ends, terminated] = make_pipe<void>();
  go([=, &seen, ended = std::move(ends)] {
    for (bool more = true; more;)
      select(on_pop(strings,
                    [&](std::optional<std::string> s) {
                      if (s) seen.push_back(*s);
                      more = s.has_value();
                    }),
             on_pop(done, [&](auto) { more = false; }));
  });
  return std::move(terminated);
}

// Random numbers for ever, or until `done` is closed.
receiver<int> random_stream(const receiver<void>& done) {
  const auto numbers = make_chan<int>();
  go([=] {
    std::mt19937 dice(7);
    for (bool more = true; more;)
      select(on_push(numbers, static_cast<int>(dice() >> 1)), on_pop(done, [&](auto) { more = false; }));
    numbers.close();
  });
  return numbers;
}

TEST(leak_prevention, ends_who_reads_from_a_channel_that_brings_nothing) {
  scheduler workers({.only_tasks = true});
  workers.run([] {
    std::vector<std::string> seen;
    const auto done = make_chan<void>();
    const auto strings = make_chan<std::string>();
    const auto terminated = do_work(done, strings, seen);
    strings.push("i: 0");
    done.close();
    EXPECT_FALSE(terminated.pop().has_value());
    EXPECT_EQ(seen, std::vector<std::string>{"i: 0"});
  });
  EXPECT_NO_THROW(workers.join());
}

TEST(leak_prevention, ends_who_writes_to_a_channel_that_nobody_reads_any_more) {
  scheduler workers({.only_tasks = true});
  workers.run([] {
    const auto done = make_chan<void>();
    const auto numbers = random_stream(done);
    for (int i = 0; i != 3; ++i) EXPECT_TRUE(numbers.pop().has_value());
    done.close();
  });
  EXPECT_NO_THROW(workers.join());
}

TEST(leak_prevention, is_reported_where_it_was_forgotten) {
  std::vector<std::string> left;
  {
    scheduler workers({.only_tasks = true, .on_leak = [&](const std::vector<task_report>& tasks) {
                         for (const task_report& t : tasks) left.push_back(to_string(t));
                       }});
    workers.run([] { random_stream({}).pop(); });
  }
  ASSERT_EQ(left.size(), 1U);
  EXPECT_NE(left.front().find("leak_prevention_test.cpp"), std::string::npos) << left.front();
}

}  // namespace
}  // namespace sluice::test::leak_prevention_test
