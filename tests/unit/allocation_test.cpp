// SPDX-License-Identifier: BSL-1.0
// What says of itself that it does not allocate, and what does where there is no memory. A program of its own: it replaces the operator new of all that is in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/cond.hpp>
#include <sluice/manual_platform.hpp>
#include <sluice/mutex.hpp>
#include <sluice/replicate.hpp>
#include <sluice/select.hpp>
#include <sluice/semaphore.hpp>
#include <sluice/task.hpp>

namespace {
thread_local std::size_t allocations = 0;
thread_local bool is_out_of_memory = false;
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t n) {
  ++allocations;
  if (is_out_of_memory) throw std::bad_alloc();
  if (void* const p = std::malloc(std::max(n, std::size_t{1}))) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
  ++allocations;
  if (is_out_of_memory) throw std::bad_alloc();
  const auto align = static_cast<std::size_t>(a);
  if (void* const p = std::aligned_alloc(align, (std::max(n, std::size_t{1}) + align - 1) / align * align)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace sluice::test::allocation_test {
namespace {

using namespace std::chrono_literals;

constexpr auto ignore = [](auto&&...) {};

// How often this thread allocates in `f`.
template <class F>
std::size_t allocations_of(F f) {
  const std::size_t before = allocations;
  f();
  return allocations - before;
}

// Has no more memory for this thread.
struct out_of_memory {
  out_of_memory() { is_out_of_memory = true; }
  out_of_memory(const out_of_memory&) = delete;
  out_of_memory& operator=(const out_of_memory&) = delete;
  ~out_of_memory() { is_out_of_memory = false; }
};

TEST(allocation, is_counted) {
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(100)); }), 1U);  // by calls: compilers leave out a new
  EXPECT_GT(allocations_of([] { make_chan<int>(100); }), 0U) << "over-aligned, too";
}

// A timer may take memory. Who waits stands in a line by then.
TEST(allocation, a_task_for_whose_timer_there_is_no_memory_waits_as_long_as_it_should) {
  scheduler s({.workers = 1});
  s.run([] {
    semaphore units(1);
    units.acquire();
    const auto from = std::chrono::steady_clock::now();
    {
      const out_of_memory now;
      EXPECT_FALSE(units.try_acquire_for(1, 2ms));
    }
    EXPECT_GE(std::chrono::steady_clock::now() - from, 2ms);
    units.release();
    EXPECT_TRUE(units.try_acquire()) << "nobody stands in line";
  });
}

TEST(allocation, a_task_for_whose_timer_there_is_no_memory_is_served) {
  scheduler s({.workers = 1});
  s.run([] {
    semaphore units(1);
    units.acquire();
    std::stop_source stop;
    bool has_them = false;  // one worker: one task at a time
    bool has_more = true;
    go([&] { units.release(); });
    go([&] {
      while (!has_them) yield();
      stop.request_stop();
    });
    {
      const out_of_memory now;  // and none for what an expectation would say
      has_them = units.try_acquire_for(1, 1h, stop.get_token());
      has_more = has_them && units.try_acquire_for(1, 1h, stop.get_token());
    }
    EXPECT_TRUE(has_them);
    EXPECT_FALSE(has_more);
    has_them = true;
  });
}

// Threads of a platform without futexes, and of one whose time is moved by hand, take memory to sleep by.
template <class Platform>
void waits_without_memory() {
  static_cast<void>(Platform::now());  // time itself takes memory, once, where it is moved by hand
  basic_semaphore<Platform> units(1);
  units.acquire();
  basic_cond<Platform> c;
  basic_mutex<Platform> m;
  m.lock();
  {
    const std::jthread releases([&] {
      std::this_thread::sleep_for(2ms);
      units.release();
    });
    const out_of_memory now;
    EXPECT_TRUE(units.try_acquire_for(1, 1h));
    EXPECT_FALSE(c.wait_until(m, Platform::now()));
  }
  c.notify_one();
  units.release();
  EXPECT_TRUE(units.try_acquire()) << "nobody stands in line";
  m.unlock();
}
TEST(allocation, a_thread_without_memory_to_sleep_by_waits_all_the_same) {
  waits_without_memory<portable_platform>();
  waits_without_memory<manual_platform>();
}

TEST(allocation, what_leaves_a_task_is_told_where_there_is_no_memory_for_its_name) {
  std::vector<task_report> told;
  scheduler s({.workers = 1, .on_exception = [&](const task_report& t, const std::exception_ptr&) {
                 is_out_of_memory = false;
                 told.push_back(t);
               }});
  s.go_as("a name that takes memory of its own", [] {
    is_out_of_memory = true;
    throw 7;
  });
  s.join();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].name, "");
  EXPECT_GT(told[0].id, 0U);
}

TEST(allocation, who_waits_for_an_answer_is_told_where_there_is_no_memory_to_say_why_none_came) {
  scheduler s(
      {.workers = 1, .on_exception = [](const task_report&, const std::exception_ptr&) { is_out_of_memory = false; }});
  s.run([] {
    const result<int> r = patterns::within(background(), 1h, [](const context&) -> int {
      is_out_of_memory = true;
      throw 7;
    });
    ASSERT_FALSE(r);
    EXPECT_TRUE(static_cast<bool>(r.error())) << "it is an error";
    EXPECT_EQ(std::string(r.error().what()), "no answer came: an exception has left the task that was asked");
  });
}

TEST(allocation, who_waits_for_the_first_of_many_answers_is_told_where_there_is_no_memory_to_say_why_none_came) {
  scheduler s({.workers = 1, .only_tasks = true, .on_exception = [](const task_report&, const std::exception_ptr&) {
                 is_out_of_memory = false;
               }});
  s.run([] {
    const auto fails = [](const context&, int i) -> result<int> {
      if (i == 1) return unexpected(error("not here"));
      is_out_of_memory = true;
      throw 7;
    };
    const result<int> r = patterns::replicate(background(), 3, fails);
    ASSERT_FALSE(r);
    EXPECT_EQ(std::string(r.error().what()), "none of 3 requests was answered");
    std::vector<std::string> why;
    for (const error& e : r.error().causes()) why.emplace_back(e.what());
    const std::string unanswered = "no answer came: an exception has left the task that was asked";
    EXPECT_EQ(why, (std::vector<std::string>{"not here", unanswered, unanswered}));
  });
}

TEST(allocation, a_scheduler_ends_where_there_is_no_memory_to_say_who_waits) {
  for (const bool by_default : {false, true}) {
    const auto never = make_chan<int>();
    std::size_t told = 0;
    scheduler_settings settings{.workers = 1};
    if (!by_default) settings.on_leak = [&](const std::vector<task_report>&) { ++told; };
    auto s = std::make_optional<scheduler>(std::move(settings));
    s->go_as("a name that takes memory of its own", [never] { never.pop(); });
    s->run([] { yield(); });
    testing::internal::CaptureStderr();
    {
      const out_of_memory now;
      s.reset();
    }
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(told, by_default ? 0U : 1U);
    EXPECT_EQ(said.find("no memory to list them") != std::string::npos, by_default) << said;
  }
}

TEST(allocation, a_select_that_finds_a_case_ready_makes_none) {
  const auto full = make_chan<int>(2);
  const auto empty = make_chan<int>(2);
  EXPECT_TRUE(full.push(1) && full.push(1));
  std::vector<any_case<>> cases;
  cases.emplace_back(on_pop(full, ignore));
  cases.emplace_back(on_pop(empty, ignore));
  EXPECT_EQ(allocations_of([&] {
              EXPECT_EQ(select(on_pop(empty, ignore), on_pop(full, ignore)), 1U);
              EXPECT_EQ(select_biased(on_push(full, 1), on_pop(empty, ignore), after(1h)), 0U);
              EXPECT_EQ(select(on_pop(full, ignore), otherwise()), 0U);
              EXPECT_EQ(select(std::span(cases), otherwise()), 0U);
            }),
            0U);
}

TEST(allocation, a_select_that_finds_nothing_and_one_that_is_ended_make_none) {
  const auto a = make_chan<int>();
  const auto b = make_chan<int>(1);
  std::vector<any_case<>> cases;
  cases.emplace_back(on_pop(a, ignore));
  cases.emplace_back(on_pop(b, ignore));
  std::stop_source stop;
  stop.request_stop();
  const auto token = stop.get_token();
  EXPECT_EQ(allocations_of([&] {
              EXPECT_EQ(select(on_pop(a, ignore), on_pop(b, ignore), otherwise()), 2U);
              EXPECT_EQ(select_biased(on_pop(a, ignore), on_push(a, 1), otherwise()), 2U);
              EXPECT_EQ(select(on_pop(a, ignore), on_pop(b, ignore), after(1ms)), 2U);
              EXPECT_EQ(select(on_pop(a, ignore), until(std::chrono::system_clock::now() + 1ms)), 1U);
              EXPECT_EQ(select_biased(on_pop(a, ignore), on_pop(b, ignore), on_stop(token)), 2U);
              EXPECT_EQ(select(std::span(cases), otherwise()), 2U);
              EXPECT_EQ(select_biased(std::span(cases), after(1ms)), 2U);
            }),
            0U);
}

TEST(allocation, a_select_that_waits_until_it_is_served_makes_none) {
  for (const std::size_t capacity : {0U, 1U}) {
    const auto a = make_chan<int>(capacity);
    const auto never = make_chan<int>();
    std::vector<any_case<>> cases;
    cases.emplace_back(on_pop(never, ignore));
    cases.emplace_back(on_pop(a, ignore));
    const std::stop_source stop;
    const auto token = stop.get_token();
    const std::jthread peer([&] {
      for (int i = 0; i != 4; ++i) {
        std::this_thread::sleep_for(2ms);
        EXPECT_TRUE(a.push(i));
      }
      for (int i = 0; i != 2; ++i) {
        std::this_thread::sleep_for(2ms);
        EXPECT_EQ(never.pop(), i);
      }
    });
    EXPECT_EQ(allocations_of([&] {
                EXPECT_EQ(select(on_pop(never, ignore), on_pop(a, ignore)), 1U);
                EXPECT_EQ(select_biased(on_pop(never, ignore), on_pop(a, ignore), after(1h), on_stop(token)), 1U);
                EXPECT_EQ(select(std::span(cases), after(1h)), 1U);
                EXPECT_EQ(select_biased(std::span(cases)), 1U);
                EXPECT_EQ(select(on_push(never, 0), on_pop(a, ignore)), 0U);
                EXPECT_EQ(select_biased(on_push(never, 1), on_pop(a, ignore), on_stop(token)), 0U);
              }),
              0U);
  }
}

// Of Go's chan/select2: selects in a row, each with a case that loses, in both threads.
TEST(allocation, tens_of_thousands_of_selects_with_a_losing_case_make_none) {
  constexpr int rounds = 20'000;
  const auto c = make_chan<int>();
  const auto unused = make_chan<int>();
  std::size_t by_the_pusher = 0;
  std::thread pusher([&] {
    by_the_pusher = allocations_of([&] {
      for (int i = 0; i != rounds; ++i) select(on_push(c, int{i}), on_pop(unused, ignore));
    });
  });
  int wrong = 0;
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i != rounds; ++i)
                select(on_pop(c, [&](std::optional<int> v) { wrong += v == i ? 0 : 1; }), on_pop(unused, ignore));
            }),
            0U);
  pusher.join();
  EXPECT_EQ(by_the_pusher, 0U);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sluice::test::allocation_test
