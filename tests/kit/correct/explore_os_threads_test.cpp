// SPDX-License-Identifier: BSL-1.0
// Searches in several OS threads at once do not disturb each other; and each of a client's threads may keep values of its own.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <kit/explore.hpp>
#include <string>
#include <thread>
#include <vector>

#include "../enumerator/structures.hpp"

namespace explore_os_threads_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <class Engine>
struct adds : base<Engine, 5> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned) { x.fetch_add(1, relaxed); }
};
template <class Engine>
struct writes_to_null : base<Engine, 2> {
  typename Engine::platform::template atomic<int*> x{nullptr};
  void thread(unsigned) { *x.load(relaxed) = 1; }
};

TEST(ExploreOsThreads, SearchesInSeveralAtOnceFindWhatEachFindsAlone) {
  std::atomic<unsigned> wrong{0};
  const auto search = [&wrong] {
    for (unsigned k = 0; k != 20; ++k) {
      const bool right = check<adds>().executions == 120 && check<spin_lock<2>::client>().verdict == verdict::ok &&
                         check<spin_lock<2, relaxed>::client>().violation == violation::data_race &&
                         check<writes_to_null>().violation == violation::bad_access &&
                         check<writes_to_null>({.walks = 10}).violation == violation::bad_access;
      if (!right) wrong.fetch_add(1, relaxed);
    }
  };
  std::vector<std::thread> all;
  for (unsigned t = 0; t != 4; ++t) all.emplace_back(search);
  for (std::thread& t : all) t.join();
  EXPECT_EQ(wrong.load(relaxed), 0u);
}

// Another thread may have memory from malloc that this search would not recognise: then it is for the first one.
TEST(ExploreOsThreads, TheSearchByStatesIsForThoseWhoseHeapItRecognises) {
  report r;
  bool is_recognised = false;
  std::thread([&] {
    is_recognised = ordinary_heap::is_known_here();
    r = check<adds>({.states = true});
  }).join();
  EXPECT_EQ(r.violation, is_recognised ? violation::none : violation::misuse);
  EXPECT_NE(is_recognised, r.message.find("first thread only") != std::string::npos) << r.message;
  EXPECT_EQ(check<adds>({.states = true}).verdict, verdict::ok);
}

template <class Engine>
struct keeps_its_own : base<Engine, 3> {
  typename Engine::platform::template thread_own<int> mine{7};
  typename Engine::platform::template atomic<int> x{0};
  keeps_its_own() { mine.set(8); }
  void thread(unsigned i) {
    Engine::require(mine.get() == 7, "starts with what it was made with");
    mine.set(static_cast<int>(i));
    x.fetch_add(1, relaxed);
    Engine::require(mine.get() == static_cast<int>(i), "nobody else sets it");
  }
  void finish() { Engine::require(mine.get() == 8, "set-up and finish() have one, too"); }
};
TEST(ExploreOsThreads, AValueForEachThreadOfAClient) {
  EXPECT_EQ(check<keeps_its_own>().executions, 6u);
  EXPECT_EQ(check<keeps_its_own>({.states = true}).verdict, verdict::ok);
  EXPECT_NE(check<keeps_its_own>({.walks = 100}).verdict, verdict::violation);
}

// What it keeps tells one round of a loop from another.
template <class Engine>
struct gives_up : base<Engine, 2> {
  using platform = typename Engine::platform;
  typename platform::template thread_own<unsigned> tries;
  typename platform::template atomic<int> flag{0};
  bool gave_up = false;
  void thread(unsigned i) {
    if (i == 0) return flag.store(1, release);
    while (flag.load(acquire) == 0) {
      tries.set(tries.get() + 1);
      if (tries.get() == 3) {
        gave_up = true;
        return;
      }
      platform::pause();
    }
  }
  void finish() { Engine::require(!gave_up, "never gives up"); }
};
TEST(ExploreOsThreads, ALoopThatCountsInSuchAValueIsSeenToEnd) {
  EXPECT_EQ(check<gives_up>().violation, violation::requirement);
  EXPECT_EQ(check<gives_up>({.states = true}).violation, violation::requirement);
}

}  // namespace
}  // namespace explore_os_threads_test
