// SPDX-License-Identifier: BSL-1.0
#include <sluice/detail/event_count.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::event_count_test {
namespace {

template <class Base>
class event_count : public testing::Test {
 public:
  using observed = observed_platform<Base>;
  using count = detail::event_count<observed>;
  event_count() { observed::reset(); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(event_count, bases);

TYPED_TEST(event_count, a_notification_without_sleepers_wakes_nobody) {
  typename TestFixture::count e;
  e.notify_one();
  e.notify_all();
  EXPECT_EQ(TestFixture::observed::wakes, 0U);
}

TYPED_TEST(event_count, a_notification_after_prepare_spends_the_key) {
  typename TestFixture::count e;
  const auto key = e.prepare();
  e.notify_one();
  EXPECT_EQ(TestFixture::observed::wakes, 1U);
  EXPECT_EQ(e.wait(key, TypeParam::no_deadline, {}), wait_result::woken) << "it must not sleep";
  e.notify_one();
  EXPECT_EQ(TestFixture::observed::wakes, 1U) << "the bit is clear again";
}

TYPED_TEST(event_count, a_key_from_before_the_last_notification_does_not_sleep) {
  typename TestFixture::count e;
  const auto old = e.prepare();
  e.notify_all();
  const auto fresh = e.prepare();
  EXPECT_NE(old, fresh);
  EXPECT_EQ(e.wait(old, TypeParam::no_deadline, {}), wait_result::woken);
  EXPECT_EQ(e.wait(fresh, TypeParam::now(), {}), wait_result::timed_out);
}

TYPED_TEST(event_count, prepare_twice_gives_one_key) {
  typename TestFixture::count e;
  EXPECT_EQ(e.prepare(), e.prepare());
}

TYPED_TEST(event_count, notify_all_ends_every_sleep) {
  typename TestFixture::count e;
  std::atomic<bool> done{false};
  std::vector<std::thread> sleeping;
  for (int i = 0; i != 6; ++i)
    sleeping.emplace_back([&] {
      for (;;) {
        const auto key = e.prepare();
        if (done) return;
        e.wait(key, TypeParam::no_deadline, {});
      }
    });
  TestFixture::observed::wait_for_sleepers(6);
  done = true;
  e.notify_all();
  for (std::thread& t : sleeping) t.join();
}

// A token that two threads hand to and fro: if a notification is lost they stop.
TYPED_TEST(event_count, no_notification_is_lost_between_two_threads) {
  typename TestFixture::count turned;
  std::atomic<int> turn{0};
  const int turns = 2 * scaled(10'000);
  const auto play = [&](int me) {
    for (int i = me; i < turns; i += 2) {
      for (;;) {
        if (turn == i) break;
        const auto key = turned.prepare();
        if (turn == i) break;
        turned.wait(key, TypeParam::no_deadline, {});
      }
      turn = i + 1;
      turned.notify_all();
    }
  };
  std::thread other([&] { play(1); });
  play(0);
  other.join();
  EXPECT_EQ(turn, turns);
}

}  // namespace
}  // namespace sluice::test::event_count_test
