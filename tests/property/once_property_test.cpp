// SPDX-License-Identifier: BSL-1.0
// once against its meaning in one sentence, on several threads whose functions may throw: whoever finds it not done runs its
// own, and what that did is seen by all who come later.
#include <sluice/once.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <ostream>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::once_property_test {
namespace {

enum class call : std::uint8_t { runs, throws, asks };
enum class answer : std::uint8_t { ran, threw, was_done, not_done };
std::ostream& operator<<(std::ostream& out, call c) {
  static constexpr const char* names[] = {"call", "call that throws", "done"};
  return out << names[static_cast<std::size_t>(c)];
}
std::ostream& operator<<(std::ostream& out, answer a) {
  static constexpr const char* names[] = {"ran", "threw", "was done", "not done"};
  return out << names[static_cast<std::size_t>(a)];
}

// A once, and what its function writes: plain, so TSan sees who reads it unordered.
template <once_policy Policy>
struct subject {
  basic_once<kit::perturbed_platform<>, Policy> once;
  unsigned tries = 0;

  answer operator()(call c) {
    if (c == call::asks) return once.done() ? seen() : answer::not_done;
    bool mine = false;
    try {
      once.call([&] {
        mine = true;
        ++tries;
        if (c == call::throws) throw tries;
      });
    } catch (unsigned) {
      return answer::threw;
    }
    return mine ? answer::ran : seen();
  }
  answer seen() const { return tries != 0 ? answer::was_done : answer::not_done; }
};

template <once_policy Policy>
struct rules {
  struct state {
    bool done = false;
    friend bool operator==(const state&, const state&) = default;
    std::size_t hash() const { return done ? 1 : 0; }
  };
  static state initial() { return {}; }
  static bool step(state& s, call c, const answer* a, std::size_t) {
    answer would = s.done ? answer::was_done : answer::not_done;
    if (!s.done && c != call::asks) {
      would = c == call::runs ? answer::ran : answer::threw;
      s.done = c == call::runs || Policy == once_policy::give_up;
    }
    return a == nullptr || *a == would;
  }
};

template <once_policy Policy>
void is_linearizable(kit::team& team) {
  constexpr unsigned threads = 3;
  const auto program =
      *rc::gen::container<std::array<std::vector<call>, threads>>(rc::gen::container<std::vector<call>>(
          3, rc::gen::weightedElement<call>({{1, call::runs}, {3, call::throws}, {1, call::asks}})));
  subject<Policy> real;
  kit::recorder<call, answer> recorder(threads, 3);
  team.begin([&](unsigned t) {
    kit::perturbation::set(t + 1, 3);
    for (const call c : program[t]) recorder.record(t, c, [&] { return real(c); });
  });
  RC_ASSERT(team.finish(std::chrono::seconds(100)));
  const auto result = kit::check_linearizability(rules<Policy>{}, recorder.recorded());
  if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
}

TEST(once_property, whoever_comes_after_an_exception_tries_again) {
  kit::team team(3);
  EXPECT_TRUE(holds(scaled(300), [&] { is_linearizable<once_policy::retry>(team); }));
}

TEST(once_property, nobody_tries_again_where_an_exception_gives_up) {
  kit::team team(3);
  EXPECT_TRUE(holds(scaled(300), [&] { is_linearizable<once_policy::give_up>(team); }));
}

}  // namespace
}  // namespace sluice::test::once_property_test
