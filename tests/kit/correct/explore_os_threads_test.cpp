// SPDX-License-Identifier: BSL-1.0
// Searches in several OS threads at once do not disturb each other.
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

// Where malloc gives each of them memory of its own, which that search would not recognise.
TEST(ExploreOsThreads, TheSearchByStatesIsForTheFirst) {
  report r;
  std::thread([&r] { r = check<adds>({.states = true}); }).join();
  EXPECT_EQ(r.violation, violation::misuse);
  EXPECT_NE(r.message.find("first thread only"), std::string::npos) << r.message;
  EXPECT_EQ(check<adds>({.states = true}).verdict, verdict::ok);
}

}  // namespace
}  // namespace explore_os_threads_test
