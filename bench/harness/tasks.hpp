// SPDX-License-Identifier: BSL-1.0
#pragma once
// A workload by tasks of the default scheduler, which has a worker for each CPU, in place of threads: as Go's goroutines do it.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

namespace bench {

// A Subject whose workloads are run by tasks.
template <class Subject>
struct by_tasks : Subject {
  using Subject::Subject;

  // Seconds from the first that began to the last that ended.
  static double run_together(int tasks, const std::function<void(int)>& job) {
    using clock = std::chrono::steady_clock;
    std::vector<clock::time_point> begin(static_cast<std::size_t>(tasks));
    std::vector<clock::time_point> end(begin.size());
    sluice::default_scheduler().run([&] {
      sluice::wait_group all(static_cast<std::uint32_t>(tasks));
      for (int i = 0; i != tasks; ++i)
        sluice::go([&, i] {
          begin[static_cast<std::size_t>(i)] = clock::now();
          job(i);
          end[static_cast<std::size_t>(i)] = clock::now();
          all.done();
        });
      all.wait();
    });
    return std::chrono::duration<double>(std::ranges::max(end) - std::ranges::min(begin)).count();
  }
};

}  // namespace bench
