// SPDX-License-Identifier: BSL-1.0
// Waiting: loops without effect, the futex, time-outs, stop requests; exceptions and objects that threads make.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <kit/explore.hpp>
#include <set>
#include <stdexcept>

#include "../enumerator/structures.hpp"

namespace explore_blocking_test {
namespace {

using namespace sluice::explore;
using namespace structures;
using sluice::wait_result;

template <class Engine>
struct awaits_a_flag : base<Engine, 2> {
  typename Engine::platform::template atomic<bool> flag{false};
  void thread(unsigned i) {
    if (i == 0) return flag.store(true, release);
    while (!flag.load(acquire)) {
    }
  }
};
// The flag is seen, in one execution, or waited for, in one that leads nowhere: rounds are not counted.
TEST(ExploreBlocking, AnAwaitIsOneExecution) {
  const report r = check<awaits_a_flag>();
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(r.executions, 1u);
  EXPECT_EQ(r.blocked, 1u);
}

template <class Engine>
struct looks_three_times : base<Engine, 2> {
  typename Engine::platform::template atomic<bool> flag{false};
  int seen_at = 3;
  void thread(unsigned i) {
    if (i == 0) return flag.store(true, release);
    for (int n = 0; n < 3; ++n, Engine::platform::pause())
      if (flag.load(acquire)) return void(seen_at = n);
  }
};
// A loop that counts is no await: seen at the first, second or third look, or never.
TEST(ExploreBlocking, ALoopThatCountsIsFollowedToItsEnd) {
  std::set<int> seen;
  const report r = check<looks_three_times>({}, [&](const auto& c) { seen.insert(c.seen_at); });
  EXPECT_EQ(r.executions, 4u);
  EXPECT_EQ(r.blocked, 0u);
  EXPECT_EQ(seen, (std::set<int>{0, 1, 2, 3}));
}

template <class Engine>
struct counts_for_ever : base<Engine, 2> {
  typename Engine::platform::template atomic<bool> flag{false};
  unsigned rounds[2]{};
  void thread(unsigned i) {
    if (i == 0) return flag.store(true, release);
    for (unsigned n = 0; !flag.load(acquire); rounds[0] = ++n) Engine::platform::pause();
  }
};
TEST(ExploreBlocking, ABoundThatIsHitMakesTheAnswerUnknown) {
  const report r = check<counts_for_ever>({.loop_bound = 5});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_GT(r.bounded, 0u);
  EXPECT_EQ(check<awaits_a_flag>({.max_executions = 1}).verdict, verdict::unknown);
}

template <class Engine>
struct gate : base<Engine, 3> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> open{0};
  typename platform::template var<int> data{0};
  void thread(unsigned i) {
    if (i == 2) {
      data.store(1);
      open.store(1, release);
      platform::wake_all(open);
    } else {
      while (open.load(acquire) == 0) platform::wait(open, 0);
      Engine::require(data.load() == 1, "the gate publishes");
    }
  }
};
TEST(ExploreBlocking, Futex) {
  EXPECT_EQ(check<gate>().verdict, verdict::ok);
  EXPECT_EQ(check<gate>({.spurious = 2}).verdict, verdict::ok);
}

// Nobody wakes it: a wait ends by time, or once for no reason, be that the first or the second one.
template <class Engine>
struct waits_twice : base<Engine, 1> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> word{0};
  void thread(unsigned) {
    for (int i = 0; i < 2; ++i) static_cast<void>(platform::wait(word, 0, platform::now() + std::chrono::seconds(1)));
  }
};
TEST(ExploreBlocking, TimeOutsAreNoWakesForNoReason) {
  EXPECT_EQ(check<waits_twice>().executions, 1U);
  EXPECT_EQ(check<waits_twice>({.spurious = 1}).executions, 3U);
  EXPECT_EQ(check<waits_twice>({.spurious = 2}).executions, 4U);
}

template <class Engine>
struct wake_counts : base<Engine, 3> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> word{0};
  std::array<bool, 2> woken{};
  std::size_t woke = 0;
  void thread(unsigned i) {
    if (i < 2) {
      woken[i] = platform::wait(word, 0, platform::now() + std::chrono::seconds(1)) == wait_result::woken;
    } else {
      woke = platform::wake_one(word);
    }
  }
};
// wake_one wakes nobody, the first or the second; who is not woken times out.
TEST(ExploreBlocking, WakeOnePicksAnyWaiter) {
  std::set<std::array<std::size_t, 3>> seen;
  const auto note = [&](const auto& c) { seen.insert({c.woke, c.woken[0], c.woken[1]}); };
  EXPECT_EQ(check<wake_counts>({}, note).verdict, verdict::ok);
  EXPECT_EQ(seen, (std::set<std::array<std::size_t, 3>>{{0, 0, 0}, {1, 1, 0}, {1, 0, 1}}));
}

template <class Engine>
struct stoppable : base<Engine, 2> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> word{0};
  typename platform::stop_source source;
  wait_result how = wait_result::woken;
  void thread(unsigned i) {
    if (i == 0) return void(source.request_stop());
    how = platform::wait(word, 0, platform::no_deadline, source.get_token());
    Engine::require(source.stop_requested(), "nothing else ends this wait");
  }
  void finish() { Engine::require(how == wait_result::stopped, "stopped"); }
};
TEST(ExploreBlocking, AStopRequestEndsAWait) {
  const report r = check<stoppable>();
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(r.executions, 1u);
}

constexpr unsigned nobody = 9;

template <class Engine>
struct called_back : base<Engine, 2> {
  using platform = typename Engine::platform;
  struct call {
    called_back* me;
    void operator()() const {
      me->value.store(1);
      ++me->calls;
      me->by = stop_steps::self();
    }
  };
  typename platform::stop_source source;
  typename platform::template var<int> value{0};
  int calls = 0;
  unsigned by = nobody;
  void thread(unsigned i) {
    if (i == 0) {
      source.request_stop();
    } else {
      {
        const typename platform::template stop_callback<call> c(source.get_token(), call{this});
      }
      value.store(2);
    }
  }
};
// The callback's end waits for a call that runs: else the two stores would race.
TEST(ExploreBlocking, AStopCallsBackOnceAtTheRequestOrAtOnceOrNever) {
  std::set<unsigned> callers;
  const report r = check<called_back>({}, [&](const auto& c) {
    EXPECT_LE(c.calls, 1);
    callers.insert(c.by);
  });
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(callers, (std::set<unsigned>{1, 2, nobody}));
}

template <class Engine>
struct throws : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  std::array<int, 2> caught{};
  void thread(unsigned i) {
    try {
      x.fetch_add(1, relaxed);
      throw std::runtime_error(i == 0 ? "0" : "1");
    } catch (const std::exception& e) {
      while (x.load(relaxed) != 2) {
      }  // the other one is in its handler meanwhile
      try {
        throw;
      } catch (const std::runtime_error& again) {
        caught[i] = again.what()[0] - '0' + 1;
      }
    }
  }
  void finish() { Engine::require(caught[0] == 1 && caught[1] == 2, "each catches its own"); }
};
TEST(ExploreBlocking, ExceptionsStayWithTheirThread) {
  const report r = check<throws>();
  EXPECT_EQ(r.verdict, verdict::ok) << r.message;
  EXPECT_EQ(r.executions, 2u);
}

template <class Engine>
struct weak_exchange : base<Engine, 1> {
  typename Engine::platform::template atomic<int> x{0};
  bool done = false;
  void thread(unsigned) {
    int expected = 0;
    done = x.compare_exchange_weak(expected, 1, relaxed, relaxed);
  }
};
TEST(ExploreBlocking, WeakExchangesFailSpuriouslyIfAsked) {
  EXPECT_EQ(check<weak_exchange>().executions, 1u);
  EXPECT_EQ(check<weak_exchange>({.spurious = 1}).executions, 2u);
}

#if __has_builtin(__builtin_clear_padding)
struct padded {
  char small;
  int large;
};
// A value whose padding holds something of its own.
[[gnu::noinline]] padded with_padding(char small, int large, int padding) {
  padded p;
  std::memset(static_cast<void*>(&p), padding, sizeof p);
  p.small = small;
  p.large = large;
  return p;
}
template <class Engine>
struct compares_what_is_padded : base<Engine, 1> {
  typename Engine::platform::template atomic<padded> x{with_padding(1, 2, 3)};
  void thread(unsigned) {
    padded expected = with_padding(1, 2, 4);
    Engine::require(x.compare_exchange_strong(expected, with_padding(1, 3, 5), relaxed, relaxed), "it is the same");
  }
};
TEST(ExploreBlocking, PaddingIsNotCompared) { EXPECT_EQ(check<compares_what_is_padded>().message, ""); }
#endif

// Thread 0 expects what thread 1 writes, which the search comes to later.
template <bool ByAdding, unsigned Threads>
struct expects_what_comes {
  template <class Engine>
  struct client : base<Engine, Threads> {
    typename Engine::platform::template atomic<int> x{0};
    void thread(unsigned i) {
      int expected = 1;
      if (i == 0)
        x.compare_exchange_weak(expected, 2, relaxed, relaxed);
      else if (i == 1 && ByAdding)
        x.fetch_add(1, relaxed);
      else
        x.store(i == 1 ? 1 : 5, relaxed);
    }
  };
};
TEST(ExploreBlocking, WeakExchangesFailSpuriouslyAtWhatIsWrittenLater) {
  const options spurious{.spurious = 1};
  EXPECT_EQ((check<expects_what_comes<false, 2>::client>().executions), 2u);
  EXPECT_EQ((check<expects_what_comes<false, 2>::client>(spurious).executions), 3u);
  EXPECT_EQ((check<expects_what_comes<true, 2>::client>(spurious).executions), 3u);
  // Reads 0, or 5, or 1 and succeeds, or 1 and fails; each with both orders of what the others write.
  EXPECT_EQ((check<expects_what_comes<false, 3>::client>(spurious).executions), 8u);
}

template <class Engine>
struct alike_and_weak : base<Engine, 2> {
  static constexpr unsigned role(unsigned) { return 0; }
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned) {
    int expected = 0;
    x.compare_exchange_weak(expected, 1, relaxed, relaxed);
  }
};
// One succeeds, and the other one comes after it, or fails before; or both fail.
TEST(ExploreBlocking, OfTwoThatDoTheSameEitherMayFailSpuriously) {
  EXPECT_EQ(check<alike_and_weak>({.spurious = 1}).executions, 3u);
  EXPECT_EQ(check<alike_and_weak>({.spurious = 1, .symmetry = false}).executions, 5u);
}

}  // namespace
}  // namespace explore_blocking_test
