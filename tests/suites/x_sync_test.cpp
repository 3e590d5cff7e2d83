// SPDX-License-Identifier: BSL-1.0
// What the tests of golang.org/x/sync check of semaphore and singleflight, in our words and code.
#include <sluice/semaphore.hpp>
#include <sluice/single_flight.hpp>
#include <sluice/wait_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::x_sync_test {
namespace {

using namespace std::chrono_literals;
using observed = observed_platform<std_platform>;

// TestWeighted
TEST(x_semaphore, threads_of_all_weights_come_through) {
  constexpr std::uint64_t n = 4;
  semaphore s(n);
  std::atomic<std::uint64_t> inside{0};
  std::vector<std::thread> crew;
  for (std::uint64_t weight = 0; weight <= n; ++weight)
    crew.emplace_back([&, weight] {
      for (int i = 0; i != scaled(1000); ++i) {
        s.acquire(weight);
        EXPECT_LE(inside += weight, n);
        inside -= weight;
        s.release(weight);
      }
    });
  for (std::thread& t : crew) t.join();
  EXPECT_TRUE(s.try_acquire(n));
}

// TestWeightedPanic
TEST(x_semaphore, a_release_of_what_was_not_acquired_is_refused) {
  semaphore s(1);
  EXPECT_THROW(s.release(1), std::logic_error);
  EXPECT_TRUE(s.try_acquire(1)) << "and changes nothing";
}

// TestWeightedTryAcquire, TestWeightedAcquire
TEST(x_semaphore, takes_what_is_free_and_no_more) {
  semaphore s(2);
  const auto timed = [&](std::uint64_t n) { return s.try_acquire_for(n, 5ms); };
  for (const bool by_time : {false, true}) {
    const auto attempt = [&](std::uint64_t n) { return by_time ? timed(n) : s.try_acquire(n); };
    s.acquire(1);
    EXPECT_TRUE(attempt(1));
    EXPECT_FALSE(attempt(1));
    s.release(2);
    EXPECT_TRUE(attempt(1));
    s.acquire(1);
    EXPECT_FALSE(attempt(1));
    s.release(2);
  }
}

// TestWeightedDoesntBlockIfTooBig: there it waits for its context; here it is refused at once.
TEST(x_semaphore, a_wish_that_can_never_be_met_blocks_nobody) {
  semaphore s(2);
  EXPECT_THROW(s.acquire(3), std::invalid_argument);
  EXPECT_FALSE(s.try_acquire(3));
  for (int i = 0; i != 6; ++i) {
    s.acquire(1);
    s.release(1);
  }
}

// TestLargeAcquireDoesntStarve
TEST(x_semaphore, a_large_wish_does_not_starve) {
  constexpr std::uint64_t n = 3;
  semaphore s(n);
  std::atomic<bool> running{true};
  std::vector<std::thread> crew;
  for (std::uint64_t i = 0; i != n; ++i) {
    s.acquire(1);
    crew.emplace_back([&] {
      while (running) {
        s.release(1);
        s.acquire(1);
      }
      s.release(1);
    });
  }
  s.acquire(n);  // or for ever
  running = false;
  s.release(n);
  for (std::thread& t : crew) t.join();
  EXPECT_TRUE(s.try_acquire(n));
}

// TestAllocCancelDoesntStarve, golang/go #37852
TEST(x_semaphore, who_gives_up_at_the_head_lets_those_behind_it_go) {
  observed::reset();
  basic_semaphore<observed> s(10);
  s.acquire(1);
  std::stop_source stop;
  std::thread all([&] { EXPECT_FALSE(s.acquire_or_stop(10, stop.get_token())); });
  observed::wait_for_sleepers(1);
  std::thread one([&] { s.acquire(1); });
  observed::wait_for_sleepers(2);
  EXPECT_FALSE(s.try_acquire(1)) << "those who wait come first";
  stop.request_stop();
  all.join();
  one.join();
  EXPECT_TRUE(s.try_acquire(8));
  EXPECT_FALSE(s.try_acquire(1));
}

using flights = single_flight<std::string, std::string>;

// TestDo
TEST(x_single_flight, gives_what_the_function_gives) {
  flights f;
  const auto r = f.run("key", [] { return std::string("bar"); });
  EXPECT_EQ(r.value, "bar");
  EXPECT_FALSE(r.shared);
  EXPECT_EQ(f.size(), 0U);
}

// TestDoErr
TEST(x_single_flight, throws_what_the_function_throws) {
  flights f;
  EXPECT_THROW(f.run("key", []() -> std::string { throw std::runtime_error("some error"); }), std::runtime_error);
  EXPECT_EQ(f.run("key", [] { return std::string("next"); }).value, "next") << "and keeps nothing of it";
}

// A flight that stays in the air until told to land, with `passengers` aboard.
class held_flight {
 public:
  using group = single_flight<int, int, std::hash<int>, std::equal_to<int>, observed>;
  explicit held_flight(group& f, int value, bool throws = false) : f_(f) {
    leader_ = std::thread([this, value, throws] {
      run([this, value, throws] {
        begun_.done();
        land_.wait();
        if (throws) throw std::runtime_error("crash");
        return value;
      });
    });
    begun_.wait();
  }
  void board(int passengers) {
    // One after the other, so that each of them sleeps for the flight and none for the mutex.
    for (int i = 0; i != passengers; ++i) {
      const std::uint64_t before = observed::sleeps;
      passengers_.emplace_back([this] {
        run([] {
          ADD_FAILURE() << "a passenger flies";
          return 0;
        });
      });
      observed::wait_for_sleepers(before + 1);
    }
  }
  void land() {
    land_.done();
    leader_.join();
    for (std::thread& t : passengers_) t.join();
  }
  std::atomic<int> sum{0};
  std::atomic<int> shared{0};
  std::atomic<int> thrown{0};

 private:
  template <class F>
  void run(F f) {
    try {
      const auto r = f_.run(7, f);
      sum += r.value;
      shared += int{r.shared};
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  group& f_;
  wait_group begun_{1};
  wait_group land_{1};
  std::thread leader_;
  std::vector<std::thread> passengers_;
};

// TestDoDupSuppress
TEST(x_single_flight, ten_callers_make_one_call) {
  observed::reset();
  held_flight::group f;
  held_flight flight(f, 5);
  flight.board(9);
  EXPECT_EQ(f.size(), 1U);
  flight.land();
  EXPECT_EQ(flight.sum, 50);
  EXPECT_EQ(flight.shared, 10) << "all are told that it was shared";
  EXPECT_EQ(f.size(), 0U);
}

// TestForget, golang/go #31420: the first flight lands while the second is in the air, and a third caller joins the second.
TEST(x_single_flight, a_forgotten_flight_leaves_the_younger_one_alone) {
  observed::reset();
  held_flight::group f;
  held_flight first(f, 1);
  first.board(2);
  f.forget(7);
  EXPECT_EQ(f.size(), 0U);
  held_flight second(f, 2);
  first.land();
  EXPECT_EQ(first.sum, 3) << "who shared it still gets its result";
  EXPECT_EQ(f.size(), 1U);
  second.board(1);
  second.land();
  EXPECT_EQ(second.sum, 4);
  EXPECT_EQ(f.size(), 0U);
}

// TestPanicDo, golang/go #33519
TEST(x_single_flight, an_exception_reaches_everybody_and_hangs_nobody) {
  observed::reset();
  held_flight::group f;
  held_flight flight(f, 0, true);
  flight.board(4);
  flight.land();
  EXPECT_EQ(flight.thrown, 5);
  EXPECT_EQ(f.size(), 0U);
}

// TestDoChan
TEST(x_single_flight, a_receiver_brings_what_the_function_gives) {
  flights f;
  std::thread other;
  const auto arrival = f.run_async(
      "key", [] { return std::string("bar"); }, [&other](auto run) { other = std::thread(std::move(run)); });
  const auto landed = arrival.pop();
  ASSERT_TRUE(landed);
  EXPECT_FALSE(landed->failed());
  EXPECT_EQ(landed->get().value, "bar");
  EXPECT_FALSE(landed->get().shared);
  EXPECT_FALSE(arrival.try_pop()) << "once";
  other.join();
}

// TestPanicDoChan, TestPanicDoSharedByDoChan: in Go the program ends; here the exception comes out of each receiver.
TEST(x_single_flight, an_exception_comes_out_of_every_receiver_and_of_run) {
  flights f;
  std::function<void()> later;  // std::function copies what it holds
  const auto fails = []() -> std::string { throw std::runtime_error("invalid memory address"); };
  const auto first = f.run_async("key", fails, [&later](auto run) { later = std::move(run); });
  const auto second = f.run_async("key", fails, [](const auto&) { FAIL() << "there is a flight to join"; });
  EXPECT_EQ(first.try_pop().error(), conqueue_status::empty);
  later();
  for (const auto& arrival : {first, second}) {
    const auto landed = arrival.pop();
    ASSERT_TRUE(landed);
    EXPECT_TRUE(landed->failed());
    EXPECT_THROW(static_cast<void>(landed->get()), std::runtime_error);
  }
  EXPECT_EQ(f.size(), 0U);
}
TEST(x_single_flight, who_cannot_start_a_flight_lands_it_with_the_reason) {
  flights f;
  const auto arrival = f.run_async(
      "key", [] { return std::string(); },
      [](const auto&) { throw std::system_error(EAGAIN, std::generic_category()); });
  EXPECT_THROW(static_cast<void>(arrival.pop()->get()), std::system_error);
  EXPECT_EQ(f.run("key", [] { return std::string("again"); }).value, "again");
}

}  // namespace
}  // namespace sluice::test::x_sync_test
