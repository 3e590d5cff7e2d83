// SPDX-License-Identifier: BSL-1.0
#pragma once
// Every pattern that is a stage, for tests of what all of them promise.
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <sluice/heartbeat.hpp>
#include <sluice/patterns.hpp>
#include <sluice/queue_stage.hpp>
#include <sluice/rate_limiter.hpp>
#include <sluice/result_stream.hpp>
#include <sluice/scheduler.hpp>

#include "manual_clock.hpp"
#include "pattern_programs.hpp"

namespace sluice::test::pattern_subjects {

using namespace pattern_programs;
// A pattern, set up so that each element goes through it unchanged.
struct subject {
  const char* name;
  std::function<receiver<int>(const receiver<void>& done, const receiver<int>& in)> apply;
  int times = 1;         // how often each comes out
  bool in_order = true;  // as it went in
};

inline receiver<int> own_stage(const receiver<void>& done, const receiver<int>& in) {
  return p::chan_owner<int>(done, [in](const auto& out) { out.push_all(in); }, 2);
}
inline receiver<int> values(const receiver<void>& done, const receiver<result<int>>& in) {
  return p::map(done, in, [](result<int> r) { return r ? *r : -1; });
}
inline receiver<void> some_ticks() {
  const auto ticks = make_chan<void>(50);
  while (ticks.try_push() == conqueue_status::success) {
  }
  return ticks;
}
inline receiver<receiver<int>> each_alone(const receiver<void>& done, const receiver<int>& in) {
  return p::map(done, in, [done](int n) { return p::generator(done, {n}); });
}

inline std::vector<subject> subjects() {
  return {
      {"chan_owner", own_stage},
      {"take", [](auto& done, auto& in) { return p::take(done, in, 1'000); }},
      {"map", [](auto& done, auto& in) { return p::map(done, in, same); }},
      {"to", [](auto& done, auto& in) { return p::to<int>(done, in); }},
      {"filter", [](auto& done, auto& in) { return p::filter(done, in, [](int) { return true; }); }},
      {"batch",
       [](auto& done, auto& in) {
         return p::bridge(done, p::map(done, p::batch(done, in, 3),
                                       [done](ints some) { return p::generator(done, std::move(some)); }));
       }},
      {"batch_stage",
       [](auto& done, auto& in) { return p::pipeline(done, in, p::batch_stage(2, [](ints some) { return some; })); }},
      {"pipeline",
       [](auto& done, auto& in) { return p::pipeline(done, in, p::stage(same), own_stage, p::stage(same)); }},
      {"fan_out and fan_in",
       [](auto& done, auto& in) { return p::fan_in(done, p::fan_out(done, in, 3, p::stage(same))); }, 1, false},
      {"fan_in of some that are named", [](auto& done, auto& in) { return p::fan_in(done, in, in, in); }, 1, false},
      {"fan_in of those that come", [](auto& done, auto& in) { return p::fan_in(done, each_alone(done, in)); }, 1,
       false},
      {"worker_pool", [](auto& done, auto& in) { return p::worker_pool(done, in, 3, same); }, 1, false},
      {"or_done", [](auto& done, auto& in) { return p::or_done(done, in); }},
      {"tee",
       [](auto& done, auto& in) {
         auto [one, other] = p::tee(done, in);
         return p::fan_in(done, one, other);
       },
       2, false},
      {"bridge", [](auto& done, auto& in) { return p::bridge(done, each_alone(done, in)); }},
      {"limit_rate",
       [](auto& done, auto& in) {
         return p::limit_rate(done, in, basic_rate_limiter({{1ms, 1}, {3ms, 2}}, manual_clock()));
       }},
      {"queue", [](auto& done, auto& in) { return p::queue(done, in, 3); }},
      {"heartbeat", [](auto& done, auto& in) { return p::heartbeat(done, in, same).out; }},
      {"heartbeat at ticks", [](auto& done, auto& in) { return p::heartbeat(done, in, same, some_ticks()).out; }},
      {"steward",
       [](auto& done, auto& in) {
         return p::steward(done, receiver<void>(), [in](auto end) { return p::heartbeat(end, in, same); }).out;
       }},
      {"try_map", [](auto& done, auto& in) { return values(done, p::try_map(done, in, same)); }},
      {"timeout", [](auto& done, auto& in) { return values(done, p::timeout(done, in, 24h)); }},
  };
}

}  // namespace sluice::test::pattern_subjects
