// SPDX-License-Identifier: BSL-1.0
// What happens to an exception at each boundary between who throws and who could take it.
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/context.hpp>
#include <sluice/err_group.hpp>
#include <sluice/once.hpp>
#include <sluice/select.hpp>
#include <sluice/single_flight.hpp>
#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::test::exceptions_test {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void fails() { throw std::runtime_error("no such file"); }

template <class F>
std::string thrown_by(const F& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "nothing";
}

TEST(exceptions, of_the_program_that_a_scheduler_runs_come_out_of_run) {
  scheduler s({.workers = 2});
  EXPECT_EQ(thrown_by([&] { s.run(&fails); }), "no such file");
  EXPECT_EQ(s.run([] { return 1; }), 1) << "and it works on";
}

TEST(exceptions, of_a_task_go_to_its_handler_or_to_the_schedulers_and_nobody_else_is_hurt) {
  std::vector<std::string> taken;
  {
    scheduler s({.workers = 1, .on_exception = [&](const task_report& t, const std::exception_ptr& e) {
                   taken.push_back(t.name + ": " + failure(e).message());
                 }});
    s.go_as("plain", &fails);
    s.safe_go([&](const std::exception_ptr& e) { taken.push_back("safe: " + failure(e).message()); }, &fails);
    s.join();
    EXPECT_EQ(s.run([] { return 1; }), 1);
  }
  EXPECT_EQ(taken.size(), 2U);
  for (const std::string& each : taken) EXPECT_TRUE(each == "plain: no such file" || each == "safe: no such file");
}

TEST(exceptions, of_a_handler_go_to_the_scheduler) {
  std::string taken;
  scheduler s({.workers = 1,
               .on_exception = [&](const task_report&, const std::exception_ptr& e) { taken = failure(e).message(); }});
  s.safe_go([](const std::exception_ptr&) { throw std::logic_error("the handler"); }, &fails);
  s.join();
  EXPECT_EQ(taken, "the handler");
}

TEST(exceptions, of_a_function_of_a_group_come_out_of_wait_on_threads_and_in_tasks) {
  const auto program = [] {
    auto group = err_group::with_context(background());
    group.go(&fails);
    return group.wait().message();
  };
  EXPECT_EQ(program(), "no such file");
  EXPECT_EQ(scheduler({.workers = 1}).run(program), "no such file");
}

TEST(exceptions, of_a_task_of_a_wait_group_count_it_as_done) {
  std::string taken;
  scheduler s({.workers = 1,
               .on_exception = [&](const task_report&, const std::exception_ptr& e) { taken = failure(e).message(); }});
  s.run([] {
    wait_group all;
    all.go(&fails);
    all.wait();
  });
  s.join();
  EXPECT_EQ(taken, "no such file");
}

TEST(exceptions, of_a_selects_handler_come_out_of_select_after_the_case_has_fired) {
  const auto numbers = make_chan<int>(1);
  numbers.push(7);
  EXPECT_EQ(thrown_by([&] { select(on_pop(numbers, [](auto) { fails(); })); }), "no such file");
  EXPECT_FALSE(numbers.try_pop()) << "it was taken";
  EXPECT_EQ(thrown_by([&] { select(on_pop(numbers, [](auto) {}), otherwise(&fails)); }), "no such file");
}

TEST(exceptions, of_a_function_that_runs_once_or_for_many_come_to_each_caller) {
  once first;
  EXPECT_EQ(thrown_by([&] { first.call(&fails); }), "no such file");
  EXPECT_FALSE(first.done());
  single_flight<int, int> flights;
  EXPECT_EQ(thrown_by([&] { flights.run(1, []() -> int { fails(); }); }), "no such file");
  const auto landed = flights.run_async(1, []() -> int { fails(); }, [](auto run) { run(); });
  EXPECT_EQ(thrown_by([&] { landed.pop()->get(); }), "no such file");
}

TEST(exceptions, of_what_starts_a_function_leave_nothing_started) {
  const auto broken = [](auto&&) { fails(); };
  wait_group all;
  EXPECT_EQ(thrown_by([&] { all.go(broken, [] {}); }), "no such file");
  EXPECT_TRUE(all.try_wait());
  err_group group;
  EXPECT_EQ(thrown_by([&] { group.go(broken, [] {}); }), "no such file");
  EXPECT_FALSE(group.wait());
}

TEST(exceptions, given_as_a_cause_are_what_all_below_find) {
  const auto [ctx, cancel] = with_cancel_cause(background());
  const auto below = with_timeout(ctx, 1h).ctx;
  cancel(std::make_exception_ptr(std::runtime_error("no such file")));
  EXPECT_EQ(thrown_by([&] { below.cause().raise(); }), "no such file");
}

struct copied_badly {
  copied_badly() = default;
  copied_badly(const copied_badly&) { fails(); }
  copied_badly& operator=(const copied_badly&) = default;
  copied_badly(copied_badly&&) noexcept {}
  copied_badly& operator=(copied_badly&&) noexcept { return *this; }
  ~copied_badly() = default;
};
TEST(exceptions, of_a_copy_are_thrown_before_anything_has_happened) {
  const auto c = make_chan<copied_badly>(1);
  const copied_badly v;
  EXPECT_EQ(thrown_by([&] { c.push(v); }), "no such file");
  EXPECT_EQ(c.size(), 0U);
  scheduler s({.workers = 1});
  EXPECT_EQ(thrown_by([&] { s.go([](const copied_badly&) {}, v); }), "no such file");
  EXPECT_EQ(s.live_tasks(), 0U);
}

}  // namespace
}  // namespace sluice::test::exceptions_test
