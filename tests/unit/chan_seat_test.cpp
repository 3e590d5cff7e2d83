// SPDX-License-Identifier: BSL-1.0
// Where the first pop of a channel without a buffer waits; and that elements for which there is no room there are served all the same.
#include <sluice/chan.hpp>
#include <sluice/detail/chan_seat.hpp>
#include <sluice/select.hpp>
#include <sluice/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::chan_seat_test {
namespace {

using namespace std::chrono_literals;
using detail::has_seat;

struct alignas(64) over_aligned {
  int v = 0;
};
static_assert(has_seat<int> && has_seat<std::unique_ptr<int>> && has_seat<std::shared_ptr<int>> && has_seat<unit>);
static_assert(!has_seat<std::string> && !has_seat<std::array<char, 17>> && !has_seat<over_aligned>);

template <class T>
struct core_of : detail::chan_core<T, std_platform> {
  core_of() : detail::chan_core<T, std_platform>({0, false}, detail::first_lap{}) {}
  bool is_on_one_line() const {
    return line_of(&this->lock_, 0) == line_of(&this->seat_cell_, sizeof this->seat_cell_ - 1) &&
           line_of(&this->senders_, 0) == line_of(&this->receivers_, sizeof(void*));
  }
  static std::uintptr_t line_of(const void* p, std::size_t within) {
    return (reinterpret_cast<std::uintptr_t>(p) + within) / detail::cache_line;
  }
};

TEST(chan_seat, lies_with_its_element_on_the_line_of_the_lock) {
  struct alignas(16) aligned {
    char c[16];
  };
  EXPECT_TRUE(std::make_unique<core_of<unit>>()->is_on_one_line());
  EXPECT_TRUE(std::make_unique<core_of<char>>()->is_on_one_line());
  EXPECT_TRUE(std::make_unique<core_of<std::uint64_t>>()->is_on_one_line());
  EXPECT_TRUE(std::make_unique<core_of<std::shared_ptr<int>>>()->is_on_one_line());
  EXPECT_TRUE(std::make_unique<core_of<aligned>>()->is_on_one_line());
}

TEST(chan_seat, is_claimed_once_and_vacant_when_who_sat_says_so) {
  detail::chan_seat<std_platform> seat;
  EXPECT_TRUE(seat.is_vacant());
  EXPECT_FALSE(seat.claim());
  seat.sit();
  EXPECT_TRUE(!seat.is_vacant() && seat.seems_open());
  EXPECT_TRUE(seat.claim());
  EXPECT_TRUE(!seat.claim() && !seat.leave() && !seat.seems_open());
  seat.serve();
  EXPECT_EQ(seat.wait({}), wait_result::woken);
  EXPECT_TRUE(seat.was_served() && !seat.is_vacant());
  seat.vacate();
  EXPECT_TRUE(seat.is_vacant());
}

TEST(chan_seat, who_leaves_is_not_claimed_and_who_is_refused_was_not_served) {
  detail::chan_seat<std_platform> seat;
  seat.sit();
  EXPECT_EQ(seat.wait({std_platform::now(), {}}), wait_result::timed_out);
  EXPECT_TRUE(seat.leave() && seat.is_vacant());
  EXPECT_FALSE(seat.claim());
  seat.sit();
  EXPECT_TRUE(seat.claim());
  seat.refuse();
  EXPECT_EQ(seat.wait({}), wait_result::woken);
  EXPECT_FALSE(seat.was_served());
}

// Makes an element, and the number that it was made of.
template <class T>
struct element {
  static T of(int i) { return T{i}; }
  static int number(const T& t) { return t.v; }
};
template <>
struct element<int> {
  static int of(int i) { return i; }
  static int number(int i) { return i; }
};
template <>
struct element<std::unique_ptr<int>> {
  static std::unique_ptr<int> of(int i) { return std::make_unique<int>(i); }
  static int number(const std::unique_ptr<int>& p) { return *p; }
};
template <>
struct element<std::string> {
  static std::string of(int i) { return std::string(40, 'x') + std::to_string(i); }
  static int number(const std::string& s) { return std::stoi(s.substr(40)); }
};

template <class T>
class chan_of : public testing::Test {};
using elements = testing::Types<int, std::unique_ptr<int>, std::string, over_aligned>;
TYPED_TEST_SUITE(chan_of, elements);

TYPED_TEST(chan_of, any_size_goes_to_and_fro_without_a_buffer) {
  using e = element<TypeParam>;
  const auto there = make_chan<TypeParam>();
  const auto back = make_chan<TypeParam>();
  std::thread echo([&] {
    for (auto& v : receiver<TypeParam>(there)) back.push(std::move(v));
    back.close();
  });
  for (int i = 0; i != scaled(3'000); ++i) {
    ASSERT_TRUE(there.push(e::of(i)));
    const auto v = back.pop();
    ASSERT_TRUE(v.has_value() && e::number(*v) == i);
  }
  there.close();
  EXPECT_FALSE(back.pop().has_value());
  echo.join();
}

// Pops that wait for no time or for a short one, plain ones, and selects, all beside each other.
TYPED_TEST(chan_of, any_size_arrives_once_where_pops_come_and_go) {
  using e = element<TypeParam>;
  const auto c = make_chan<TypeParam>();
  const int each = scaled(1'500);
  std::vector<std::vector<int>> got(4);
  const auto note = [&](std::size_t i, const TypeParam& v) { got[i].push_back(e::number(v)); };
  const auto until_closed = [&](std::size_t i, auto pop) {
    for (;;) {
      auto v = pop();
      if (v)
        note(i, *v);
      else if (v.error() == wait_status::closed)
        return;
    }
  };
  std::thread plain([&] {
    for (auto& v : receiver<TypeParam>(c)) note(0, v);
  });
  std::thread hasty([&] { until_closed(1, [&] { return c.pop_for(0us); }); });
  std::thread patient([&] { until_closed(2, [&] { return c.pop_for(20us); }); });
  std::thread selecting([&] {
    bool open = true;
    while (open)
      select(on_pop(c,
                    [&](std::optional<TypeParam> v) {
                      open = v.has_value();
                      if (open) note(3, *v);
                    }),
             after(30us));
  });
  const auto push_all = [&](int p) {
    for (int i = 0; i != each; ++i) ASSERT_TRUE(c.push(e::of(p * each + i)));
  };
  std::thread pushing([&] { push_all(0); });
  push_all(1);
  pushing.join();
  c.close();
  for (std::thread* t : {&plain, &hasty, &patient, &selecting}) t->join();
  std::vector<int> times(static_cast<std::size_t>(2 * each), 0);
  for (const auto& g : got)
    for (const int v : g) ++times[static_cast<std::size_t>(v)];
  EXPECT_EQ(times, std::vector<int>(static_cast<std::size_t>(2 * each), 1));
}

TYPED_TEST(chan_of, a_thread_and_a_task_meet_in_both_directions) {
  using e = element<TypeParam>;
  scheduler s({.workers = 1});
  const auto there = make_chan<TypeParam>();
  const auto back = make_chan<TypeParam>();
  s.run([&] {
    go([there, back] {
      for (auto& v : receiver<TypeParam>(there)) back.push(std::move(v));
    });
  });
  for (int i = 0; i != scaled(500); ++i) {
    ASSERT_TRUE(there.push(e::of(i)));
    const auto v = back.pop();
    ASSERT_TRUE(v.has_value() && e::number(*v) == i);
  }
  there.close();
  s.join();
}

using watched = observed_platform<std_platform>;

TEST(chan_seat, a_close_wakes_who_sleeps_there) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  std::thread popper([&] { EXPECT_EQ(c.pop(), std::nullopt); });
  watched::wait_for_sleepers(1);
  EXPECT_TRUE(c.close());
  popper.join();
}

TEST(chan_seat, who_sleeps_there_is_served_before_who_stands_in_line) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  int got[3] = {};
  std::vector<std::thread> poppers;
  for (std::size_t i = 0; i != 3; ++i) {
    poppers.emplace_back([&, i] { got[i] = c.pop().value_or(0); });
    watched::wait_for_sleepers(i + 1);
  }
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(c.try_push(i), conqueue_status::success);
  for (auto& t : poppers) t.join();
  EXPECT_TRUE(got[0] == 1 && got[1] == 2 && got[2] == 3) << got[0] << got[1] << got[2];
  EXPECT_EQ(c.try_push(4), conqueue_status::full);
}

TEST(chan_seat, who_gives_up_in_line_hides_nobody_who_sits) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  std::optional<int> got;
  std::thread sits([&] { got = c.pop(); });
  watched::wait_for_sleepers(1);
  EXPECT_EQ(c.pop_for(1us).error(), wait_status::timed_out);
  EXPECT_EQ(c.try_push(7), conqueue_status::success);
  sits.join();
  EXPECT_EQ(got, 7);
}

TEST(chan_seat, who_gives_it_up_leaves_it_to_the_next_one) {
  const auto c = make_chan<int>();
  EXPECT_EQ(c.pop_for(1us).error(), wait_status::timed_out);
  EXPECT_EQ(c.try_push(1), conqueue_status::full);
  std::optional<int> got;
  std::thread sits([&] { got = c.pop(); });
  EXPECT_TRUE(c.push(2));
  sits.join();
  EXPECT_EQ(got, 2);
}

}  // namespace
}  // namespace sluice::test::chan_seat_test
