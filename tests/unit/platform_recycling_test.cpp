// SPDX-License-Identifier: BSL-1.0
#include <sluice/platform_recycling.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "../support/sanitizers.hpp"
#if defined(SLUICE_TEST_ASAN) || defined(SLUICE_TEST_TSAN)
// Whose header not every compiler brings.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*made)(const volatile void*, std::size_t),
                                                         void (*freed)(const volatile void*));
#endif

namespace platform_recycling_test {
namespace {

using small = std::array<std::uint64_t, 7>;
template <class T>
using allocator = sluice::detail::recycling_allocator<T>;

#if defined(SLUICE_TEST_ASAN) || defined(SLUICE_TEST_TSAN)
thread_local const volatile void* last_freed = nullptr;

TEST(PlatformRecycling, ASanitizerSeesWhatIsFreed) {
  small* const p = allocator<small>().allocate(1);
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  ASSERT_NE(__sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) {},
                                                      [](const volatile void* freed) { last_freed = freed; }),
            0);
  allocator<small>().deallocate(p, 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(last_freed), at);
}
#else
TEST(PlatformRecycling, WhatAThreadFreedItGetsAgain) {
  small* const first = allocator<small>().allocate(1);
  const auto at = reinterpret_cast<std::uintptr_t>(first);
  allocator<small>().deallocate(first, 1);
  small* const second = allocator<small>().allocate(1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second), at);
  allocator<small>().deallocate(second, 1);
}

// It keeps two bundles of 128 to itself, and what is not freed to the general allocator nobody can have from there.
TEST(PlatformRecycling, WhatAThreadFreedBeyondWhatItKeepsAnotherOneFinds) {
  using odd = std::array<std::byte, 200>;  // nobody else's
  std::vector<odd*> made;
  std::set<odd*> found;
  std::thread([&] {
    for (int i = 0; i != 5 * 128; ++i) made.push_back(allocator<odd>().allocate(1));
  }).join();
  std::latch freed(1);
  std::latch over(1);
  std::thread frees([&] {
    for (odd* const p : made) allocator<odd>().deallocate(p, 1);
    freed.count_down();
    over.wait();
  });
  freed.wait();
  std::thread([&] {
    for (int i = 0; i != 3 * 128; ++i) found.insert(allocator<odd>().allocate(1));
  }).join();
  EXPECT_EQ(found.size(), 3 * 128U);
  EXPECT_TRUE(std::ranges::includes(std::set<odd*>(made.begin(), made.end()), found));
  for (odd* const p : found) allocator<odd>().deallocate(p, 1);
  over.count_down();
  frees.join();
}

#if defined(__GLIBC__)
// Each takes what another one left, a bundle at a time, of which it needs one.
TEST(PlatformRecycling, AThreadThatOnlyAllocatesLosesNothingWhenItEnds) {
  using odd = std::array<std::byte, 216>;  // nobody else's
  const auto threads = [](int n) {
    for (int i = 0; i != n; ++i) {
      odd* made = nullptr;
      std::thread([&made] { made = allocator<odd>().allocate(1); }).join();
      allocator<odd>().deallocate(made, 1);
    }
    return mallinfo2().uordblks;
  };
  const std::size_t before = threads(16 * 128);
  EXPECT_LT(threads(64 * 128), before + std::size_t{16} * 128 * sizeof(odd)) << "they took some 64 bundles";
}
#endif

// Of blocks that are not kept, the general allocator may do what it likes.
TEST(PlatformRecycling, BlocksOfOneSizeAreNotGivenForAnother) {
  auto* const one = allocator<std::array<std::byte, 16>>().allocate(1);
  const auto at = reinterpret_cast<std::uintptr_t>(one);
  allocator<std::array<std::byte, 16>>().deallocate(one, 1);
  auto* const larger = allocator<std::array<std::byte, 17>>().allocate(1);
  EXPECT_NE(reinterpret_cast<std::uintptr_t>(larger), at);
  allocator<std::array<std::byte, 17>>().deallocate(larger, 1);
}
#endif

TEST(PlatformRecycling, NoTwoBlocksInUseOverlap) {
  std::vector<small*> all;
  std::set<small*> distinct;
  for (int round = 0; round != 3; ++round) {
    for (int i = 0; i != 1000; ++i) {  // more than a thread keeps
      all.push_back(allocator<small>().allocate(1));
      all.back()->fill(reinterpret_cast<std::uintptr_t>(all.back()));
      distinct.insert(all.back());
    }
    EXPECT_EQ(distinct.size(), all.size());
    for (small* const p : all) {
      for (const std::uint64_t word : *p) EXPECT_EQ(word, reinterpret_cast<std::uintptr_t>(p));
      allocator<small>().deallocate(p, 1);
    }
    all.clear(), distinct.clear();
  }
}

TEST(PlatformRecycling, LargeAndOverAlignedBlocksAreTheGeneralAllocators) {
  struct alignas(128) aligned {
    std::byte raw[128];
  };
  aligned* const a = allocator<aligned>().allocate(1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a) % 128, 0U);
  allocator<aligned>().deallocate(a, 1);
  std::byte* const large = allocator<std::byte>().allocate(100'000);
  large[99'999] = std::byte{1};
  allocator<std::byte>().deallocate(large, 100'000);
}

TEST(PlatformRecycling, OneThreadMayFreeWhatAnotherMade) {
  std::vector<small*> made;
  std::thread([&] {
    for (int i = 0; i != 500; ++i) made.push_back(allocator<small>().allocate(1));
  }).join();
  std::thread([&] {
    for (small* const p : made) allocator<small>().deallocate(p, 1);
  }).join();
}

// Made before the thread's blocks are first asked for, and so destroyed after they have ended.
struct frees_late {
  small* kept = nullptr;
  ~frees_late() { allocator<small>().deallocate(kept, 1); }
};

TEST(PlatformRecycling, AThreadsLastObjectsMayStillFreeAndAllocate) {
  std::thread([] {
    thread_local frees_late late;
    late.kept = allocator<small>().allocate(1);
    allocator<small>().deallocate(allocator<small>().allocate(1), 1);
  }).join();
}

}  // namespace
}  // namespace platform_recycling_test
