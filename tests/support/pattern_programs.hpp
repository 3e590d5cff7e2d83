// SPDX-License-Identifier: BSL-1.0
#pragma once
// What tests of patterns have in common: programs of tasks, and streams of small numbers.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sluice/patterns.hpp>
#include <sluice/scheduler.hpp>

namespace sluice::test::pattern_programs {

namespace p = sluice::patterns;
using namespace std::chrono_literals;
using ints = std::vector<int>;

// A program of tasks, with 1, 2 and many workers. A task that it leaves behind is reported by join's deadlock_error.
// `only_tasks`: false where a context has a deadline, whose thread could still wake a task.
inline void with_workers(const std::function<void()>& program, bool only_tasks = true) {
  for (const int workers : {1, 2, 7}) {
    SCOPED_TRACE(std::to_string(workers) + " workers");
    scheduler s({.workers = workers, .only_tasks = only_tasks});
    EXPECT_NO_THROW(s.run(program));
    EXPECT_NO_THROW(s.join());
  }
}

inline ints up_to(int n) {
  ints all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 1);
  return all;
}
template <class In>
auto all_of(const In& in) {
  std::vector<typename In::value_type> all;
  for (auto& v : in) all.push_back(std::move(v));
  return all;
}
inline ints sorted(ints all) {
  std::sort(all.begin(), all.end());
  return all;
}
inline int same(int n) { return n; }

}  // namespace sluice::test::pattern_programs
