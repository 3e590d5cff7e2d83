// SPDX-License-Identifier: BSL-1.0
// Data goes into a channel as long as there is room; what comes when there is none is dropped and counted, and nobody waits.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/select.hpp>

namespace sluice::test::send_or_drop_test {
namespace {

class outbox {
 public:
  explicit outbox(std::size_t room) : ch_(make_chan<std::string>(room)) {}
  void send_or_drop(std::string data) {
    select(on_push(ch_, std::move(data)),
           otherwise([&] { dropped_ += data.size(); }));  // a push that does not fire leaves data
  }
  std::size_t dropped() const { return dropped_; }
  receiver<std::string> sent() const { return ch_; }

 private:
  chan<std::string> ch_;
  std::size_t dropped_ = 0;
};

TEST(send_or_drop, drops_what_there_is_no_room_for) {
  outbox box(2);
  for (const char* const data : {"one", "two", "three", "four"}) box.send_or_drop(data);
  EXPECT_EQ(box.dropped(), 9U);
  EXPECT_EQ(box.sent().pop(), "one");
  box.send_or_drop("five");
  EXPECT_EQ(box.dropped(), 9U);
  EXPECT_EQ(box.sent().pop(), "two");
  EXPECT_EQ(box.sent().pop(), "five");
}

}  // namespace
}  // namespace sluice::test::send_or_drop_test
