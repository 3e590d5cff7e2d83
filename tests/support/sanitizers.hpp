// SPDX-License-Identifier: BSL-1.0
#pragma once
// How much slower a sanitizer makes this program, for tests whose effort is a choice.
#if defined(__SANITIZE_THREAD__)
#define SLUICE_TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_TEST_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_TEST_ASAN 1
#endif
#endif

namespace sluice::test {

#if defined(SLUICE_TEST_TSAN)
inline constexpr int slowdown = 10;
#elif defined(SLUICE_TEST_ASAN)
inline constexpr int slowdown = 4;
#else
inline constexpr int slowdown = 1;
#endif

// `n` rounds, fewer under a sanitizer.
constexpr int scaled(int n) { return n / slowdown > 0 ? n / slowdown : 1; }

}  // namespace sluice::test
