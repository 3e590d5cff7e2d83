// SPDX-License-Identifier: BSL-1.0
// How a waiting side behaves before it sleeps, over a platform whose clock and turns the test decides.
#include <sluice/detail/patience.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::test::patience_test {
namespace {

struct scripted_platform : std_platform {
  static inline std::uint32_t paused = 0;
  static inline int yielded = 0;
  static inline time_point clock{};
  static inline std::chrono::microseconds turn_takes{1};
  static void pause() noexcept { ++paused; }
  static void yield() noexcept { ++yielded, clock += turn_takes; }
  static time_point now() noexcept { return clock; }
};
using patience = detail::patience<scripted_platform>;

class patience_of_a_side : public testing::Test {
 protected:
  void SetUp() override {
    scripted_platform::clock = {};
    scripted_platform::turn_takes = std::chrono::microseconds{1};
  }
  // One wait whose look number `found_at` is the first to succeed, with `more` at hand then. Whether it succeeded.
  bool wait(int found_at, std::size_t more = 0, std::size_t capacity = 1024) {
    scripted_platform::paused = 0, scripted_platform::yielded = 0, looks = 0;
    return side.wait([&] { return ++looks == found_at; }, [&] { return more; }, capacity);
  }
  // Pauses before the first look.
  std::uint32_t first_pause() {
    wait(1, patience::least_pauses / 4);  // found something, neither plenty nor little where the pause is the least
    return scripted_platform::paused;
  }

  patience side;
  int looks = 0;
};
constexpr int never = 0;

TEST_F(patience_of_a_side, pauses_then_yields_then_ends) {
  EXPECT_FALSE(wait(never));
  EXPECT_EQ(scripted_platform::paused, patience::pauses_before_turns);
  EXPECT_EQ(scripted_platform::yielded, patience::turns);
  EXPECT_EQ(looks, static_cast<int>(patience::pauses_before_turns / patience::least_pauses) + patience::turns);
}

TEST_F(patience_of_a_side, ends_with_the_first_look_that_succeeds) {
  EXPECT_TRUE(wait(1));
  EXPECT_EQ(looks, 1);
  EXPECT_EQ(scripted_platform::paused, patience::least_pauses);
  EXPECT_EQ(scripted_platform::yielded, 0);
  EXPECT_TRUE(wait(static_cast<int>(patience::pauses_before_turns / patience::least_pauses) + 2));
  EXPECT_EQ(scripted_platform::yielded, 2);
}

TEST_F(patience_of_a_side, waits_twice_as_long_after_it_found_plenty_up_to_a_limit) {
  for (std::uint32_t expected = patience::least_pauses; expected != patience::most_pauses; expected *= 2) {
    EXPECT_TRUE(wait(1, 1024));
    EXPECT_EQ(scripted_platform::paused, expected);
  }
  for (int i = 0; i != 3; ++i) {
    EXPECT_TRUE(wait(1, 1024));
    EXPECT_EQ(scripted_platform::paused, patience::most_pauses);
  }
}

TEST_F(patience_of_a_side, waits_half_as_long_after_it_found_little_down_to_a_limit) {
  for (int i = 0; i != 10; ++i) wait(1, 1024);
  for (std::uint32_t expected = patience::most_pauses; expected != patience::least_pauses; expected /= 2) {
    EXPECT_TRUE(wait(1, 0));
    EXPECT_EQ(scripted_platform::paused, expected);
  }
  EXPECT_TRUE(wait(1, 0));
  EXPECT_TRUE(wait(1, 0));
  EXPECT_EQ(scripted_platform::paused, patience::least_pauses);
}

TEST_F(patience_of_a_side, does_not_wait_for_more_than_the_ring_holds) {
  for (int i = 0; i != 10; ++i) wait(1, 64, 64);
  EXPECT_EQ(scripted_platform::paused, 64U);
}

TEST_F(patience_of_a_side, learns_nothing_from_a_wait_in_vain) {
  for (int i = 0; i != 3; ++i) EXPECT_FALSE(wait(never, 1024));
  EXPECT_EQ(first_pause(), patience::least_pauses);
}

TEST_F(patience_of_a_side, stops_yielding_for_a_while_after_a_turn_that_took_long) {
  scripted_platform::turn_takes = patience::long_turn;
  EXPECT_FALSE(wait(never));
  EXPECT_EQ(scripted_platform::yielded, 1);
  scripted_platform::turn_takes = std::chrono::microseconds{1};
  for (std::uint32_t i = 0; i != patience::waits_without_turns; ++i) {
    EXPECT_FALSE(wait(never));
    EXPECT_EQ(scripted_platform::yielded, 0);
  }
  EXPECT_FALSE(wait(never));
  EXPECT_EQ(scripted_platform::yielded, patience::turns);
}

TEST_F(patience_of_a_side, takes_what_a_long_turn_brought) {
  scripted_platform::turn_takes = patience::long_turn;
  EXPECT_TRUE(wait(static_cast<int>(patience::pauses_before_turns / patience::least_pauses) + 1));
  EXPECT_FALSE(wait(never));
  EXPECT_EQ(scripted_platform::yielded, 0);
}

}  // namespace
}  // namespace sluice::test::patience_test
