// SPDX-License-Identifier: BSL-1.0
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"
#include "../support/set_clock.hpp"

namespace sluice::test::select_test {
namespace {

using namespace std::chrono_literals;

constexpr auto ignore = [](auto&&) {};

template <class Base>
class select_blocking : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  template <class T>
  static chan<T, platform> make(std::size_t capacity) {
    return make_chan<T, platform>(capacity);
  }
  select_blocking() { platform::reset(); }
  static void wait_for_sleepers(std::uint64_t n) { platform::wait_for_sleepers(n); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(select_blocking, bases);

TEST(select, takes_the_case_that_is_ready_and_returns_its_index) {
  const auto a = make_chan<int>(1);
  const auto b = make_chan<int>(1);
  int got = 0;
  EXPECT_TRUE(b.push(7));
  EXPECT_EQ(select(on_pop(a, ignore), on_pop(b, [&](std::optional<int> v) { got = v.value(); })), 1U);
  EXPECT_EQ(got, 7);
  EXPECT_EQ(select(on_pop(a, ignore), on_push(b, 8)), 1U);
  EXPECT_EQ(b.pop(), 8);
}

TEST(select, otherwise_fires_where_nothing_is_ready_and_only_there) {
  const auto a = make_chan<int>(1);
  const auto r = make_chan<int>(0);
  bool fired = false;
  EXPECT_EQ(select(on_pop(a, ignore), on_push(r, 1), on_pop(r, ignore), otherwise([&] { fired = true; })), 3U);
  EXPECT_TRUE(fired);
  EXPECT_EQ(select(on_pop(a, ignore), otherwise()), 1U);
  EXPECT_TRUE(a.push(1));
  EXPECT_EQ(select(on_pop(r, ignore), on_pop(a, ignore), otherwise()), 1U);
}

TEST(select, a_closed_channel_is_ready_once_it_is_drained) {
  const auto c = make_chan<int>(1);
  EXPECT_TRUE(c.push(1));
  c.close();
  std::optional<int> got;
  EXPECT_EQ(select(on_pop(c, [&](std::optional<int> v) { got = v; }), otherwise()), 0U);
  EXPECT_EQ(got, 1);
  EXPECT_EQ(select(on_pop(c, [&](std::optional<int> v) { got = v; }), otherwise()), 0U);
  EXPECT_EQ(got, std::nullopt);
  bool accepted = true;
  EXPECT_EQ(select(on_push(c, 1, [&](bool yes) { accepted = yes; }), otherwise()), 0U);
  EXPECT_FALSE(accepted);
}

TEST(select, nil_is_never_ready) {
  const chan<int> nil;
  EXPECT_EQ(select(on_pop(nil, ignore), on_push(nil, 1), otherwise()), 2U);
  EXPECT_EQ(select(on_pop(nil, ignore), after(1ms)), 1U);
}

TEST(select, a_case_that_was_moved_from_or_never_made_is_never_ready) {
  const auto c = make_chan<int>(1);
  std::vector<any_case<>> cases(3);
  cases[0] = on_push(c, 1);
  cases[2] = on_push(c, 2);
  any_case<> moved = std::move(cases[0]);
  EXPECT_EQ(select(std::span(cases)), 2U);
  EXPECT_EQ(c.pop(), 2);
  cases[2] = {};  // as Go sets a channel to nil
  EXPECT_EQ(select(std::span(cases), after(1ms)), 3U);
  EXPECT_EQ(select(std::span(cases), otherwise()), 3U);
  EXPECT_EQ(select(std::span(&moved, 1)), 0U);
  EXPECT_EQ(c.pop(), 1);
}

TEST(select, what_it_does_not_push_it_leaves) {
  const auto full = make_chan<std::unique_ptr<int>>(1);
  const auto free = make_chan<std::unique_ptr<int>>(1);
  EXPECT_TRUE(full.push(nullptr));
  auto a = std::make_unique<int>(1);
  auto b = std::make_unique<int>(2);
  EXPECT_EQ(select(on_push(full, std::move(a)), on_push(free, std::move(b))), 1U);
  EXPECT_NE(a, nullptr);
  EXPECT_EQ(b, nullptr);
  EXPECT_EQ(select(on_push(full, std::move(a)), after(1ms)), 1U);
  EXPECT_NE(a, nullptr);
  free.close();
  EXPECT_EQ(select(on_push(free, std::move(a), [](bool accepted) { EXPECT_FALSE(accepted); })), 0U);
  EXPECT_NE(a, nullptr);
}

template <class C, class V>
concept can_on_push = requires(const C& c, V&& v) { on_push(c, std::forward<V>(v)); };
static_assert(can_on_push<chan<std::string>, const char*> && !can_on_push<chan<int>, std::string>);
static_assert(!can_on_push<chan<std::unique_ptr<int>>, int*>, "converted as in push: implicitly");

TEST(select, converts_what_it_pushes_as_a_push_does) {
  const auto f = make_chan<float>(1);
  const auto i = make_chan<int>(1);
  const std::size_t n = 7;
  EXPECT_EQ(select(on_push(f, 0.5)), 0U);
  EXPECT_EQ(select(on_push(i, n)), 0U);
  EXPECT_EQ(f.pop(), 0.5F);
  EXPECT_EQ(i.pop(), 7);
}

TEST(select, a_handler_may_remove_its_own_case) {
  std::vector<any_case<>> cases;
  std::vector<std::string> over;
  for (const char* name : {"one whose name does not fit into a string", "another whose name does not fit into one"}) {
    const auto c = make_chan<int>(1);
    EXPECT_TRUE(c.push(1));
    c.close();
    cases.emplace_back(on_pop(c, [&, name = std::string(name)](std::optional<int> v) {
      if (v) return;
      if (cases.size() == 2)
        cases.erase(cases.begin());
      else
        cases.clear();
      over.push_back(name);
    }));
  }
  for (int i = 0; !cases.empty(); ++i) EXPECT_LT(select_biased(std::span(cases)), 2U) << i;
  EXPECT_EQ(over, (std::vector<std::string>{"one whose name does not fit into a string",
                                            "another whose name does not fit into one"}));
}

TEST(select, a_handler_of_a_case_that_is_removed_may_throw) {
  std::vector<any_case<>> cases;
  const auto c = make_chan<int>(1);
  EXPECT_TRUE(c.push(1));
  cases.emplace_back(on_pop(c, [&, p = std::make_shared<int>(1)](std::optional<int>) {
    cases.clear();
    throw std::runtime_error(std::to_string(*p));
  }));
  EXPECT_THROW(select(std::span(cases)), std::runtime_error);
  EXPECT_TRUE(cases.empty());
}

TEST(select, of_several_deadlines_the_first_to_come_counts) {
  const auto c = make_chan<int>(0);
  EXPECT_EQ(select(after(1h), on_pop(c, ignore), after(1ms), until(std::chrono::steady_clock::now() + 1h)), 2U);
  EXPECT_EQ(select(until(std::chrono::steady_clock::now()), on_pop(c, ignore)), 0U);
  EXPECT_EQ(select(after(0s)), 0U) << "a select without channels is a sleep";
}

TEST(select, a_stop_ends_it_but_loses_to_what_is_ready) {
  const auto c = make_chan<int>(1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(select(on_pop(c, ignore), on_stop(stop.get_token())), 1U);
  EXPECT_TRUE(c.push(1));
  EXPECT_EQ(select(on_stop(stop.get_token()), on_pop(c, ignore)), 1U);
}

TEST(select, the_choice_among_ready_cases_is_uniform_and_the_biased_one_is_the_first) {
  constexpr std::size_t cases = 4;
  std::array<chan<int>, cases> c;
  for (auto& one : c) one = make_chan<int>(1), one.close();
  std::array<int, cases> times{};
  const int rounds = scaled(8'000);
  for (int i = 0; i != rounds; ++i)
    ++times[select(on_pop(c[0], ignore), on_pop(c[1], ignore), on_pop(c[2], ignore), on_pop(c[3], ignore))];
  // Each has p = 1/4; eight standard deviations is beyond chance.
  const double mean = rounds / 4.0;
  const double deviation = 8 * std::sqrt(rounds * 0.25 * 0.75);
  for (const int n : times) EXPECT_NEAR(n, mean, deviation);
  EXPECT_EQ(select_biased(on_pop(c[0], ignore), on_pop(c[1], ignore)), 0U);
}

// Threads that follow each other often get the same memory, and must not draw the same numbers for that.
TEST(select, the_first_choice_of_many_threads_is_uniform) {
  const auto one = make_chan<int>(1);
  const auto other = make_chan<int>(1);
  one.close(), other.close();
  std::array<int, 2> times{};
  const int threads = scaled(1'000);
  for (int i = 0; i != threads; ++i)
    std::thread([&] { ++times[select(on_pop(one, ignore), on_pop(other, ignore))]; }).join();
  EXPECT_NEAR(times[0], threads / 2.0, 8 * std::sqrt(threads * 0.25));
}

// A fast look at what is filled must not hide what is closed; and with many cases one is drawn before any look.
TEST(select, what_is_closed_is_chosen_beside_what_has_elements_whatever_the_number_of_cases) {
  const auto has = make_chan<int>(1);
  const auto closed = make_chan<int>(1);
  const auto none = make_chan<int>(1);
  closed.close();
  const auto p = [&](const chan<int>& c) { return on_pop(c, ignore); };
  std::array<int, 3> of_three{};
  std::array<int, 17> of_many{};
  const int rounds = scaled(2'000);
  for (int i = 0; i != rounds; ++i) {
    static_cast<void>(has.try_push(1));
    ++of_three[select(p(none), p(closed), p(has))];
    static_cast<void>(has.try_push(1));
    ++of_many[select(p(none), p(none), p(none), p(none), p(closed), p(none), p(none), p(none), p(none), p(none),
                     p(none), p(none), p(has), p(none), p(none), p(none), p(none))];
  }
  const double deviation = 8 * std::sqrt(rounds * 0.25);
  EXPECT_NEAR(of_three[1], rounds / 2.0, deviation);
  EXPECT_NEAR(of_three[2], rounds / 2.0, deviation);
  EXPECT_NEAR(of_many[4], rounds / 2.0, deviation);
  EXPECT_NEAR(of_many[12], rounds / 2.0, deviation);
}

TEST(select, a_deadline_beyond_the_clock_never_comes_or_has_come) {
  using hours = std::chrono::time_point<std::chrono::steady_clock, std::chrono::hours>;
  const auto never = make_chan<int>();
  EXPECT_EQ(select(on_pop(never, ignore), until(hours::max()), after(1ms)), 2U);
  EXPECT_EQ(select(on_pop(never, ignore), after(1h), until(hours::min())), 2U);
}
TEST(select, a_date_that_nanoseconds_do_not_hold_never_comes_or_has_come) {
  const auto date = [](int year) { return std::chrono::sys_days(std::chrono::year(year) / 1 / 1); };
  const auto never = make_chan<int>();
  for (const int year : {2263, 2300, 2317, 2400, 32767})
    EXPECT_EQ(select(on_pop(never, ignore), after(1ms), until(date(year))), 1U) << year;
  for (const int year : {1676, 1, -31770, -28779, -32767})
    EXPECT_EQ(select(on_pop(never, ignore), after(1h), until(date(year))), 2U) << year;
  const std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<double>> no_number(
      std::chrono::duration<double>(std::nan("")));
  EXPECT_EQ(select(on_pop(never, ignore), after(1h), until(no_number)), 2U);
}

TEST(select, waits_until_times_of_any_clock_and_is_not_early_on_it) {
  const auto never = make_chan<int>();
  std::vector<any_case<>> cases;
  cases.emplace_back(on_pop(never, ignore));
  const auto wall = std::chrono::system_clock::now() + 10ms;
  EXPECT_EQ(select(on_pop(never, ignore), after(1h), until(wall)), 2U);
  EXPECT_GE(std::chrono::system_clock::now(), wall);
  EXPECT_EQ(select(std::span(cases), until(wall)), 1U) << "has come";
  EXPECT_EQ(select(on_pop(never, ignore), until(std::chrono::steady_clock::now() + 0.001s)), 1U);
  EXPECT_EQ(select(after(1ms), until(std::chrono::system_clock::time_point::max())), 0U);
}

TEST(select, a_time_by_a_clock_that_is_set_back_is_waited_for_again) {
  struct here {};
  using clock = set_clock<here>;
  bool has_come = false;
  clock::says({{1h - 1ms}, {1h - 3ms}, {1h - 3ms}, {1h, [&] { has_come = true; }}});
  EXPECT_EQ(select(on_pop(make_chan<int>(), ignore), until(clock::time_point(1h)), after(1h)), 1U);
  EXPECT_TRUE(has_come) << "it was asked again, and waited for again";
  EXPECT_EQ(select(on_pop(make_chan<int>(), ignore), after(5ms), until(clock::time_point::max())), 1U);
}

TYPED_TEST(select_blocking, sleeps_until_one_of_its_cases_is_served) {
  for (const std::size_t capacity : {0U, 1U}) {
    for (int which = 0; which != 3; ++which) {
      TestFixture::platform::reset();
      const auto a = this->template make<int>(capacity);
      const auto b = this->template make<int>(capacity);
      const auto out = this->template make<int>(capacity);
      if (capacity != 0) {
        EXPECT_TRUE(out.push(0));
      }
      std::size_t fired = 9;
      int got = 0;
      const auto take = [&](std::optional<int> v) { got = v.value(); };
      std::thread selecting([&] { fired = select(on_pop(a, take), on_pop(b, take), on_push(out, 5)); });
      this->wait_for_sleepers(1);
      if (which == 0) {
        EXPECT_TRUE(a.push(10));
      }
      if (which == 1) {
        EXPECT_EQ(b.try_push(11), conqueue_status::success);
      }
      if (which == 2) {
        EXPECT_EQ(out.pop(), capacity == 0 ? 5 : 0);
      }
      selecting.join();
      EXPECT_EQ(fired, static_cast<std::size_t>(which));
      if (which != 2) {
        EXPECT_EQ(got, 10 + which);
      }
      // The others left no trace.
      const auto nobody_waits = capacity == 0 ? conqueue_status::full : conqueue_status::success;
      EXPECT_EQ(a.try_push(1), nobody_waits);
      EXPECT_EQ(b.try_push(1), nobody_waits);
      if (capacity == 0) {
        EXPECT_EQ(out.try_pop().error(), conqueue_status::empty);
      }
      if (capacity != 0) {
        EXPECT_EQ(out.try_pop().value(), which == 2 ? 5 : 0);
      }
    }
  }
}

TYPED_TEST(select_blocking, stands_in_line_with_plain_pops_first_come_first_served) {
  for (const std::size_t capacity : {0U, 1U}) {
    TestFixture::platform::reset();
    const auto c = this->template make<int>(capacity);
    const auto other = this->template make<int>(0);
    std::array<int, 3> got{};
    std::thread first([&] { got[0] = c.pop().value(); });
    this->wait_for_sleepers(1);
    std::thread second([&] { select(on_pop(other, ignore), on_pop(c, [&](auto v) { got[1] = *v; })); });
    this->wait_for_sleepers(2);
    std::thread third([&] { got[2] = c.pop().value(); });
    this->wait_for_sleepers(3);
    for (int i = 1; i != 4; ++i) EXPECT_TRUE(c.push(i));
    first.join(), second.join(), third.join();
    EXPECT_EQ(got, (std::array<int, 3>{1, 2, 3}));
  }
}

TYPED_TEST(select_blocking, a_close_fires_the_case_of_its_channel) {
  const auto a = this->template make<int>(0);
  const auto b = this->template make<int>(1);
  bool closed = false;
  std::thread selecting([&] {
    EXPECT_EQ(select(on_pop(a, ignore), on_pop(b, [&](std::optional<int> v) { closed = !v.has_value(); })), 1U);
  });
  this->wait_for_sleepers(1);
  b.close();
  selecting.join();
  EXPECT_TRUE(closed);
}

TYPED_TEST(select_blocking, meets_a_select_of_another_thread_but_not_itself) {
  const auto c = this->template make<int>(0);
  std::size_t fired = 9;
  std::thread selecting([&] { fired = select(on_push(c, 1), on_pop(c, ignore)); });
  this->wait_for_sleepers(1);
  int got = 0;
  EXPECT_EQ(select(on_pop(c, [&](auto v) { got = *v; }), otherwise()), 0U);
  selecting.join();
  EXPECT_EQ(fired, 0U);
  EXPECT_EQ(got, 1);
}

TYPED_TEST(select_blocking, handlers_run_with_nothing_locked) {
  const auto c = this->template make<int>(0);
  std::thread pusher([&] { EXPECT_TRUE(c.push(1)); });
  this->wait_for_sleepers(1);
  bool closed_inside = false;
  select(on_pop(c, [&](auto) { closed_inside = c.close(); }));
  EXPECT_TRUE(closed_inside);
  pusher.join();
}

// Two selects over two channels, named in opposite orders, as fast as they can.
TYPED_TEST(select_blocking, opposite_orders_lose_and_duplicate_nothing) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    const auto x = this->template make<int>(capacity);
    const auto y = this->template make<int>(capacity);
    const int rounds = scaled(3'000);
    std::atomic<int> balance{0};
    const auto play = [&](const auto& p, const auto& q) {
      for (int i = 0; i != rounds; ++i)
        select(on_push(p, 1, [&] { ++balance; }), on_pop(q, [&](std::optional<int> v) { balance -= v.value(); }));
    };
    std::thread one([&] { play(x, y); });
    std::thread two([&] { play(y, x); });
    one.join(), two.join();
    while (x.try_pop()) --balance;
    while (y.try_pop()) --balance;
    EXPECT_EQ(balance, 0) << "capacity " << capacity;
  }
}

TYPED_TEST(select_blocking, pushes_and_pops_of_many_selects_match) {
  for (const std::size_t capacity : {0U, 2U}) {
    const auto x = this->template make<int>(capacity);
    const auto y = this->template make<int>(capacity);
    const int each = scaled(2'000);
    std::atomic<long> sum{0};
    std::vector<std::thread> threads;
    for (int p = 0; p != 2; ++p)
      threads.emplace_back([&] {
        for (int i = 1; i <= each; ++i) select(on_push(x, i), on_push(y, int{i}));
      });
    for (int c = 0; c != 2; ++c)
      threads.emplace_back([&] {
        const auto take = [&](std::optional<int> v) { sum += v.value(); };
        for (int i = 0; i != each; ++i) select(on_pop(y, take), on_pop(x, take));
      });
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(sum, 2L * each * (each + 1) / 2);
  }
}

}  // namespace
}  // namespace sluice::test::select_test
