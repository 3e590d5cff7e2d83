// SPDX-License-Identifier: BSL-1.0
// A scheduler's tasks, counted in an order that is not the shipped one: each time who adds up is told what never was:
// that more are over than began, or that none is live, so that it reads what one of them is about to write.
#include <gtest/gtest.h>

#include <cstdint>

#include <kit/explore.hpp>
#include <task_tally/task_tally_clients.hpp>

namespace explore_task_tally_test {
namespace {

using namespace sluice::explore;
using sluice::models::counted_as_it_is;
using sluice::models::task_tally_clients;

struct asks_first_who_began : counted_as_it_is {
  template <class Each>
  static std::uint64_t live(Each each) {
    std::uint64_t live = 0;
    each([&live](const auto& tally) { live += tally.began(); });
    each([&live](const auto& tally) { live -= tally.over(); });
    return live;
  }
};
struct asks_one_place_after_the_other : counted_as_it_is {
  template <class Each>
  static std::uint64_t live(Each each) {
    std::uint64_t live = 0;
    each([&live](const auto& tally) {
      live -= tally.over();
      live += tally.began();
    });
    return live;
  }
};
struct is_over_before_it_goes_on : counted_as_it_is {
  template <class Tally>
  static void goes_on(Tally& worker, Tally& coroutines) {
    coroutines.one_is_over();
    worker.own_begins();
  }
};

template <template <class> class Client>
void fails(violation how) {
  const report r = check<Client>();
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
}

template <class Engine>
using first_begins_another = typename task_tally_clients<Engine, asks_first_who_began>::begins_another;
template <class Engine>
using first_begins_one_elsewhere = typename task_tally_clients<Engine, asks_first_who_began>::begins_one_elsewhere;
template <class Engine>
using first_begun_from_outside = typename task_tally_clients<Engine, asks_first_who_began>::begun_from_outside;
TEST(wrong_task_tally, who_asks_first_for_those_that_began_finds_more_over_than_that) {
  fails<first_begins_another>(violation::requirement);
  fails<first_begins_one_elsewhere>(violation::requirement);
  fails<first_begun_from_outside>(violation::requirement);
}

template <class Engine>
using each_begins_one_elsewhere =
    typename task_tally_clients<Engine, asks_one_place_after_the_other>::begins_one_elsewhere;
template <class Engine>
using each_coroutine = typename task_tally_clients<Engine, asks_one_place_after_the_other>::a_coroutine_waits;
TEST(wrong_task_tally, who_asks_one_place_after_the_other_misses_what_went_on_to_one_that_was_asked_already) {
  fails<each_begins_one_elsewhere>(violation::data_race);
  fails<each_coroutine>(violation::data_race);
}

template <class Engine>
using early_coroutine = typename task_tally_clients<Engine, is_over_before_it_goes_on>::a_coroutine_waits;
TEST(wrong_task_tally, a_coroutine_that_is_over_before_it_goes_on_is_not_there_for_a_moment) {
  fails<early_coroutine>(violation::data_race);
}

}  // namespace
}  // namespace explore_task_tally_test
