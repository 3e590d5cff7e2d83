// SPDX-License-Identifier: BSL-1.0
#include <sluice/heartbeat.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/patterns.hpp>

#include "../support/pattern_programs.hpp"

namespace sluice::test::heartbeat_test {
namespace {

using namespace pattern_programs;

TEST(heartbeat, beats_at_the_start_of_each_unit_of_work) {
  with_workers([] {
    const auto in = make_chan<int>();
    const auto [out, pulse] = p::heartbeat({}, in, same);
    for (const int n : up_to(5)) {
      EXPECT_FALSE(pulse.try_pop().has_value());
      in.push(n);
      EXPECT_TRUE(pulse.pop().has_value());  // before the answer is taken
      EXPECT_EQ(out.pop(), n);
    }
    in.close();
    EXPECT_FALSE(out.pop().has_value());
    EXPECT_FALSE(pulse.pop().has_value());
  });
}

TEST(heartbeat, waits_for_nobody_who_listens) {
  with_workers([] {
    const auto [out, pulse] = p::heartbeat({}, p::generator({}, up_to(20)), same);
    EXPECT_EQ(all_of(out), up_to(20));
    EXPECT_EQ(all_of(pulse).size(), 1U);
  });
}

TEST(heartbeat, beats_at_ticks_while_it_waits_for_others) {
  with_workers([] {
    const auto in = make_chan<int>();
    const auto ticks = make_chan<void>();
    const auto [out, pulse] = p::heartbeat({}, in, same, ticks);
    for (int i = 0; i != 3; ++i) {  // for its input
      ticks.push();
      EXPECT_TRUE(pulse.pop().has_value());
    }
    in.push(1);
    for (int i = 0; i != 3; ++i) {  // for its consumer
      ticks.push();
      EXPECT_TRUE(pulse.pop().has_value());
    }
    ticks.close();
    EXPECT_EQ(out.pop(), 1);
    in.push(2);
    EXPECT_EQ(out.pop(), 2);
    EXPECT_FALSE(pulse.try_pop().has_value());
    in.close();
    EXPECT_FALSE(pulse.pop().has_value());
  });
}

// A ward that brings its number and then, unless it is a good one, hangs.
struct wards {
  receiver<int> in;
  int good = 3;
  std::atomic<int> started{0};
  std::atomic<int> ended{0};

  p::beating<int> start(const receiver<void>& done) {
    const int number = ++started;
    auto [beats, pulse] = make_pipe<void>(1);
    auto out = p::chan_owner<int>(done, [this, number, tx = std::move(beats)](const auto& mine) {
      mine.push(number);
      if (number < good)
        mine.done().pop();
      else
        mine.push_all(in);
      ++ended;
    });
    return {std::move(out), std::move(pulse)};
  }
};

TEST(steward, starts_anew_what_stops_beating) {
  with_workers([] {
    const auto periods = make_chan<void>();
    const auto in = p::generator({}, {10, 20});
    wards w{in};
    const auto [out, pulse] = p::steward({}, periods, [&](auto done) { return w.start(done); });
    for (int ward = 1; ward != w.good; ++ward) {
      EXPECT_EQ(out.pop(), ward);
      for (int i = 0; i != 2; ++i) periods.push();  // in the first it gave something, in the second nothing
    }
    EXPECT_EQ(all_of(out), (ints{3, 10, 20}));
    EXPECT_EQ(w.started.load(), 3);
    while (w.ended.load() != 3) yield();
  });
}

TEST(steward, lets_what_beats_or_gives_something_live) {
  with_workers([] {
    const auto periods = make_chan<void>();
    const auto in = make_chan<int>();
    const auto ticks = make_chan<void>();
    std::atomic<int> started{0};
    const auto [out, pulse] = p::steward({}, periods, [&](auto done) {
      ++started;
      return p::heartbeat(done, in, same, ticks);
    });
    // Many times: a beat may come while the steward looks for it, in vain, and a moment later for the period's end.
    for (int i = 0; i != 100; ++i) {
      ticks.push();
      ticks.push();  // the first one has been worked on
      periods.push();
      EXPECT_TRUE(pulse.pop().has_value());  // the steward's own
    }
    in.push(1);
    EXPECT_EQ(out.pop(), 1);
    in.close();
    EXPECT_FALSE(out.pop().has_value());
    EXPECT_EQ(started.load(), 1);
  });
}

TEST(steward, starts_no_ward_once_done_is_closed) {
  with_workers([] {
    const auto done = make_chan<void>();
    done.close();
    std::atomic<int> started{0};
    const auto [out, pulse] = p::steward(done, receiver<void>(), [&](auto end) {
      ++started;
      return p::heartbeat(end, receiver<int>(), same);
    });
    EXPECT_FALSE(out.pop().has_value());
    EXPECT_EQ(started.load(), 0);
  });
}

TEST(steward, of_a_steward_starts_that_one_anew) {
  with_workers([] {
    const auto inner = make_chan<void>();
    const auto outer = make_chan<void>();
    const auto done = make_chan<void>();
    std::atomic<int> stewards{0};
    std::atomic<int> wards{0};
    const auto ward = [&](auto end) {
      ++wards;
      return p::heartbeat(end, receiver<int>(), same);
    };
    const auto [out, pulse] = p::steward(done, outer, [&](auto end) {
      ++stewards;
      return p::steward(end, inner, ward);
    });
    for (int i = 0; i != 2; ++i) inner.push();  // the ward has been silent, the steward has not
    outer.push();
    while (wards.load() != 2) yield();
    EXPECT_EQ(stewards.load(), 1);
    for (int i = 0; i != 2; ++i) outer.push();
    while (stewards.load() != 2) yield();
    while (wards.load() != 3) yield();  // of the second one, which counts in this frame
    done.close();
    EXPECT_FALSE(out.pop().has_value());
  });
}

}  // namespace
}  // namespace sluice::test::heartbeat_test
