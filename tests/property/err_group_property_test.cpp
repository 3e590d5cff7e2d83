// SPDX-License-Identifier: BSL-1.0
// Groups of any size, some of whose functions fail, on threads and in tasks: all run, no more at once than the limit says, and wait
// gives one of the failures, if there are any.
#include <sluice/err_group.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <set>
#include <system_error>
#include <vector>

#include <sluice/task.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::err_group_property_test {
namespace {

struct work {
  std::vector<int> fails;  // for each function: how it fails, or 0
  int limit;  // or none
  bool tries;
};

rc::Gen<work> works() {
  return rc::gen::exec([] {
    work w{*rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4)), *rc::gen::inRange(-1, 5),
           *rc::gen::arbitrary<bool>()};
    if (w.limit == 0 && !w.tries) w.limit = 1;
    return w;
  });
}

std::error_code code(int how) { return {how, std::generic_category()}; }

void all_run_and_one_failure_is_told(const work& w) {
  auto group = err_group::with_context(background());
  group.set_limit(w.limit);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<std::size_t> ran{0};
  std::size_t admitted = 0;
  std::set<int> failures;
  for (const int how : w.fails) {
    const auto f = [&, how] {
      const int now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      yield();
      ++ran;
      --inside;
      return code(how);
    };
    if (w.tries && !group.try_go(f)) continue;
    if (!w.tries) group.go(f);
    ++admitted;
    if (how != 0) failures.insert(how);
  }
  const failure why = group.wait();
  RC_ASSERT(ran == admitted);
  RC_ASSERT((w.limit < 0 || most <= w.limit));
  RC_ASSERT((failures.empty() ? !why : failures.contains(why.code().value())));
  RC_ASSERT((group.ctx().cause() == (failures.empty() ? failure(context_errc::canceled) : why)));
}

TEST(err_group_property, all_run_and_one_failure_is_told_on_threads) {
  EXPECT_TRUE(holds(scaled(50), [] { all_run_and_one_failure_is_told(*works()); }));
}

TEST(err_group_property, all_run_and_one_failure_is_told_in_tasks) {
  EXPECT_TRUE(holds(scaled(50), [] {
    const work w = *works();
    scheduler s({.workers = *rc::gen::inRange(1, 5)});
    s.run([&] { all_run_and_one_failure_is_told(w); });
  }));
}

}  // namespace
}  // namespace sluice::test::err_group_property_test
