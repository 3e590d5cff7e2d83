// SPDX-License-Identifier: BSL-1.0
// wait_group against its spec: random sequences by one thread, refusals included, and histories of several.
#include <sluice/wait_group.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/wait_group.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::wait_group_property_test {
namespace {

TEST(wait_group_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    wait_group real;
    specs::wait_group spec;
    const auto amount = rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 5), rc::gen::arbitrary<std::uint32_t>());
    const auto program = *rc::gen::container<std::vector<std::pair<bool, std::uint32_t>>>(
        rc::gen::pair(rc::gen::arbitrary<bool>(), amount));
    for (const auto& [adds, n] : program) {
      bool done = true;
      try {
        if (adds)
          real.add(n);
        else
          real.done(n);
      } catch (const std::logic_error&) {
        done = false;
      }
      RC_ASSERT(done == (adds ? spec.add(n) : spec.done(n)));
      RC_ASSERT(real.count() == spec.count());
      RC_ASSERT(real.try_wait() == (spec.count() == 0));
    }
  }));
}

enum class what { add, done, count, try_wait };
struct call {
  what does = what::add;
  std::uint32_t n = 0;
  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    constexpr const char* names[] = {"add", "done", "count", "try_wait"};
    return out << names[static_cast<int>(c.does)] << ' ' << c.n;
  }
};

// How many are left, whether none is, or nothing.
template <class Group>
std::uint64_t answer_of(Group& g, const call& c) {
  switch (c.does) {
    case what::add: return g.add(c.n), 0;
    case what::done: return g.done(c.n), 0;
    case what::count: return g.count();
    default:
      if constexpr (requires { g.try_wait(); })
        return g.try_wait() ? 1 : 0;
      else
        return g.count() == 0 ? 1 : 0;
  }
}

struct rules {
  struct state {
    specs::wait_group tasks;
    friend bool operator==(const state& a, const state& b) { return a.tasks.count() == b.tasks.count(); }
    std::size_t hash() const { return tasks.count(); }
  };
  static state initial() { return {}; }
  static bool step(state& s, const call& c, const std::uint64_t* answer, std::size_t) {
    const std::uint64_t would = answer_of(s.tasks, c);
    return answer == nullptr || *answer == would;
  }
};

// Each adds, looks, is done with what it has added, and looks again.
TEST(wait_group_property, several_threads_see_a_linearizable_one) {
  constexpr unsigned threads = 3;
  kit::team team(threads);
  EXPECT_TRUE(holds(scaled(300), [&] {
    const auto looks = *rc::gen::container<std::array<std::vector<bool>, threads>>(
        rc::gen::container<std::vector<bool>>(4, rc::gen::arbitrary<bool>()));
    basic_wait_group<kit::perturbed_platform<>> real;
    kit::recorder<call, std::uint64_t> recorder(threads, 8);
    team.begin([&](unsigned t) {
      kit::perturbation::set(t + 1, 3);
      const auto does = [&](const call& c) { recorder.record(t, c, [&] { return answer_of(real, c); }); };
      for (std::size_t i = 0; i != looks[t].size(); ++i) {
        does({i % 2 == 0 ? what::add : what::done, 1 + t});
        does({looks[t][i] ? what::count : what::try_wait});
      }
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    const auto result = kit::check_linearizability(rules{}, recorder.recorded());
    if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
  }));
}

}  // namespace
}  // namespace sluice::test::wait_group_property_test
