// SPDX-License-Identifier: BSL-1.0
// Threads that go round loops for ever, found by states: the token shows the deadlock, however far it is to the loop and
// whatever a thread saw in it before.
#include <gtest/gtest.h>

#include <kit/explore.hpp>

#include "../enumerator/structures.hpp"

namespace explore_rounds_test {
namespace {

using namespace sluice::explore;
using structures::base;
using structures::relaxed;

template <template <class> class Client>
void is_shown_by_its_token(std::uint64_t seed = 0) {
  const report r = check<Client>({.states = true, .seed = seed});
  EXPECT_STREQ(name_of(r.violation), "deadlock") << r.message;
  const report again = check<Client>({.replay = r.token});
  EXPECT_STREQ(name_of(again.violation), "deadlock") << again.message << '\n' << r.token;
  EXPECT_EQ(again.message, r.message);
}

// The inner loop's first rounds see what is no longer the newest there is; in the end it goes round with what is.
template <class Engine>
struct loops_in_a_loop : base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0}, y{0};
  void thread(unsigned i) {
    if (i == 1) {
      y.store(1, relaxed);
      y.store(2, relaxed);
      return;
    }
    while (x.load(relaxed) == 0) {
      while (y.load(relaxed) == 2) Engine::platform::pause();
      Engine::platform::pause();
    }
  }
};
TEST(ExploreRounds, OfALoopThatSawSomethingElseBeforeAreADeadlock) {
  for (std::uint64_t seed = 0; seed != 8; ++seed) is_shown_by_its_token<loops_in_a_loop>(seed);
}

// One thread waits for ever at once; it takes the other one longer to come there.
template <class Engine>
struct comes_late : base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0}, y{0};
  void thread(unsigned i) {
    for (unsigned n = 0; i == 1 && n != 150; ++n) y.load(relaxed);
    while (x.load(relaxed) == 0) Engine::platform::pause();
  }
};
TEST(ExploreRounds, AreADeadlockHoweverLateAThreadComesToThem) { is_shown_by_its_token<comes_late>(); }

}  // namespace
}  // namespace explore_rounds_test
