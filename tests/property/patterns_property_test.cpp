// SPDX-License-Identifier: BSL-1.0
// Patterns, and chains of them that are drawn at random: nothing is lost while somebody reads, nothing is left when nobody does, and each output closes
// once. Queueing figures keep Little's law, and a rate limiter gives each turn as early as its tiers allow, and not earlier.
#include <sluice/patterns.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ostream>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/queue_stage.hpp>
#include <sluice/rate_limiter.hpp>
#include <sluice/scheduler.hpp>

#include "../support/manual_clock.hpp"
#include "../support/pattern_subjects.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::patterns_property_test {
namespace {

using namespace pattern_subjects;

void for_each_subject(const std::function<void(const subject&)>& check) {
  for (const subject& s : subjects()) {
    SCOPED_TRACE(s.name);
    with_workers([&] { check(s); });
  }
}

constexpr int many = 40;

TEST(patterns, lose_and_double_nothing_while_somebody_reads) {
  for_each_subject([](const subject& s) {
    const auto [stop, done] = make_pipe<void>();
    ints expected;
    for (int i = 0; i != s.times; ++i) std::ranges::copy(up_to(many), std::back_inserter(expected));
    const ints got = all_of(s.apply(done, p::generator(done, up_to(many))));
    EXPECT_EQ(s.in_order ? got : sorted(got), sorted(expected));
  });
}

TEST(patterns, close_their_output_when_the_input_has_closed) {
  for_each_subject([](const subject& s) {
    const auto none = make_chan<int>(0);
    none.close();
    const auto out = s.apply({}, none);
    EXPECT_FALSE(out.pop().has_value());
    EXPECT_TRUE(out.is_closed());
  });
}

TEST(patterns, leave_no_task_when_the_consumer_stops_early) {
  for_each_subject([](const subject& s) {
    for (const int enough : {0, 1, 2, 7}) {
      const auto done = make_chan<void>();
      const auto out = s.apply(done, p::repeat(done, {1, 2, 3}));
      for (int i = 0; i != enough; ++i) EXPECT_TRUE(out.pop().has_value());
      done.close();
      while (out.pop()) {  // what was on its way
      }
      EXPECT_TRUE(out.is_closed());
    }
  });
}

TEST(patterns, leave_no_task_when_nobody_reads_on_after_done) {
  for_each_subject([](const subject& s) {
    const auto done = make_chan<void>();
    const auto out = s.apply(done, p::repeat(done, {1}));
    out.pop();
    done.close();
  });
}

TEST(patterns, end_while_their_input_brings_nothing) {
  for_each_subject([](const subject& s) {
    const auto done = make_chan<void>();
    const auto out = s.apply(done, receiver<int>());
    yield();
    done.close();
    EXPECT_FALSE(out.pop().has_value());
  });
}

TEST(patterns, begin_nothing_once_done_is_closed) {
  for_each_subject([](const subject& s) {
    const auto done = make_chan<void>();
    done.close();
    const auto in = make_chan<int>(3);
    for (const int n : {1, 2, 3}) in.push(n);
    EXPECT_FALSE(s.apply(done, in).pop().has_value());
    EXPECT_EQ(in.size(), 3U);
  });
}

TEST(patterns, need_no_done_where_all_is_read) {
  for_each_subject([](const subject& s) {
    EXPECT_EQ(all_of(s.apply({}, p::generator({}, up_to(9)))).size(),
              std::size_t{9} * static_cast<std::size_t>(s.times));
  });
}

// Chains of them.
struct plan {
  int workers;
  std::vector<std::size_t> stages;  // numbers of subjects
  int elements;
  std::size_t enough;  // after so many the consumer stops

  friend void showValue(const plan& q, std::ostream& out) {
    out << q.workers << " workers, " << q.elements << " elements,";
    for (const std::size_t s : q.stages) out << ' ' << subjects()[s].name;
    out << ", enough: " << q.enough;
  }
};

rc::Gen<plan> plans() {
  return rc::gen::exec([] {
    plan q{*rc::gen::element(1, 2, 5), {}, *rc::gen::inRange(0, 40), *rc::gen::inRange<std::size_t>(0, 50)};
    const int stages = *rc::gen::inRange(0, 5);
    for (int i = 0; i != stages; ++i)
      q.stages.push_back(*rc::gen::resize(100, rc::gen::inRange<std::size_t>(0, subjects().size())));
    return q;
  });
}

// What the consumer got before it stopped; throws deadlock_error if a task is left.
template <class Consume>
void run(const plan& q, const Consume& consume) {
  const auto all = subjects();
  scheduler s({.workers = q.workers, .only_tasks = true});
  s.run([&] {
    const auto done = make_chan<void>();
    receiver<int> out = p::generator(done, up_to(q.elements));
    for (const std::size_t stage : q.stages) out = all[stage].apply(done, out);
    consume(out, done);
  });
  s.join();
}

TEST(patterns_property, chains_lose_and_double_nothing_while_somebody_reads) {
  EXPECT_TRUE(holds(scaled(150), [] {
    const plan q = *plans();
    ints got;
    bool closed = false;
    run(q, [&](const receiver<int>& out, const chan<void>&) {
      got = all_of(out);
      closed = out.is_closed() && !out.try_pop();
    });
    RC_ASSERT(closed);
    ints expected = up_to(q.elements);
    bool in_order = true;
    for (const std::size_t stage : q.stages) {
      const ints once = expected;
      for (int i = 1; i != subjects()[stage].times; ++i) expected.insert(expected.end(), once.begin(), once.end());
      in_order = in_order && subjects()[stage].in_order;
    }
    RC_ASSERT((in_order ? got : sorted(got)) == sorted(expected));
  }));
}

TEST(patterns_property, chains_leave_nothing_when_the_consumer_stops_early) {
  EXPECT_TRUE(holds(scaled(150), [] {
    const plan q = *plans();
    bool closed = false;
    ints got;
    run(q, [&](const receiver<int>& out, const chan<void>& done) {
      while (got.size() != q.enough)
        if (const auto v = out.pop())
          got.push_back(*v);
        else
          break;
      done.close();
      while (out.pop()) {  // what was on its way
      }
      closed = out.is_closed();
    });
    RC_ASSERT(closed);
    for (const int n : got) RC_ASSERT(n >= 1 && n <= q.elements);
  }));
}

// Gaps between arrivals and between departures, in nanoseconds.
TEST(patterns_property, queueing_figures_keep_littles_law) {
  EXPECT_TRUE(holds(scaled(100), [] {
    const auto gaps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 1'000), rc::gen::inRange(0, 1'000)));
    const auto capacity = *rc::gen::inRange<std::size_t>(1, 10);
    const manual_clock clock;
    const queue_gauge<manual_clock> gauge(clock);
    scheduler s({.workers = *rc::gen::element(1, 3), .only_tasks = true});
    s.run([&] {
      const auto arrivals = p::chan_owner<int>({}, [&](const auto& out) {
        for (const auto& gap : gaps) {
          clock.advance(std::chrono::nanoseconds(gap.first));
          out.push(0);
        }
      });
      const auto out = p::queue({}, arrivals, capacity, gauge);
      for (std::size_t i = 0; out.pop(); ++i) clock.advance(std::chrono::nanoseconds(gaps[i].second));
    });
    s.join();
    const queue_figures f = gauge.figures();
    RC_ASSERT(f.arrived == gaps.size());
    RC_ASSERT(f.inside() == 0U);
    RC_ASSERT(f.mean_number() <= static_cast<double>(capacity));
    const double by_law = f.arrivals_per_second() * f.mean_time().count();
    RC_ASSERT(std::abs(f.mean_number() - by_law) <= 1e-9 * std::max(1.0, by_law));
  }));
}

// The figures themselves, against what comes and goes in any order, added up nanosecond by nanosecond.
TEST(patterns_property, queueing_figures_are_those_of_a_count_at_each_moment) {
  EXPECT_TRUE(holds(scaled(200), [] {
    const auto stays = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 50), rc::gen::inRange(0, 50)));  // from, how long
    const manual_clock clock;
    const queue_gauge<manual_clock> gauge(clock);
    std::vector<clock_time> since(stays.size());
    std::int64_t number_by_time = 0;
    std::int64_t time = 0;
    for (int now = 0; now != 100; ++now) {
      for (std::size_t i = 0; i != stays.size(); ++i) {
        const auto [from, how_long] = stays[i];
        if (from == now) since[i] = gauge.enter();
        if (from + how_long == now) gauge.leave(since[i]);
        number_by_time += from <= now && now < from + how_long;
        time += from == now ? how_long : 0;
      }
      clock.advance(std::chrono::nanoseconds(1));
    }
    const queue_figures f = gauge.figures();
    RC_ASSERT(f.left == stays.size());
    RC_ASSERT(std::llround(f.number_by_time.count() * 1e9) == number_by_time);
    RC_ASSERT(std::llround(f.time_of_those_that_left.count() * 1e9) == time);
    RC_ASSERT(std::llround(f.observed.count() * 1e9) == 100);
  }));
}

struct tier {
  int every;
  int burst;
};
struct passed {
  std::int64_t at;
  std::int64_t n;
};

// Whether in every span of time that ends with the last of these there are no more than burst + t / every, of a tier that began full.
bool within_the_rate(const tier& t, const std::vector<passed>& all) {
  std::int64_t sum = 0;
  for (std::size_t i = all.size(); i-- != 0;) {
    sum += all[i].n;
    if ((sum - t.burst) * t.every > all.back().at - all[i].at) return false;
  }
  return true;
}

TEST(patterns_property, a_rate_limiter_gives_each_turn_as_early_as_its_tiers_allow) {
  EXPECT_TRUE(holds(scaled(200), [] {
    const auto drawn =
        *rc::gen::nonEmpty(rc::gen::resize(3, rc::gen::container<std::vector<std::pair<int, int>>>(
                                                  rc::gen::pair(rc::gen::inRange(1, 20), rc::gen::inRange(1, 6)))));
    std::vector<tier> tiers;
    std::vector<token_bucket> buckets;
    std::int64_t most = 6;
    for (const auto& [every, burst] : drawn) {
      tiers.push_back({every, burst});
      buckets.emplace_back(std::chrono::nanoseconds(every), burst);
      most = std::min<std::int64_t>(most, burst);
    }
    const manual_clock clock;
    const basic_rate_limiter limit(std::move(buckets), clock);
    std::vector<passed> turns;
    const auto requests = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 30), rc::gen::inRange(0, 6)));
    for (const auto& [gap, wish] : requests) {
      clock.advance(std::chrono::nanoseconds(gap));
      turns.push_back({clock.now().time_since_epoch().count(), 1 + wish % most});
      if (turns.size() > 1) turns.back().at = std::max(turns.back().at, turns[turns.size() - 2].at);
      const auto allowed = [&](const tier& t) { return within_the_rate(t, turns); };
      while (!std::ranges::all_of(tiers, allowed)) ++turns.back().at;
      RC_ASSERT(limit.reserve(turns.back().n).at.time_since_epoch().count() == turns.back().at);
    }
  }));
}

}  // namespace
}  // namespace sluice::test::patterns_property_test
