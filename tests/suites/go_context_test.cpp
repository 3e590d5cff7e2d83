// SPDX-License-Identifier: BSL-1.0
// What Go's tests of context check (context_test.go, x_test.go, afterfunc_test.go), in our words and code.
#include <sluice/after_func.hpp>
#include <sluice/context.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::test::go_context_test {
namespace {

using namespace std::chrono_literals;

struct key {
  using type = int;
};

bool is_live(const context& c) {
  const auto done = c.done();
  const bool open = select(on_pop(done, [](auto) {}), otherwise()) == 1;
  return open && !c.err();
}
bool has_ended(const context& c, context_errc why) { return c.done().is_closed() && c.err() == why; }

// TestBackground, TestTODO
TEST(go_context, the_roots_never_end) {
  for (const context& c : {background(), todo()}) {
    EXPECT_TRUE(is_live(c));
    EXPECT_FALSE(c.done()) << "nil";
    EXPECT_FALSE(c.deadline());
    EXPECT_FALSE(c.cause());
  }
}

// TestWithCancel
TEST(go_context, a_cancel_closes_done_and_says_why) {
  const auto [c, cancel] = with_cancel(background());
  for (int i = 0; i != 2; ++i) EXPECT_TRUE(is_live(c));
  cancel();
  for (int i = 0; i != 2; ++i) EXPECT_TRUE(has_ended(c, context_errc::canceled));
  cancel();
  EXPECT_TRUE(has_ended(c, context_errc::canceled)) << "once more does nothing";
}

// TestParentFinishesChild
TEST(go_context, a_parent_ends_its_children_also_through_values_and_those_that_come_late) {
  const auto [parent, cancel] = with_cancel(background());
  const auto child = with_cancel(parent).ctx;
  const auto through = with_value<key>(parent, 1);
  const auto timed = with_timeout(through, 1h).ctx;
  const auto stopped = after_func(child, [] {}, [](auto) {});
  cancel();
  for (const context& c : {parent, child, through, timed}) EXPECT_TRUE(has_ended(c, context_errc::canceled));
  EXPECT_TRUE(has_ended(with_cancel(parent).ctx, context_errc::canceled));
}

// TestChildFinishesFirst
TEST(go_context, a_child_ends_alone) {
  for (const context& above : {background(), with_cancel(background()).ctx}) {
    const auto parent = with_cancel(above);
    const auto child = with_cancel(parent.ctx);
    child.cancel();
    EXPECT_TRUE(has_ended(child.ctx, context_errc::canceled));
    EXPECT_TRUE(is_live(parent.ctx));
  }
}

// TestDeadline
TEST(go_context, ends_at_its_deadline_or_at_its_parents) {
  const auto soon = with_deadline(background(), std::chrono::steady_clock::now() + 20ms).ctx;
  const auto later = with_deadline(soon, std::chrono::steady_clock::now() + 1h).ctx;
  EXPECT_EQ(later.deadline(), soon.deadline()) << "the earlier one counts";
  EXPECT_FALSE(later.done().pop());
  EXPECT_TRUE(has_ended(soon, context_errc::deadline_exceeded));
  EXPECT_TRUE(has_ended(later, context_errc::deadline_exceeded));
  const auto past = with_deadline(background(), std::chrono::steady_clock::now() - 1s);
  EXPECT_TRUE(has_ended(past.ctx, context_errc::deadline_exceeded));
}

// TestTimeout
TEST(go_context, ends_after_its_timeout_also_through_others) {
  const auto timed = with_timeout(background(), 10ms).ctx;
  const auto below = with_timeout(with_cancel(timed).ctx, 1h).ctx;
  EXPECT_FALSE(below.done().pop());
  EXPECT_TRUE(has_ended(below, context_errc::deadline_exceeded));
}

// TestCanceledTimeout, TestDeadlineExceededIsNetError
TEST(go_context, a_cancel_comes_before_the_deadline) {
  const auto [c, cancel] = with_timeout(with_cancel(background()).ctx, 1h);
  cancel();
  EXPECT_TRUE(has_ended(c, context_errc::canceled));
  EXPECT_EQ(std::error_code(context_errc::deadline_exceeded), std::errc::timed_out);
}

// TestValues, TestWithValueChecksKey
TEST(go_context, the_nearest_value_of_a_key_is_found) {
  struct k1 {
    using type = std::string;
  };
  struct k2 {
    using type = std::string;
  };
  const auto c1 = with_value<k1>(background(), "c1k1");
  const auto c2 = with_value<k2>(c1, "c2k2");
  const auto c3 = with_value<k1>(with_cancel(c2).ctx, "c3k1");
  EXPECT_EQ(background().value<k1>(), nullptr);
  EXPECT_EQ(*c1.value<k1>(), "c1k1");
  EXPECT_EQ(c1.value<k2>(), nullptr);
  EXPECT_EQ(*c2.value<k1>(), "c1k1");
  EXPECT_EQ(*c3.value<k1>(), "c3k1");
  EXPECT_EQ(*c3.value<k2>(), "c2k2");
}

// TestSimultaneousCancels
TEST(go_context, a_tree_may_be_cancelled_at_every_place_at_once) {
  std::vector<canceled_by<std_platform>> all{with_cancel(background())};
  for (std::size_t i = 0; i != 60; ++i) all.push_back(with_cancel(context(all[i / 2].ctx)));
  std::vector<std::thread> crew;
  for (std::size_t t = 0; t != 4; ++t)
    crew.emplace_back([&, t] {
      for (std::size_t i = t; i < all.size(); i += 4) all[i].cancel();
    });
  for (std::thread& t : crew) t.join();
  for (const auto& each : all) EXPECT_TRUE(has_ended(each.ctx, context_errc::canceled));
}

// TestInterlockedCancels
TEST(go_context, a_cancel_may_wait_for_another_ones_end) {
  const auto parent = with_cancel(background());
  const auto child = with_cancel(parent.ctx);
  std::thread other([&] {
    parent.ctx.done().pop();
    child.cancel();
  });
  parent.cancel();
  EXPECT_FALSE(child.ctx.done().pop());
  other.join();
}

// TestLayersCancel, TestLayersTimeout: values, cancels and deadlines in a random order; a random one ends, by hand or in time.
TEST(go_context, layers_of_values_cancels_and_deadlines_end_from_the_place_that_ended) {
  for (std::uint32_t seed = 1; seed != 41; ++seed) {
    SCOPED_TRACE(seed);
    std::minstd_rand random(seed);
    const bool by_time = seed % 2 == 0;
    const std::size_t ends = random() % 50;
    std::vector<canceled_by<std_platform>> layers;
    std::optional<int> value;
    context c = background();
    while (layers.size() != 50) {
      const auto kind = random() % 3;
      if (kind == 0) c = with_value<key>(c, *(value = static_cast<int>(random() % 1000)));
      if (kind == 1) layers.push_back(layers.size() == ends && by_time ? with_timeout(c, 2ms) : with_cancel(c));
      if (kind == 2) layers.push_back(with_timeout(c, layers.size() == ends && by_time ? 2ms : 1h));
      if (kind != 0) c = layers.back().ctx;
      EXPECT_EQ(c.value<key>() == nullptr ? std::nullopt : std::optional(*c.value<key>()), value);
    }
    if (!by_time) layers[ends].cancel();
    EXPECT_FALSE(c.done().pop());
    const auto why = by_time ? context_errc::deadline_exceeded : context_errc::canceled;
    for (std::size_t i = 0; i != layers.size(); ++i)
      EXPECT_TRUE(i < ends ? is_live(layers[i].ctx) : has_ended(layers[i].ctx, why)) << i;
  }
}

// TestCancelRemoves, TestWithCancelCanceledParent
TEST(go_context, a_context_made_under_one_that_has_ended_has_ended_for_its_cause) {
  const auto [parent, cancel] = with_cancel_cause(background());
  cancel(std::make_error_code(std::errc::io_error));
  const auto child = with_timeout(parent, 1h).ctx;
  EXPECT_TRUE(has_ended(child, context_errc::canceled));
  EXPECT_EQ(child.cause().code(), std::errc::io_error);
}

// TestCause: each makes a context and ends what it ends.
struct cause_case {
  const char* what;
  context (*made)();
  std::optional<context_errc> err;
  std::error_code cause;
};
const std::error_code bad = std::make_error_code(std::errc::bad_address);
const std::error_code io = std::make_error_code(std::errc::io_error);
const std::error_code canceled = make_error_code(context_errc::canceled);
const std::error_code too_late = make_error_code(context_errc::deadline_exceeded);

// A child of one that is cancelled for `above`, and cancelled itself for `own`, in this order or the other one.
context child_and_parent(failure own, failure above, bool parent_first) {
  const auto parent = with_cancel_cause(background());
  const auto child = with_cancel_cause(parent.ctx);
  if (parent_first) parent.cancel(above);
  child.cancel(own);
  parent.cancel(above);
  return child.ctx;
}
context timed_out(const context& parent, failure cause) { return with_timeout(parent, 0s, std::move(cause)).ctx; }
context in_time(failure cause) {
  const auto c = with_timeout(background(), 1h, std::move(cause));
  c.cancel();
  return c.ctx;
}
const cause_case causes[] = {
    {"a root", [] { return background(); }, {}, {}},
    {"the other root", [] { return todo(); }, {}, {}},
    {"one that lives", [] { return with_cancel_cause(background()).ctx; }, {}, {}},
    {"cancelled",
     [] {
       const auto c = with_cancel(background());
       c.cancel();
       return c.ctx;
     },
     context_errc::canceled, canceled},
    {"without a cause", [] { return child_and_parent({}, {}, false); }, context_errc::canceled, canceled},
    {"a parent's cause, before its own", [] { return child_and_parent(bad, io, true); }, context_errc::canceled, io},
    {"its own cause, before the parent's", [] { return child_and_parent(bad, io, false); }, context_errc::canceled,
     bad},
    {"a parent's end without a cause", [] { return child_and_parent(bad, {}, true); }, context_errc::canceled,
     canceled},
    {"its own end without a cause", [] { return child_and_parent({}, io, false); }, context_errc::canceled, canceled},
    {"a time-out", [] { return timed_out(background(), {}); }, context_errc::deadline_exceeded, too_late},
    {"a time-out with a cause", [] { return timed_out(background(), io); }, context_errc::deadline_exceeded, io},
    {"cancelled in time", [] { return in_time({}); }, context_errc::canceled, canceled},
    {"cancelled in time, beside a cause for the time-out", [] { return in_time(io); }, context_errc::canceled,
     canceled},
    {"a time-out under one that is cancelled later",
     [] {
       const auto parent = with_cancel_cause(background());
       const auto c = timed_out(parent.ctx, io);
       parent.cancel(bad);
       return c;
     },
     context_errc::deadline_exceeded, io},
    {"a time-out under one that was cancelled",
     [] {
       const auto parent = with_cancel_cause(background());
       parent.cancel(bad);
       return with_timeout(parent.ctx, 1h, io).ctx;
     },
     context_errc::canceled, bad},
    {"under a time-out with a cause", [] { return with_cancel(timed_out(background(), io)).ctx; },
     context_errc::deadline_exceeded, io},
    {"a deadline", [] { return with_deadline(background(), std_platform::now(), failure(bad)).ctx; },
     context_errc::deadline_exceeded, bad},
    {"without_cancel, under one that was cancelled",
     [] {
       const auto parent = with_cancel_cause(background());
       parent.cancel(bad);
       return without_cancel(parent.ctx);
     },
     {},
     {}},
    {"without_cancel, under one that is out of time",
     [] { return without_cancel(timed_out(background(), io)); },
     {},
     {}},
};
TEST(go_context, the_first_cause_counts) {
  for (const cause_case& one : causes) {
    SCOPED_TRACE(one.what);
    const context c = one.made();
    EXPECT_TRUE(one.err ? has_ended(c, *one.err) : is_live(c));
    EXPECT_EQ(static_cast<bool>(c.cause()), one.err.has_value());
    EXPECT_EQ(c.cause().code(), one.cause);
  }
}

// TestWithoutCancel
TEST(go_context, without_cancel_keeps_the_values_alone) {
  const auto [parent, cancel] = with_timeout(background(), 1h);
  const auto c = without_cancel(with_value<key>(parent, 7));
  EXPECT_FALSE(c.deadline());
  cancel();
  EXPECT_TRUE(is_live(c));
  EXPECT_EQ(*c.value<key>(), 7);
}

// TestAfterFuncCalledAfterCancel, CalledAfterTimeout, CalledImmediately
TEST(go_context, a_function_runs_once_the_context_has_ended) {
  const auto [c, cancel] = with_cancel(background());
  const auto ran = make_chan<int>(4);
  after_func(c, [ran] { ran.push(1); });
  EXPECT_FALSE(ran.try_pop());
  cancel();
  EXPECT_EQ(ran.pop(), 1);
  after_func(c, [ran] { ran.push(2); });
  EXPECT_EQ(ran.pop(), 2) << "at once";
  const auto timed = with_timeout(background(), 5ms).ctx;
  after_func(timed, [ran] { ran.push(3); });
  EXPECT_EQ(ran.pop(), 3);
}

// TestAfterFuncStopped, TestAfterFuncNotCalledAfterStop
TEST(go_context, a_function_that_was_stopped_does_not_run) {
  const auto [c, cancel] = with_cancel(background());
  int runs = 0;
  auto stop = after_func(c, [&] { ++runs; }, [](auto run) { run(); });
  auto other = after_func(c, [&] { runs += 10; }, [](auto run) { run(); });
  EXPECT_TRUE(stop());
  EXPECT_FALSE(stop());
  cancel();
  EXPECT_EQ(runs, 10);
  EXPECT_FALSE(other());
  auto never = after_func(background(), [&] { ++runs; });
  EXPECT_TRUE(never());
  EXPECT_FALSE(never());
}

// TestAfterFuncNotCalledAfterChild…: a function of a context that a parent ends
TEST(go_context, a_function_runs_where_a_parent_ends_the_context) {
  const auto [parent, cancel] = with_cancel(background());
  const auto child = with_cancel(parent).ctx;
  bool ran = false;
  after_func(child, [&] { ran = true; }, [](auto run) { run(); });
  cancel();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace sluice::test::go_context_test
