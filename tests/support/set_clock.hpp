// SPDX-License-Identifier: BSL-1.0
#pragma once
// A clock that somebody sets while others wait by it: who asks for the time is told, one after the other, what the test has written
// down, and the test may do something meanwhile. For one thread at a time.
#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace sluice::test {

// `Tag`: each test's own.
template <class Tag>
struct set_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<set_clock>;
  static constexpr bool is_steady = false;

  // What it is now, and what happens when that is asked. The last one stays.
  struct answer {
    duration now;
    std::function<void()> meanwhile{};
  };
  static void says(std::vector<answer> all) {
    answers = std::move(all);
    asked = 0;
  }
  static time_point now() {
    const answer& a = answers[asked];
    if (asked + 1 != answers.size()) ++asked;
    if (a.meanwhile) a.meanwhile();
    return time_point(a.now);
  }

 private:
  static inline std::vector<answer> answers;
  static inline std::size_t asked = 0;
};

}  // namespace sluice::test
