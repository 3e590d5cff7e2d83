// SPDX-License-Identifier: BSL-1.0
#include <sluice/rw_mutex.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::rw_mutex_test {
namespace {

using namespace std::chrono_literals;

template <class Base>
class any_rw_mutex : public testing::Test {
 public:
  using platform = observed_platform<Base>;
  using lock = basic_rw_mutex<platform>;
  any_rw_mutex() { platform::reset(); }
};
using bases = testing::Types<std_platform, portable_platform>;
TYPED_TEST_SUITE(any_rw_mutex, bases);

TYPED_TEST(any_rw_mutex, fits_the_standard_locks) {
  typename TestFixture::lock m;
  {
    const std::unique_lock writing(m);
    EXPECT_FALSE(m.try_lock());
    EXPECT_FALSE(m.try_lock_shared());
  }
  {
    const std::shared_lock one(m);
    const std::shared_lock two(m, std::try_to_lock);
    EXPECT_TRUE(two.owns_lock());
    EXPECT_FALSE(m.try_lock());
  }
  std::unique_lock timed(m, 1h);
  EXPECT_TRUE(timed.owns_lock());
  timed.unlock();
  std::shared_lock reading(m, std::chrono::system_clock::now() + 1h);
  EXPECT_TRUE(reading.owns_lock());
  EXPECT_EQ(TestFixture::platform::sleeps + TestFixture::platform::wakes, 0U) << "nobody waited";
}

TYPED_TEST(any_rw_mutex, a_writer_that_leaves_lets_all_readers_in_that_wait) {
  typename TestFixture::lock m;
  m.lock();
  std::latch inside(4);
  std::vector<std::thread> readers;
  for (int i = 0; i != 4; ++i)
    readers.emplace_back([&] {
      const std::shared_lock reading(m);
      inside.arrive_and_wait();  // together, or for ever
    });
  TestFixture::platform::wait_for_sleepers(4);
  m.unlock();
  for (std::thread& t : readers) t.join();
  EXPECT_EQ(TestFixture::platform::wakes, 1U) << "one call wakes all";
}

TYPED_TEST(any_rw_mutex, the_last_reader_lets_the_writer_in) {
  typename TestFixture::lock m;
  m.lock_shared();
  m.lock_shared();
  std::thread writer([&] {
    m.lock();
    m.unlock();
  });
  TestFixture::platform::wait_for_sleepers(1);
  m.unlock_shared();
  EXPECT_FALSE(m.try_lock_shared()) << "a writer waits";
  m.unlock_shared();
  writer.join();
}

TYPED_TEST(any_rw_mutex, a_writer_that_leaves_wakes_one_that_waits) {
  typename TestFixture::lock m;
  m.lock();
  std::vector<std::thread> writers;
  for (int i = 0; i != 3; ++i)
    writers.emplace_back([&] {
      m.lock();
      m.unlock();
    });
  TestFixture::platform::wait_for_sleepers(3);
  m.unlock();
  for (std::thread& t : writers) t.join();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(any_rw_mutex, a_writer_that_gives_up_lets_those_in_whom_it_held_back) {
  typename TestFixture::lock m;
  for (const bool by_stop : {true, false}) {
    TestFixture::platform::reset();
    std::stop_source stop;
    m.lock_shared();
    std::thread writer([&] {
      if (by_stop)
        EXPECT_FALSE(m.lock_or_stop(stop.get_token()));
      else
        EXPECT_FALSE(m.try_lock_for(50ms, stop.get_token()));
    });
    TestFixture::platform::wait_for_sleepers(1);
    std::thread reader([&] {
      m.lock_shared();
      m.unlock_shared();
    });
    if (by_stop) {
      TestFixture::platform::wait_for_sleepers(2);
      stop.request_stop();
    }
    writer.join();
    reader.join();  // though this thread still reads
    m.unlock_shared();
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  }
}

TYPED_TEST(any_rw_mutex, a_reader_that_gives_up_leaves_no_trace) {
  typename TestFixture::lock m;
  std::stop_source stop;
  m.lock();
  EXPECT_FALSE(m.try_lock_shared_for(1ms));
  EXPECT_FALSE(m.try_lock_shared_until(std::chrono::system_clock::now() + 1ms));
  EXPECT_FALSE(m.try_lock_for(1ms));
  EXPECT_FALSE(m.try_lock_until(std::chrono::steady_clock::time_point::min()));
  std::thread reader([&] { EXPECT_FALSE(m.lock_shared_or_stop(stop.get_token())); });
  stop.request_stop();
  reader.join();
  m.unlock();
  EXPECT_EQ(TestFixture::platform::wakes, 0U) << "nobody was left to wake";
  EXPECT_TRUE(m.lock_or_stop(stop.get_token())) << "what is free is taken";
  m.unlock();
}

TYPED_TEST(any_rw_mutex, excludes_and_shares_among_many_threads) {
  typename TestFixture::lock m;
  int a = 0;
  int b = 0;
  std::latch start(6);
  std::vector<std::thread> crew;
  for (int who = 0; who != 6; ++who)
    crew.emplace_back([&, who] {
      start.arrive_and_wait();
      for (int i = 0; i != scaled(2000); ++i) {
        if (who < 2) {
          if (who == 1 && !m.try_lock_for(10us)) m.lock();
          if (who == 0) m.lock();
          ++a, ++b;
          m.unlock();
        } else {
          if (who == 5 ? !m.try_lock_shared_for(10us) : !m.try_lock_shared()) m.lock_shared();
          EXPECT_EQ(a, b);
          m.unlock_shared();
        }
      }
    });
  for (std::thread& t : crew) t.join();
  EXPECT_EQ(a, 2 * scaled(2000));
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TYPED_TEST(any_rw_mutex, the_next_owner_may_destroy_it) {
  struct shared {
    typename TestFixture::lock guard;
    int users = 3;
  };
  for (int i = 0; i != scaled(300); ++i) {
    auto* const s = new shared;
    const auto leave = [s] {
      s->guard.lock_shared();
      s->guard.unlock_shared();
      s->guard.lock();
      const int left = --s->users;
      s->guard.unlock();
      if (left == 0) delete s;
    };
    std::thread one(leave);
    std::thread two(leave);
    leave();
    one.join();
    two.join();
  }
}

// Whoever would sleep does what the test says instead.
struct scripted_platform : std_platform {
  static inline const std::function<wait_result()>* instead_of_sleep = nullptr;
  static unsigned cpus() noexcept { return 1; }
  static wait_result wait(atomic<std::uint32_t>&, std::uint32_t, time_point = no_deadline, const stop_token& = {}) {
    return (*instead_of_sleep)();
  }
};

TEST(rw_mutex, a_reader_whose_turn_has_come_goes_in_however_many_turns_later_it_looks) {
  using sleep = std::function<wait_result()>;
  struct sleeps_on {};
  basic_rw_mutex<scripted_platform> m;
  const auto lock_shared = [&](const sleep& instead) {
    scripted_platform::instead_of_sleep = &instead;
    m.lock_shared();
  };
  const sleep sleep_on = []() -> wait_result { throw sleeps_on(); };
  // A writer that waits holds a reader back, and lets it in as it gives up: one turn.
  const sleep hold_back_a_reader = [&] {
    EXPECT_THROW(lock_shared(sleep_on), sleeps_on);
    return wait_result::timed_out;
  };
  const sleep sleep_for_many_turns = [&] {
    m.unlock();  // our turn comes
    for (int i = 0; i != (1 << 17) + 1; ++i) {
      scripted_platform::instead_of_sleep = &hold_back_a_reader;
      EXPECT_FALSE(m.try_lock_for(1h));
      m.unlock_shared();  // for that reader
    }
    scripted_platform::instead_of_sleep = &sleep_on;
    return wait_result::woken;
  };
  m.lock();
  lock_shared(sleep_for_many_turns);
  m.unlock_shared();
  EXPECT_TRUE(m.try_lock());
}

}  // namespace
}  // namespace sluice::test::rw_mutex_test
