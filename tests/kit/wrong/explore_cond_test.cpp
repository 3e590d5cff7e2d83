// SPDX-License-Identifier: BSL-1.0
// Why cond is a list and not a number: the four-byte condition variable that is often written loses a signal.
#include <gtest/gtest.h>

#include <kit/explore.hpp>

namespace explore_cond_test {
namespace {

using namespace sluice::explore;

// A notification counts the word up and wakes one; a wait sleeps while the word is what it was. Thread 0 waits, thread 1
// notifies once thread 0 is registered, thread 2 comes after the notification and may give up. The futex may wake either.
template <class Engine>
struct counting_cond {
  using platform = typename Engine::platform;
  static constexpr const char* name = "counting_cond";
  static constexpr const char* property = "a signal goes to who waited before it";
  static constexpr unsigned threads = 3;

  typename platform::template atomic<std::uint32_t> notified{0};
  typename platform::template atomic<std::uint32_t> waiting{0};

  void thread(unsigned index) {
    if (index == 0) {
      const std::uint32_t key = notified.load(order::relaxed);
      waiting.store(1, order::release);
      platform::wait(notified, key);
    } else if (index == 1) {
      while (waiting.load(order::acquire) == 0) platform::pause();
      notified.fetch_add(1, order::seq_cst);
      platform::wake_one(notified);
    } else if (const std::uint32_t key = notified.load(order::relaxed); key == 1) {
      platform::wait(notified, key, platform::now());
    }
  }
  void finish() {}
};

TEST(ExploreFinds, TheSignalThatAFourByteConditionVariableLoses) {
  const report r = check<counting_cond>();
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_EQ(r.violation, violation::deadlock) << r.message;
}

}  // namespace
}  // namespace explore_cond_test
