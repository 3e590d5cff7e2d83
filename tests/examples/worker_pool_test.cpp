// SPDX-License-Identifier: BSL-1.0
// A number of workers that is known beforehand takes jobs from one channel, and puts results into another: by hand, with a wait_group
// that says when the last worker has ended, and by worker_pool.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::test::worker_pool_test {
namespace {

namespace p = sluice::patterns;

using done_job = std::pair<std::string, std::size_t>;
done_job process(const std::string& job) { return {job, job.size()}; }

receiver<done_job> pool_by_hand(const receiver<std::string>& jobs, int workers) {
  const auto results = make_chan<done_job>();
  go([=] {
    wait_group all;
    for (int i = 0; i != workers; ++i)
      all.go([&] {
        for (const auto& job : jobs) results.push(process(job));
      });
    all.wait();
    results.close();
  });
  return results;
}

TEST(worker_pool, does_every_job_once) {
  const std::vector<std::string> work{"a", "bb", "ccc", "dddd", "eeeee"};
  const std::map<std::string, std::size_t> expected{{"a", 1}, {"bb", 2}, {"ccc", 3}, {"dddd", 4}, {"eeeee", 5}};
  for (const bool by_hand : {true, false}) {
    scheduler workers({.only_tasks = true});
    const auto results = workers.run([&] {
      const auto [stop, done] = make_pipe<void>();
      const auto jobs = p::generator(done, work);
      std::map<std::string, std::size_t> all;
      for (const auto& r : by_hand ? pool_by_hand(jobs, 3) : p::worker_pool(done, jobs, 3, process))
        EXPECT_TRUE(all.insert(r).second);
      return all;
    });
    EXPECT_EQ(results, expected);
    EXPECT_NO_THROW(workers.join());
  }
}

}  // namespace
}  // namespace sluice::test::worker_pool_test
