// SPDX-License-Identifier: BSL-1.0
// Timers and tickers against what they promise, in random sequences of starts, stops, looks and steps of time.
#include <sluice/timer.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <tuple>
#include <utility>
#include <vector>

#include <sluice/manual_platform.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::timer_property_test {
namespace {

struct own_time;
using m = basic_manual_platform<std_platform, own_time>;
using time_point = m::time_point;
using std::chrono::seconds;

enum class action : int { reset, stop, look, step };
struct call {
  action what;
  std::size_t whom;
  int n;  // seconds
  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    constexpr const char* names[] = {"reset", "stop", "look at", "step beside"};
    return out << names[static_cast<int>(c.what)] << ' ' << c.whom << ' ' << c.n;
  }
};

rc::Gen<std::vector<call>> programs(std::size_t timers) {
  using rc::gen::inRange;
  return rc::gen::container<std::vector<call>>(rc::gen::map(
      rc::gen::tuple(inRange(0, 4), inRange<std::size_t>(0, timers), inRange(0, 6)),
      [](const auto& t) { return call{static_cast<action>(std::get<0>(t)), std::get<1>(t), std::get<2>(t)}; }));
}

// When it fires next, if it is armed; when it fired, if that was not taken; every how many seconds, or once.
struct promise {
  std::optional<time_point> due;
  std::optional<time_point> fired;
  seconds period{0};

  void pass_to(time_point now) {
    while (due && *due <= now) {
      if (!fired) fired = due;
      due = period == seconds(0) ? std::nullopt : std::optional(*due + period);
    }
  }
  bool end() {
    const bool was_active = due || fired;
    due = fired = std::nullopt;
    return was_active;
  }
};

// Time moves second by second, so that what fires does so at its very time, whatever else is due.
void step(int n, std::vector<promise>& promises) {
  for (; n != 0; --n) {
    m::advance(seconds(1));
    for (promise& p : promises) p.pass_to(m::now());
  }
}

// Whether the look found what was promised.
template <class Timed>
bool looks_right(Timed& t, promise& p) {
  const auto found = t.c().try_pop();
  const auto promised = std::exchange(p.fired, std::nullopt);
  return found.has_value() == promised.has_value() && (!found || *found == *promised);
}

// Some ask for their channel at once, and the others when they look.
TEST(timer_property, one_thread_sees_what_timers_promise) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    const auto eager = *rc::gen::container<std::vector<bool>>(3, rc::gen::arbitrary<bool>());
    std::vector<std::unique_ptr<basic_timer<m>>> timers;
    std::vector<promise> promises(eager.size());
    for (const bool at_once : eager) {
      timers.push_back(std::make_unique<basic_timer<m>>());
      if (at_once) static_cast<void>(timers.back()->c());
    }
    for (const call& c : *programs(eager.size())) {
      promise& p = promises[c.whom];
      switch (c.what) {
        case action::reset: {
          RC_ASSERT(timers[c.whom]->reset(seconds(c.n + 1)) == p.end());
          p.due = m::now() + seconds(c.n + 1);
          break;
        }
        case action::stop: RC_ASSERT(timers[c.whom]->stop() == p.end()); break;
        case action::look: RC_ASSERT(looks_right(*timers[c.whom], p)); break;
        case action::step: step(c.n, promises); break;
      }
    }
  }));
}

TEST(timer_property, one_thread_sees_what_tickers_promise) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    std::vector<std::unique_ptr<basic_ticker<m>>> tickers;
    std::vector<promise> promises;
    for (const int period : *rc::gen::container<std::vector<int>>(3, rc::gen::inRange(1, 6))) {
      tickers.push_back(std::make_unique<basic_ticker<m>>(seconds(period)));
      promises.push_back({m::now() + seconds(period), std::nullopt, seconds(period)});
    }
    for (const call& c : *programs(tickers.size())) {
      promise& p = promises[c.whom];
      switch (c.what) {
        case action::reset: {
          tickers[c.whom]->reset(seconds(c.n + 1));
          p = {m::now() + seconds(c.n + 1), std::nullopt, seconds(c.n + 1)};
          break;
        }
        case action::stop: {
          tickers[c.whom]->stop();
          p.end();
          break;
        }
        case action::look: RC_ASSERT(looks_right(*tickers[c.whom], p)); break;
        case action::step: step(c.n, promises); break;
      }
    }
  }));
}

}  // namespace
}  // namespace sluice::test::timer_property_test
