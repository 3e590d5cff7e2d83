// SPDX-License-Identifier: BSL-1.0
#include <sluice/once.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::once_test {
namespace {

template <class Base>
class any_once : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  using retrying = basic_once<platform>;
  using giving_up = basic_once<platform, once_policy::give_up>;
  any_once() { platform::reset(); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(any_once, bases);

TYPED_TEST(any_once, runs_the_first_function_and_no_other) {
  typename TestFixture::retrying o;
  int ran = 0;
  EXPECT_FALSE(o.done());
  o.call([&](int by) { ran += by; }, 3);
  EXPECT_TRUE(o.done());
  o.call([&] { ran += 100; });
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(TestFixture::platform::wakes, 0U) << "nobody waited";
}

TYPED_TEST(any_once, callers_wait_until_it_has_returned) {
  typename TestFixture::retrying o;
  std::latch inside(1);
  std::atomic<bool> go{false};
  int value = 0;
  std::thread runner([&] {
    o.call([&] {
      inside.count_down();
      while (!go) std::this_thread::yield();
      value = 7;
    });
  });
  inside.wait();
  std::vector<std::thread> callers;
  for (int i = 0; i != 6; ++i)
    callers.emplace_back([&] {
      o.call([&] { ADD_FAILURE() << "it ran twice"; });
      EXPECT_EQ(value, 7);
    });
  TestFixture::platform::wait_for_sleepers(6);
  EXPECT_FALSE(o.done());
  go = true;
  for (std::thread& t : callers) t.join();
  runner.join();
  EXPECT_EQ(TestFixture::platform::wakes, 1U) << "one call wakes all";
}

TYPED_TEST(any_once, by_default_an_exception_lets_the_next_caller_try) {
  typename TestFixture::retrying o;
  EXPECT_THROW(o.call([] { throw std::runtime_error("first"); }), std::runtime_error);
  EXPECT_FALSE(o.done());
  int ran = 0;
  o.call([&] { ++ran; });
  o.call([&] { ++ran; });
  EXPECT_EQ(ran, 1);
}

TYPED_TEST(any_once, a_sleeper_takes_over_from_one_that_throws) {
  typename TestFixture::retrying o;
  std::latch inside(1);
  std::atomic<bool> go{false};
  std::thread thrower([&] {
    EXPECT_THROW(o.call([&] {
      inside.count_down();
      while (!go) std::this_thread::yield();
      throw std::runtime_error("first");
    }),
                 std::runtime_error);
  });
  inside.wait();
  std::atomic<int> ran{0};
  std::vector<std::thread> callers;
  for (int i = 0; i != 4; ++i) callers.emplace_back([&] { o.call([&] { ++ran; }); });
  TestFixture::platform::wait_for_sleepers(4);
  go = true;
  for (std::thread& t : callers) t.join();
  thrower.join();
  EXPECT_EQ(ran, 1);
}

TYPED_TEST(any_once, by_policy_an_exception_counts_as_done) {
  typename TestFixture::giving_up o;
  EXPECT_THROW(o.call([] { throw std::runtime_error("only"); }), std::runtime_error);
  EXPECT_TRUE(o.done());
  o.call([] { ADD_FAILURE() << "it ran again"; });
}

TEST(once_value, is_made_when_it_is_first_asked_for) {
  once_value<std::string> v;
  EXPECT_EQ(v.get_if(), nullptr);
  EXPECT_THROW(v.get([]() -> std::string { throw std::runtime_error("first"); }), std::runtime_error);
  EXPECT_EQ(v.get_if(), nullptr);
  EXPECT_EQ(v.get([] { return std::string("made"); }), "made");
  EXPECT_EQ(v.get([] { return std::string("again"); }), "made");
  ASSERT_NE(v.get_if(), nullptr);
  EXPECT_EQ(*std::as_const(v).get_if(), "made");
}

TEST(once_value, is_the_same_object_for_every_thread) {
  once_value<std::vector<int>> v;
  std::atomic<const void*> seen{nullptr};
  std::vector<std::thread> crew;
  for (int i = 0; i != 4; ++i)
    crew.emplace_back([&] {
      const std::vector<int>& got = v.get([] { return std::vector<int>(100, 1); });
      EXPECT_EQ(got.size(), 100U);
      const void* none = nullptr;
      if (!seen.compare_exchange_strong(none, &got)) {
        EXPECT_EQ(none, &got);
      }
    });
  for (std::thread& t : crew) t.join();
}

// The one that ran it is on its way out when another finds it done and frees it.
TYPED_TEST(any_once, who_finds_it_done_may_destroy_it) {
  for (int i = 0; i != scaled(400); ++i) {
    auto o = std::make_unique<typename TestFixture::retrying>();
    auto* const shared = o.get();
    std::latch running(1);
    std::thread runner([&running, shared] { shared->call([&] { running.count_down(); }); });
    running.wait();
    o->call([] {});
    o.reset();
    runner.join();
  }
}

}  // namespace
}  // namespace sluice::test::once_test
