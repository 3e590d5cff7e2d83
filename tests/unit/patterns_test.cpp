// SPDX-License-Identifier: BSL-1.0
#include <sluice/patterns.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/scheduler.hpp>
#include <sluice/stage.hpp>
#include <sluice/task.hpp>

#include "../support/pattern_programs.hpp"

namespace sluice::test::patterns_test {
namespace {

using namespace pattern_programs;

TEST(generator, brings_a_list_a_range_and_a_view) {
  with_workers([] {
    EXPECT_EQ(all_of(p::generator({}, {1, 2, 3})), up_to(3));
    EXPECT_EQ(all_of(p::generator({}, up_to(5))), up_to(5));
    EXPECT_EQ(all_of(p::generator({}, std::views::iota(1, 6))), up_to(5));
    EXPECT_TRUE(all_of(p::generator({}, ints())).empty());
  });
}

TEST(generator, moves_out_of_what_it_keeps) {
  with_workers([] {
    std::vector<std::unique_ptr<int>> pointers;
    for (const int n : up_to(3)) pointers.push_back(std::make_unique<int>(n));
    const auto values =
        p::map({}, p::filter({}, p::generator({}, std::move(pointers)), [](auto& q) { return *q != 2; }),
               [](std::unique_ptr<int> q) { return *q; });
    EXPECT_EQ(all_of(values), (ints{1, 3}));
  });
}

TEST(repeat, goes_round_until_it_is_told_to_end) {
  with_workers([] {
    const auto [stop, done] = make_pipe<void>();
    EXPECT_EQ(all_of(p::take(done, p::repeat(done, {1, 2, 3}), 7)), (ints{1, 2, 3, 1, 2, 3, 1}));
  });
}

TEST(repeat, of_nothing_is_closed) {
  with_workers([] { EXPECT_FALSE(p::repeat({}, ints()).pop().has_value()); });
}

TEST(repeat_fn, asks_once_more_than_there_are_takers) {
  with_workers([] {
    std::atomic<int> asked{0};
    const auto done = make_chan<void>();
    const auto answers = p::repeat_fn(done, [&] { return ++asked; });
    EXPECT_EQ(all_of(p::take(done, answers, 5)), up_to(5));
    done.close();
    EXPECT_FALSE(answers.pop().has_value());
    EXPECT_LE(asked.load(), 6);
  });
}

TEST(take, takes_no_more_than_it_gives) {
  with_workers([] {
    const auto in = p::generator({}, up_to(5));
    EXPECT_TRUE(all_of(p::take({}, in, 0)).empty());
    EXPECT_EQ(all_of(p::take({}, in, 2)), (ints{1, 2}));
    EXPECT_EQ(all_of(p::take({}, in, 9)), (ints{3, 4, 5}));
  });
}

TEST(map, may_change_the_type) {
  with_workers([] {
    EXPECT_EQ(all_of(p::map({}, p::generator({}, {1, 2}), [](int n) { return n / 2.0; })), (std::vector{0.5, 1.0}));
    EXPECT_EQ(all_of(p::to<double>({}, p::generator({}, {1, 2}))), (std::vector{1.0, 2.0}));
  });
}

TEST(filter, keeps_what_it_is_asked_to_keep) {
  with_workers([] {
    EXPECT_EQ(all_of(p::filter({}, p::generator({}, up_to(6)), [](int n) { return n % 2 == 0; })), (ints{2, 4, 6}));
  });
}

TEST(batch, gives_the_rest_at_the_end) {
  with_workers([] {
    EXPECT_EQ(all_of(p::batch({}, p::generator({}, up_to(5)), 2)), (std::vector<ints>{{1, 2}, {3, 4}, {5}}));
    EXPECT_EQ(all_of(p::batch({}, p::generator({}, up_to(4)), 2)), (std::vector<ints>{{1, 2}, {3, 4}}));
  });
}

TEST(flatten, gives_the_elements_of_ranges_and_copies_those_of_views) {
  with_workers([] {
    EXPECT_EQ(all_of(p::flatten({}, p::generator({}, {ints{1, 2}, ints{}, ints{3}}))), up_to(3));
    const std::vector<std::string> words{"a word that is long enough to be allocated"};
    EXPECT_EQ(all_of(p::flatten({}, p::generator({}, {std::span(words)}))), words);
    EXPECT_EQ(words.front().size(), 42U);
  });
}

TEST(batch_stage, works_on_several_at_once_and_gives_them_one_by_one) {
  with_workers([] {
    std::vector<std::size_t> sizes;
    const auto twice = p::batch_stage(3, [&](ints some) {
      sizes.push_back(some.size());
      for (int& n : some) n *= 2;
      return some;
    });
    const auto one_more = p::stage([](int n) { return n + 1; });
    EXPECT_EQ(all_of(p::pipeline({}, p::generator({}, {1, 2, 3, 4}), twice, one_more)), (ints{3, 5, 7, 9}));
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 1}));
  });
}

TEST(pipeline, runs_its_stages_in_order) {
  with_workers([] {
    const auto twice = p::stage([](int n) { return n * 2; });
    const auto one_more = p::stage([](int n) { return n + 1; });
    EXPECT_EQ(all_of(p::pipeline({}, p::generator({}, {1, 2, 3, 4}), twice, one_more, twice)), (ints{6, 10, 14, 18}));
    EXPECT_EQ(all_of(p::pipeline({}, p::generator({}, {1, 2}))), (ints{1, 2}));
  });
}

TEST(fan_out, shares_the_work_between_stages_that_run_at_once) {
  with_workers([] {
    const auto met = make_chan<void>();  // half of the stages give, half take: nobody gets through alone
    std::atomic<int> next{0};
    const auto meet = p::stage([&](int n) {
      if (next++ % 2 == 0)
        met.push();
      else
        met.pop();
      return n;
    });
    const auto stages = p::fan_out({}, p::generator({}, up_to(20)), 4, meet);
    EXPECT_EQ(stages.size(), 4U);
    EXPECT_EQ(sorted(all_of(p::fan_in({}, stages))), up_to(20));
  });
}

TEST(fan_in, keeps_the_order_of_each_input) {
  with_workers([] {
    const auto tens = p::map({}, p::generator({}, up_to(9)), [](int n) { return 10 * n; });
    const ints got = all_of(p::fan_in({}, p::generator({}, up_to(9)), tens));
    ints small;
    ints large;
    for (const int n : got) (n < 10 ? small : large).push_back(n);
    EXPECT_EQ(small, up_to(9));
    EXPECT_TRUE(std::is_sorted(large.begin(), large.end()));
    EXPECT_EQ(large.size(), 9U);
    EXPECT_TRUE(all_of(p::fan_in({}, std::vector<receiver<int>>())).empty());
  });
}

TEST(fan_in, takes_inputs_that_come_while_it_runs) {
  with_workers([] {
    const auto inputs = make_chan<receiver<int>>();
    const auto out = p::fan_in({}, inputs);
    const auto first = make_chan<int>();
    const auto second = make_chan<int>();
    inputs.push(first);
    first.push(1);
    EXPECT_EQ(out.pop(), 1);
    inputs.push(second);
    second.push(2);
    EXPECT_EQ(out.pop(), 2);
    inputs.close();
    first.push(3);  // those that are there go on
    EXPECT_EQ(out.pop(), 3);
    for (const auto& c : {first, second}) c.close();
    EXPECT_FALSE(out.pop().has_value());
  });
}

TEST(worker_pool, whose_function_returns_nothing_closes_when_all_is_done) {
  with_workers([] {
    std::atomic<int> sum{0};
    EXPECT_FALSE(p::worker_pool({}, p::generator({}, up_to(10)), 4, [&](int n) { sum += n; }).pop().has_value());
    EXPECT_EQ(sum.load(), 55);
  });
}

TEST(or_channel, closes_with_the_first_of_any_number) {
  with_workers([] {
    for (const std::size_t n : {1U, 2U, 3U, 8U, 100U})
      for (const std::size_t which : {std::size_t{0}, n / 2, n - 1}) {
        std::vector<chan<void>> all;
        for (std::size_t i = 0; i != n; ++i) all.push_back(make_chan<void>());
        const auto any = p::or_channel(std::vector<receiver<void>>(all.begin(), all.end()));
        yield();
        EXPECT_FALSE(any.is_closed());
        all[which].close();
        EXPECT_FALSE(any.pop().has_value());
      }
    const auto one = make_chan<void>();
    const auto two = make_chan<void>();
    const auto any = p::or_channel(one, p::or_channel(two, receiver<void>()));
    two.close();
    EXPECT_FALSE(any.pop().has_value());
  });
}

TEST(or_channel, of_one_is_that_one_and_of_none_never_closes) {
  const auto one = make_chan<void>();
  EXPECT_TRUE(p::or_channel(one) == one);
  EXPECT_FALSE(p::or_channel());
}

TEST(tee, waits_with_the_next_until_both_have_it) {
  with_workers([] {
    const auto done = make_chan<void>();
    auto [one, other] = p::tee(done, p::generator(done, up_to(3)));
    EXPECT_EQ(one.pop(), 1);
    for (int i = 0; i != 10; ++i) yield();
    EXPECT_FALSE(one.try_pop().has_value());
    EXPECT_EQ(other.pop(), 1);
    EXPECT_EQ(other.pop(), 2);  // in either order
    EXPECT_EQ(one.pop(), 2);
    done.close();
    while (one.pop() || other.pop()) {
    }
    EXPECT_TRUE(one.is_closed() && other.is_closed());
  });
}

TEST(bridge, goes_through_the_streams_in_order) {
  with_workers([] {
    std::vector<receiver<int>> streams;
    for (const int n : up_to(10)) streams.push_back(p::generator({}, {2 * n - 1, 2 * n}));
    EXPECT_EQ(all_of(p::bridge({}, p::generator({}, std::move(streams)))), up_to(20));
  });
}

TEST(chan_owner, closes_with_the_last_outlet) {
  with_workers([] {
    const auto gate = make_chan<void>();
    const auto out = p::chan_owner<int>({}, [gate](const p::outlet<int>& mine) {
      go([mine, gate] { gate.pop(), mine.push(2); });
      mine.push(1);
    });
    EXPECT_EQ(out.pop(), 1);
    for (int i = 0; i != 10; ++i) yield();
    EXPECT_FALSE(out.is_closed());
    gate.close();
    EXPECT_EQ(out.pop(), 2);
    EXPECT_FALSE(out.pop().has_value());
  });
}

TEST(chan_owner, closes_also_where_its_function_throws) {
  std::atomic<int> caught{0};
  scheduler s({.workers = 1, .only_tasks = true, .on_exception = [&](auto&&...) { ++caught; }});
  s.run([] {
    const auto out = p::chan_owner<int>({}, [](const auto& mine) {
      mine.push(1);
      throw std::runtime_error("no more");
    });
    EXPECT_EQ(all_of(out), ints{1});
  });
  s.join();
  EXPECT_EQ(caught.load(), 1);
}

TEST(patterns, say_what_cannot_be) {
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "none";
  };
  const receiver<int> in;
  EXPECT_EQ(message([&] { p::worker_pool({}, in, -1, same); }),
            "sluice::patterns::worker_pool: -1 workers, but there has to be one at least");
  EXPECT_NE(message([&] { p::fan_out({}, in, 0, p::stage(same)); }).find("fan_out: 0 stages"), std::string::npos);
  EXPECT_NE(message([&] { p::batch({}, in, 0); }).find("batch: 0 elements"), std::string::npos);
}

TEST(patterns, stand_in_a_deadlock_report_by_their_names) {
  scheduler s({.workers = 1, .only_tasks = true, .on_leak = [](auto&&...) {}});
  std::string what;
  try {
    s.run([] { p::map({}, receiver<int>(), same).pop(); });
  } catch (const deadlock_error& e) {
    what = e.what();
  }
  EXPECT_NE(what.find("'map'"), std::string::npos) << what;
}

}  // namespace
}  // namespace sluice::test::patterns_test
