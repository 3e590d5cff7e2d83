// SPDX-License-Identifier: BSL-1.0
#include <sluice/platform.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

#include "../support/sanitizers.hpp"

namespace sluice::test::platform_test {
namespace {

using namespace std::chrono_literals;
using word = std::atomic<std::uint32_t>;
using time_point = std::chrono::steady_clock::time_point;
constexpr time_point no_deadline = time_point::max();

#if defined(__linux__)
// The two ways in which linux_futex can be stopped; which one wait() takes depends on the kernel.
struct futex_by_second_word : detail::linux_futex {
  static wait_result wait(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) {
    return stop_by_second_word(w, expected, deadline, stop);
  }
};
struct futex_by_repetition : detail::linux_futex {
  static wait_result wait(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) {
    return stop_by_repetition(w, expected, deadline, stop);
  }
};
using sleepers = testing::Types<detail::linux_futex, futex_by_second_word, futex_by_repetition, detail::parking_table>;
#else
using sleepers = testing::Types<detail::parking_table>;
#endif

template <class Futex>
class platform_wait : public testing::Test {
 public:
  // Sleeps until the word has changed, whatever wakes it in between.
  static void wait_for_change(word& w, std::uint32_t from) {
    while (w.load() == from) Futex::wait(w, from, no_deadline, {});
  }
  // Wakes `threads` sleepers in all. No telling when they fall asleep, so it asks until so many were woken.
  static void wake_in_all(word& w, std::size_t threads, std::size_t at_a_time) {
    for (std::size_t woken = 0; woken < threads;) {
      const std::size_t now = Futex::wake(w, at_a_time);
      EXPECT_LE(now, at_a_time);
      woken += now;
      if (now == 0) std::this_thread::yield();
    }
  }
};
TYPED_TEST_SUITE(platform_wait, sleepers);

TYPED_TEST(platform_wait, returns_at_once_when_the_word_differs) {
  word w{1};
  EXPECT_EQ(TypeParam::wait(w, 2, no_deadline, {}), wait_result::woken);
  std::stop_source source;
  EXPECT_EQ(TypeParam::wait(w, 2, no_deadline, source.get_token()), wait_result::woken);
  EXPECT_EQ(TypeParam::wait(w, 2, std::chrono::steady_clock::now() + 1h, source.get_token()), wait_result::woken);
}

TYPED_TEST(platform_wait, times_out_at_once_when_the_deadline_has_passed) {
  word w{0};
  std::stop_source source;
  for (const time_point passed :
       {std::chrono::steady_clock::now(), time_point{}, time_point::min(), time_point{} - 1h}) {
    EXPECT_EQ(TypeParam::wait(w, 0, passed, {}), wait_result::timed_out);
    EXPECT_EQ(TypeParam::wait(w, 0, passed, source.get_token()), wait_result::timed_out);
  }
}

TYPED_TEST(platform_wait, times_out_at_the_deadline_and_not_before) {
  word w{0};
  std::stop_source source;
  for (const std::stop_token& stop : {std::stop_token{}, source.get_token()}) {
    const time_point deadline = std::chrono::steady_clock::now() + 15ms;
    while (TypeParam::wait(w, 0, deadline, stop) != wait_result::timed_out) {
    }
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  }
}

TYPED_TEST(platform_wait, does_not_sleep_when_stopped_before) {
  word w{0};
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(TypeParam::wait(w, 0, no_deadline, source.get_token()), wait_result::stopped);
}

TYPED_TEST(platform_wait, a_stop_during_the_sleep_ends_it_and_leaves_the_word) {
  for (int round = 0; round != scaled(1'000); ++round) {
    word w{0};
    std::stop_source source;
    std::atomic<bool> inside{false};
    std::thread sleeper([&] {
      inside = true;
      while (TypeParam::wait(w, 0, no_deadline, source.get_token()) != wait_result::stopped) {
      }
    });
    while (!inside) std::this_thread::yield();
    source.request_stop();
    sleeper.join();
    ASSERT_EQ(w, 0U);
  }
}

TYPED_TEST(platform_wait, a_stop_reaches_every_sleeper_of_its_token) {
  word w{0};
  std::stop_source source;
  std::vector<std::thread> sleepers_of_one_word;
  for (int i = 0; i != 6; ++i)
    sleepers_of_one_word.emplace_back([&] {
      while (TypeParam::wait(w, 0, no_deadline, source.get_token()) != wait_result::stopped) {
      }
    });
  source.request_stop();
  for (std::thread& t : sleepers_of_one_word) t.join();
}

TYPED_TEST(platform_wait, a_change_and_a_wake_end_the_sleep_whether_or_not_it_has_begun) {
  for (int round = 0; round != scaled(1'000); ++round) {
    word w{0};
    std::thread sleeper([&] { this->wait_for_change(w, 0); });
    w = 1;
    TypeParam::wake(w, 1);
    sleeper.join();
  }
}

TYPED_TEST(platform_wait, a_wake_reaches_a_sleeper_that_could_also_be_stopped) {
  word w{0};
  std::stop_source source;
  std::thread sleeper([&] {
    while (w.load() == 0) EXPECT_NE(TypeParam::wait(w, 0, no_deadline, source.get_token()), wait_result::stopped);
  });
  w = 1;
  TypeParam::wake(w, 1);
  sleeper.join();
}

TYPED_TEST(platform_wait, wakes_nobody_where_nobody_sleeps) {
  word w{0};
  EXPECT_EQ(TypeParam::wake(w, 1), 0U);
  EXPECT_EQ(TypeParam::wake(w, SIZE_MAX), 0U);
}

TYPED_TEST(platform_wait, a_wake_by_the_key_of_a_word_that_is_gone_wakes_nobody) {
  std::optional<word> w(0);
  word* const key = &*w;
  w.reset();
  EXPECT_EQ(TypeParam::wake(key, 1), 0U);
}

TYPED_TEST(platform_wait, wake_one_wakes_one_at_a_time) {
  word w{0};
  std::atomic<int> awake{0};
  std::vector<std::thread> sleeping;
  for (int i = 0; i != 4; ++i)
    sleeping.emplace_back([&] {
      EXPECT_EQ(TypeParam::wait(w, 0, no_deadline, {}), wait_result::woken);
      ++awake;
    });
  for (int i = 1; i != 5; ++i) {
    this->wake_in_all(w, 1, 1);
    while (awake < i) std::this_thread::yield();
    EXPECT_EQ(awake, i);
  }
  for (std::thread& t : sleeping) t.join();
}

TYPED_TEST(platform_wait, wake_all_wakes_all) {
  word w{0};
  std::vector<std::thread> sleeping;
  for (int i = 0; i != 8; ++i)
    sleeping.emplace_back([&] { EXPECT_EQ(TypeParam::wait(w, 0, no_deadline, {}), wait_result::woken); });
  this->wake_in_all(w, 8, SIZE_MAX);
  for (std::thread& t : sleeping) t.join();
}

TYPED_TEST(platform_wait, wakes_of_another_word_do_not_count_as_ours) {
  // More words than a table of parking places has buckets, so that some share one.
  std::vector<word> words(300);
  word& mine = words[150];
  std::atomic<bool> woken{false};
  std::thread sleeper([&] {
    EXPECT_EQ(TypeParam::wait(mine, 0, no_deadline, {}), wait_result::woken);
    woken = true;
  });
  for (word& w : words) {
    if (&w == &mine) continue;
    EXPECT_EQ(TypeParam::wake(w, SIZE_MAX), 0U);
  }
  this->wake_in_all(mine, 1, 1);
  sleeper.join();
  EXPECT_TRUE(woken);
}

template <class Platform>
class platform_key : public testing::Test {};
using platforms = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(platform_key, platforms);

TYPED_TEST(platform_key, wakes_the_sleeper_of_its_word) {
  typename TypeParam::template atomic<std::uint32_t> w{0};
  std::thread sleeper([&] {
    while (w.load(std::memory_order_acquire) == 0) TypeParam::wait(w, 0);
  });
  const auto key = TypeParam::key_of(w);
  w.store(1, std::memory_order_release);
  TypeParam::wake_by_key(key);
  sleeper.join();
  EXPECT_EQ(TypeParam::wake_by_key(key), 0U);
}

// A static object that is older than the first wait wakes, when it goes, a thread that sleeps then.
TEST(platform_end, a_static_object_may_wake_a_thread_that_sleeps_when_the_program_ends) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  struct wakes_at_its_end {
    portable_platform::atomic<std::uint32_t> word{0};
    ~wakes_at_its_end() {
      while (portable_platform::wake_all(word) == 0) std::this_thread::yield();
      while (word.load(std::memory_order_acquire) != 2) std::this_thread::yield();
    }
  };
  const auto program = [] {
    static wakes_at_its_end older;
    std::thread([] {
      older.word.store(1, std::memory_order_release);
      while (portable_platform::wait(older.word, 1) != wait_result::woken) continue;
      older.word.store(2, std::memory_order_release);
    }).detach();
    while (older.word.load(std::memory_order_acquire) != 1) std::this_thread::yield();
    std::this_thread::sleep_for(20ms);  // it most likely sleeps by now: the end is to find it there
    std::exit(0);
  };
  EXPECT_EXIT(program(), testing::ExitedWithCode(0), "");
}

// Each thread writes its word, fences, and reads the other's: at least one must see the other's write.
TEST(platform_fence, light_and_heavy_forbid_that_both_sides_miss_each_other) {
  std_platform::atomic<int> x{0};
  std_platform::atomic<int> y{0};
  std::atomic<int> at_start{0};
  const int rounds = scaled(200'000);
  std::vector<char> light_saw(static_cast<std::size_t>(rounds));
  std::vector<char> heavy_saw(static_cast<std::size_t>(rounds));
  const auto meet = [&](int round) {
    at_start.fetch_add(1);
    for (int spins = 0; at_start.load() < 2 * (round + 1); ++spins) {
      if (spins % 1000 == 999) std_platform::yield();
    }
  };
  std::thread heavy([&] {
    for (int i = 0; i != rounds; ++i) {
      meet(i);
      y.store(i + 1, std::memory_order_relaxed);
      std_platform::fence_heavy();
      heavy_saw[static_cast<std::size_t>(i)] = x.load(std::memory_order_relaxed) == i + 1;
    }
  });
  for (int i = 0; i != rounds; ++i) {
    meet(i);
    x.store(i + 1, std::memory_order_relaxed);
    std_platform::fence_light();
    light_saw[static_cast<std::size_t>(i)] = y.load(std::memory_order_relaxed) == i + 1;
  }
  heavy.join();
  for (std::size_t i = 0; i != light_saw.size(); ++i) ASSERT_TRUE(light_saw[i] || heavy_saw[i]) << "round " << i;
}

// An order can never be left out, and operators that would imply one do not exist.
template <class A>
concept loads_without_an_order = requires(A a) { a.load(); } || requires(A a) { static_cast<int>(a); };
template <class A>
concept stores_without_an_order = requires(A a) { a.store(1); } || requires(A a) { a = 1; };
template <class A>
concept modifies_without_an_order =
    requires(A a) { ++a; } || requires(A a) { a.fetch_add(1); } || requires(A a) { a |= 1; };
static_assert(loads_without_an_order<std::atomic<int>>, "the concept sees what it is about");
static_assert(!loads_without_an_order<std_platform::atomic<int>>);
static_assert(!stores_without_an_order<std_platform::atomic<int>>);
static_assert(!modifies_without_an_order<std_platform::atomic<int>>);
static_assert(sizeof(std_platform::atomic<std::uint64_t>) == sizeof(std::uint64_t));

TEST(platform_atomic, does_what_std_atomic_does) {
  std_platform::atomic<int> a{5};
  EXPECT_EQ(a.load(std::memory_order_relaxed), 5);
  a.store(6, std::memory_order_release);
  EXPECT_EQ(a.exchange(7, std::memory_order_acq_rel), 6);
  EXPECT_EQ(a.fetch_add(1, std::memory_order_relaxed), 7);
  EXPECT_EQ(a.fetch_sub(2, std::memory_order_relaxed), 8);
  EXPECT_EQ(a.fetch_or(1, std::memory_order_relaxed), 6);
  EXPECT_EQ(a.fetch_and(3, std::memory_order_relaxed), 7);
  EXPECT_EQ(a.fetch_xor(1, std::memory_order_relaxed), 3);
  int expected = 9;
  EXPECT_FALSE(a.compare_exchange_strong(expected, 1, std::memory_order_seq_cst, std::memory_order_relaxed));
  EXPECT_EQ(expected, 2);
  while (!a.compare_exchange_weak(expected, 1, std::memory_order_seq_cst, std::memory_order_relaxed)) {
  }
  EXPECT_EQ(a.load(std::memory_order_seq_cst), 1);
}

TEST(platform_var, is_the_value_that_was_stored) {
  std_platform::var<int> v{3};
  EXPECT_EQ(v.load(), 3);
  v.store(4);
  EXPECT_EQ(v.load(), 4);
  EXPECT_EQ(std_platform::var<int>{}.load(), 0);
}

TEST(platform_cell, is_room_for_one_element_and_as_aligned) {
  struct alignas(128) big {
    int value;
  };
  std_platform::cell<big> c;
  static_assert(sizeof(c) == sizeof(big) && alignof(std_platform::cell<big>) == 128);
  std::construct_at(c.storage(), big{9});
  EXPECT_EQ(c.value().value, 9);
  std::destroy_at(&c.value());
}

TEST(platform, counts_at_least_one_cpu) { EXPECT_GE(std_platform::cpus(), 1U); }

#if defined(__linux__)
TEST(platform, cpus_are_those_of_the_process_and_not_of_the_thread_that_asks_first) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  std::thread([&all] {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
      if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(std_platform::cpus(), static_cast<unsigned>(CPU_COUNT(&all)));
  }).join();
}
#endif

}  // namespace
}  // namespace sluice::test::platform_test
