// SPDX-License-Identifier: BSL-1.0
// Where the first push of a channel without a buffer waits with its element; and that elements that do not wait there go all the same.
#include <sluice/chan.hpp>
#include <sluice/detail/chan_seat.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::chan_offer_test {
namespace {

using namespace std::chrono_literals;
using detail::may_be_offered;

struct only_moved {
  only_moved(only_moved&&) = default;
  only_moved(const only_moved&) = delete;
};
static_assert(may_be_offered<int> && may_be_offered<void*> && may_be_offered<unit>);
static_assert(!may_be_offered<std::unique_ptr<int>> && !may_be_offered<std::string> && !may_be_offered<only_moved>);

TEST(chan_offer, is_taken_once_and_the_seat_is_vacant_when_who_sat_says_so) {
  detail::chan_seat<std_platform> seat;
  EXPECT_FALSE(seat.is_offered() || seat.offers());
  seat.offer();
  EXPECT_TRUE(seat.is_offered() && seat.offers() && !seat.is_vacant());
  EXPECT_FALSE(seat.seems_open() || seat.claim() || seat.leave());
  EXPECT_FALSE(seat.take().has_value()) << "nobody sleeps";
  EXPECT_FALSE(seat.is_offered() || seat.offers() || seat.is_vacant());
  EXPECT_EQ(seat.wait({}), wait_result::woken);
  EXPECT_TRUE(seat.was_served());
  seat.vacate();
  EXPECT_TRUE(seat.is_vacant());
}

TEST(chan_offer, who_withdraws_leaves_the_seat_vacant_and_who_is_refused_was_not_taken_from) {
  detail::chan_seat<std_platform> seat;
  seat.offer();
  EXPECT_EQ(seat.wait({std_platform::now(), {}}), wait_result::timed_out);
  seat.withdraw();
  EXPECT_TRUE(seat.is_vacant() && !seat.offers());
  seat.offer();
  seat.refuse();
  EXPECT_EQ(seat.wait({}), wait_result::woken);
  EXPECT_FALSE(seat.was_served());
}

using watched = observed_platform<std_platform>;

TEST(chan_offer, a_close_refuses_who_sleeps_there) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  std::thread pusher([&] { EXPECT_FALSE(c.push(1)); });
  watched::wait_for_sleepers(1);
  EXPECT_TRUE(c.close());
  pusher.join();
  EXPECT_EQ(c.pop(), std::nullopt);
}

TEST(chan_offer, who_sleeps_there_is_taken_from_before_who_stands_in_line) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  std::vector<std::thread> pushers;
  for (std::size_t i = 0; i != 3; ++i) {
    pushers.emplace_back([&, i] { EXPECT_TRUE(c.push(static_cast<int>(i) + 1)); });
    watched::wait_for_sleepers(i + 1);
  }
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(c.try_pop().value(), i);
  for (auto& t : pushers) t.join();
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
}

TEST(chan_offer, who_gives_up_in_line_hides_nobody_who_sits) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  std::thread sits([&] { EXPECT_TRUE(c.push(7)); });
  watched::wait_for_sleepers(1);
  EXPECT_EQ(c.push_for(8, 1us), wait_status::timed_out);
  EXPECT_EQ(c.try_pop().value(), 7);
  sits.join();
}

TEST(chan_offer, who_gives_it_up_has_moved_nothing_and_leaves_it_to_the_next_one) {
  const auto c = make_chan<int>();
  EXPECT_EQ(c.push_for(1, 1us), wait_status::timed_out);
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
  std::thread sits([&] { EXPECT_TRUE(c.push(2)); });
  EXPECT_EQ(c.pop(), 2);
  sits.join();
}

TEST(chan_offer, selects_of_every_kind_take_from_who_sleeps_there) {
  watched::reset();
  const auto c = make_chan<int, watched>();
  const auto idle = make_chan<int, watched>();
  int got = 0;
  const auto take = [&](std::optional<int> v) { got = v.value_or(-1); };
  const auto nothing = [](auto) { FAIL() << "nobody pushes there"; };
  for (int round = 1; round <= 4; ++round) {
    std::thread sits([&] { EXPECT_TRUE(c.push(round)); });
    watched::wait_for_sleepers(1);
    if (round == 1) {
      EXPECT_EQ(select(on_pop(idle, nothing), on_pop(c, take)), 1U);
    } else if (round == 2) {
      EXPECT_EQ(select(on_pop(idle, nothing), on_pop(c, take), otherwise()), 1U);
    } else if (round == 3) {
      any_case<watched> cases[] = {on_pop(idle, nothing), on_pop(c, take)};
      EXPECT_EQ(select(std::span(cases)), 1U);
    } else {
      EXPECT_EQ(select(on_push(c, 9), on_pop(c, take)), 1U) << "a select does not meet itself";
    }
    sits.join();
    EXPECT_EQ(got, round);
    watched::reset();
  }
  EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
  EXPECT_EQ(c.try_push(1), conqueue_status::full);
}

// Pushes that wait for no time or for a short one, plain ones, and selects, all beside each other, of elements that may wait at the seat.
TEST(chan_offer, each_element_that_went_arrives_once_where_pushes_come_and_go) {
  const auto c = make_chan<int>();
  const int each = scaled(2'000);
  std::vector<std::vector<int>> went(4);
  std::vector<int> got;
  const auto push_all = [&](std::size_t p, auto push) {
    for (int i = 0; i != each; ++i)
      if (const int v = static_cast<int>(p) * each + i; push(v)) went[p].push_back(v);
  };
  std::thread plain([&] { push_all(0, [&](int v) { return c.push(v); }); });
  std::thread hasty([&] { push_all(1, [&](int v) { return c.push_for(v, 0us) == wait_status::success; }); });
  std::thread patient([&] { push_all(2, [&](int v) { return c.push_for(v, 20us) == wait_status::success; }); });
  std::thread selecting([&] { push_all(3, [&](int v) { return select(on_push(c, v), after(30us)) == 0; }); });
  std::thread popping([&] {
    bool open = true;
    while (open) {
      if (const auto v = c.try_pop()) got.push_back(*v);
      select(on_pop(c, [&](std::optional<int> v) {
        open = v.has_value();
        if (open) got.push_back(*v);
      }));
    }
  });
  for (std::thread* t : {&plain, &hasty, &patient, &selecting}) t->join();
  c.close();
  popping.join();
  std::vector<int> times(static_cast<std::size_t>(4 * each), 0);
  for (const auto& g : went)
    for (const int v : g) ++times[static_cast<std::size_t>(v)];
  for (const int v : got) --times[static_cast<std::size_t>(v)];
  EXPECT_EQ(times, std::vector<int>(static_cast<std::size_t>(4 * each), 0));
  EXPECT_EQ(went[0].size(), static_cast<std::size_t>(each)) << "who waits without a limit is served";
}

}  // namespace
}  // namespace sluice::test::chan_offer_test
