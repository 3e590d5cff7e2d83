// SPDX-License-Identifier: BSL-1.0
// What a search holds grows with the length of the program, not with the number of executions.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <kit/explore.hpp>

#include "../enumerator/structures.hpp"

namespace explore_memory_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <class Engine>
struct many : base<Engine, 5> {
  using platform = typename Engine::platform;
  typename platform::template atomic<unsigned> x{0};
  typename platform::template atomic<unsigned> y{0};
  void thread(unsigned i) {
    typename platform::template allocator<unsigned> heap;
    unsigned* const mine = heap.allocate(1);
    x.fetch_add(i, relaxed);
    y.store(x.load(relaxed), relaxed);
    heap.deallocate(mine, 1);
  }
};

long peak_kib() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return u.ru_maxrss;
}

TEST(ExploreMemory, IsFlat) {
  EXPECT_EQ(check<many>({.max_executions = 10'000}).executions, 10'000u);
  const long before = peak_kib();
  EXPECT_EQ(check<many>({.max_executions = 500'000}).executions, 500'000u);
  EXPECT_LE(peak_kib() - before, 512);
}

}  // namespace
}  // namespace explore_memory_test
