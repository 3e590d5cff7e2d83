// SPDX-License-Identifier: BSL-1.0
// sharded_wait_group against its spec, wherever it is called: random sequences by one thread, refusals included, and histories
// of several.
#include <sluice/sharded_wait_group.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/wait_group.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::sharded_wait_group_property_test {
namespace {

constexpr std::uint32_t shards = 3;

enum class what { add, done, try_wait };
struct call {
  what does = what::add;
  std::uint32_t at = 0;  // whose shard
  std::uint64_t n = 1;
  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    constexpr const char* names[] = {"add", "done", "try_wait"};
    return out << names[static_cast<int>(c.does)] << " of " << c.n << " in " << c.at;
  }
};

// Whether it was not refused, or whether none is left.
template <class Count>
bool answer_of(Count& real, const call& c) {
  try {
    if (c.does == what::try_wait) return real.held().try_wait();
    if (c.does == what::done)
      real.done(c.at, c.n);
    else if (c.n != 0)
      real.add(c.at, c.n);
    return true;
  } catch (const std::logic_error&) {
    return false;
  }
}
bool answer_of(specs::wait_group& spec, const call& c) {
  if (c.does == what::try_wait) return spec.count() == 0;
  return c.does == what::add ? spec.add(c.n) : spec.done(c.n);
}

TEST(sharded_wait_group_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    detail::sharded_count<std_platform, shards> real;
    specs::wait_group spec;
    const auto calls = rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(0, 3), rc::gen::inRange<std::uint32_t>(0, shards),
                       rc::gen::inRange<std::uint64_t>(0, 9)),
        [](const auto& t) { return call{static_cast<what>(std::get<0>(t)), std::get<1>(t), std::get<2>(t)}; });
    for (const call& c : *rc::gen::container<std::vector<call>>(calls)) {
      RC_ASSERT(answer_of(real, c) == answer_of(spec, c));
      RC_ASSERT(real.sum() == spec.count());
    }
  }));
}

struct rules {
  struct state {
    specs::wait_group tasks;
    friend bool operator==(const state& a, const state& b) { return a.tasks.count() == b.tasks.count(); }
    std::size_t hash() const { return tasks.count(); }
  };
  static state initial() { return {}; }
  static bool step(state& s, const call& c, const bool* answer, std::size_t) {
    const bool would = answer_of(s.tasks, c);
    return answer == nullptr || *answer == would;
  }
};

// Each adds, is done with what it has added, in any shard, and looks whether none is left.
TEST(sharded_wait_group_property, several_threads_see_a_linearizable_one) {
  constexpr unsigned threads = 3;
  constexpr int rounds = 2;
  kit::team team(threads);
  EXPECT_TRUE(holds(scaled(300), [&] {
    const auto places = *rc::gen::container<std::array<std::vector<std::uint32_t>, threads>>(
        rc::gen::container<std::vector<std::uint32_t>>(2 * rounds, rc::gen::inRange<std::uint32_t>(0, shards)));
    detail::sharded_count<kit::perturbed_platform<>, shards> real;
    kit::recorder<call, bool> recorder(threads, 3 * rounds);
    team.begin([&](unsigned t) {
      kit::perturbation::set(t + 1, 3);
      const auto does = [&](const call& c) { recorder.record(t, c, [&] { return answer_of(real, c); }); };
      for (std::size_t i = 0; i != places[t].size(); i += 2) {
        does({what::add, places[t][i], 1 + t});
        does({what::done, places[t][i + 1], 1 + t});
        does({what::try_wait});
      }
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    RC_ASSERT(real.held().try_wait() && real.sum() == 0);
    const auto result = kit::check_linearizability(rules{}, recorder.recorded());
    if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
  }));
}

}  // namespace
}  // namespace sluice::test::sharded_wait_group_property_test
