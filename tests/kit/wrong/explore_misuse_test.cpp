// SPDX-License-Identifier: BSL-1.0
// What else the explorer must find: lost wake-ups, livelocks, races of every kind, misuse of memory and of itself.
#include <gtest/gtest.h>

#include <kit/explore.hpp>
#include <memory>
#include <stdexcept>

#include "../enumerator/structures.hpp"

namespace explore_misuse_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
report fails(violation how, options o = {}) {
  report r = check<Client>(o);
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
  if (how == violation::misuse) return r;
  // The token leads to the same violation at once, and to the same picture of it.
  o.replay = r.token;
  const report again = check<Client>(o);
  EXPECT_EQ(again.executions + again.blocked, 0U);
  EXPECT_EQ(again.message, r.message) << r.token;
  EXPECT_EQ(again.trace, r.trace) << r.token;
  return r;
}

template <unsigned Waiters, bool Wake>
struct gate {
  template <class Engine>
  struct client : base<Engine, 1 + Waiters> {
    using platform = typename Engine::platform;
    typename platform::template atomic<std::uint32_t> open{0};
    void thread(unsigned i) {
      if (i == 0) {
        open.store(1, release);
        if (Wake) platform::wake_one(open);
      } else {
        while (open.load(acquire) == 0) platform::wait(open, 0);
      }
    }
  };
};
TEST(ExploreFinds, AMissingWakeUp) { fails<gate<1, false>::client>(violation::deadlock); }
TEST(ExploreFinds, OneWakeUpForTwo) { fails<gate<2, true>::client>(violation::deadlock); }

template <class Engine>
struct early_wake : base<Engine, 2> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> open{0};
  void thread(unsigned i) {
    if (i == 0) {
      platform::wake_one(open);
      open.store(1, release);
    } else {
      while (open.load(acquire) == 0) platform::wait(open, 0);
    }
  }
};
TEST(ExploreFinds, AWakeUpBeforeTheStore) { fails<early_wake>(violation::deadlock); }

template <class Engine>
struct each_waits : base<Engine, 2> {
  typename Engine::platform::template atomic<bool> go[2]{false, false};
  void thread(unsigned i) {
    while (!go[i].load(acquire)) Engine::platform::pause();
    go[1 - i].store(true, release);
  }
};
TEST(ExploreFinds, TwoLoopsThatWaitForEachOther) { fails<each_waits>(violation::deadlock); }

template <class Engine>
struct two_spin : base<Engine, 2> {
  typename Engine::platform::template atomic<bool> taken{true};
  void thread(unsigned) {
    while (taken.exchange(true, acquire)) Engine::platform::pause();
  }
};
TEST(ExploreFinds, ALockThatNobodyReleases) { fails<two_spin>(violation::deadlock); }

template <bool Write>
struct unordered {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template var<int> x{0};
    void thread(unsigned i) { i == 0 || Write ? x.store(1) : void(x.load()); }
  };
};
TEST(ExploreFinds, AReadThatRaces) { fails<unordered<false>::client>(violation::data_race); }
TEST(ExploreFinds, AWriteThatRaces) { fails<unordered<true>::client>(violation::data_race); }

// The same-thread store does not carry the release sequence on: a race in C++20, none in C++11.
template <class Engine>
struct later_store : base<Engine, 2> {
  typename Engine::platform::template var<int> data{0};
  typename Engine::platform::template atomic<int> flag{0};
  void thread(unsigned i) {
    if (i == 0) {
      data.store(1);
      flag.store(1, release);
      flag.store(2, relaxed);
    } else if (flag.load(acquire) == 2) {
      data.load();
    }
  }
};
TEST(ExploreFinds, ARaceThatCxx11DidNotHave) {
  fails<later_store>(violation::data_race);
  EXPECT_EQ(check<later_store>({.model = model::rc11}).verdict, verdict::ok);
}

template <class Engine>
struct cell_race : base<Engine, 2> {
  typename Engine::platform::template cell<int> room;
  void thread(unsigned i) {
    if (i == 0)
      std::construct_at(room.storage(), 1);
    else
      room.value();
  }
};
TEST(ExploreFinds, ACellThatRaces) { fails<cell_race>(violation::data_race); }

template <class Engine>
struct published_relaxed : base<Engine, 2> {
  using atom = typename Engine::platform::template atomic<int>;
  typename Engine::platform::template atomic<atom*> p{nullptr};
  void thread(unsigned i) {
    if (i == 0) {
      p.store(std::construct_at(typename Engine::platform::template allocator<atom>().allocate(1), 1), relaxed);
    } else if (atom* const seen = p.load(acquire)) {
      seen->load(relaxed);
    }
  }
};
TEST(ExploreFinds, AnAtomicThatIsUsedWhileItIsMade) { fails<published_relaxed>(violation::data_race); }

template <class Engine>
struct frees_twice : base<Engine, 1> {
  void thread(unsigned) {
    typename Engine::platform::template allocator<int> a;
    int* const p = a.allocate(1);
    a.deallocate(p, 1);
    a.deallocate(p, 1);
  }
};
TEST(ExploreFinds, ADoubleFree) { fails<frees_twice>(violation::double_free); }

template <class Engine>
struct throws : base<Engine, 1> {
  void thread(unsigned) { throw std::runtime_error("lost"); }
};
TEST(ExploreFinds, AnExceptionThatLeaves) { fails<throws>(violation::exception); }

inline unsigned outside = 0;  // state that outlives an execution
template <class Engine>
struct remembers : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  typename Engine::platform::template atomic<int> y{0};
  void thread(unsigned i) { (i == 0 && outside++ % 2 != 0 ? y : x).fetch_add(1, relaxed); }
};
TEST(ExploreFinds, AClientThatIsNotDeterministic) {
  const report r = fails<remembers>(violation::misuse);
  EXPECT_NE(r.message.find("not deterministic"), std::string::npos);
}

// Threads of one role must do the same where they have seen the same.
template <class Engine>
struct not_alike : base<Engine, 2> {
  static unsigned role(unsigned) { return 0; }
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned i) {
    static_cast<void>(x.load(relaxed));
    if (i == 0)
      x.store(1, relaxed);
    else
      x.fetch_add(1, relaxed);
  }
};
TEST(ExploreFinds, ThreadsOfOneRoleThatDifferInWhatTheyDo) {
  const report r = fails<not_alike>(violation::misuse);
  EXPECT_NE(r.message.find("role()"), std::string::npos) << r.message;
  EXPECT_EQ(check<not_alike>({.symmetry = false}).verdict, verdict::ok);
}

// Of two that may be the one to fail, the one that is explored has a token and a trace like any other.
template <class Engine>
struct overtakes : base<Engine, 3> {
  static unsigned role(unsigned i) { return i / 2; }
  typename Engine::platform::template var<int> data{0};
  typename Engine::platform::template atomic<int> turn{0};
  void thread(unsigned i) {
    if (i == 2) return data.store(1), turn.store(1, release);
    if (turn.fetch_add(2, relaxed) != 0) static_cast<void>(data.load());
  }
};
TEST(ExploreFinds, ARaceOfOneOfTwoThatDoTheSame) { fails<overtakes>(violation::data_race); }

// The trace says what a read saw, and what it did not.
template <class Engine>
struct stale : base<Engine, 2> {
  typename Engine::platform::template atomic<int> data{0};
  typename Engine::platform::template atomic<int> flag{0};
  void thread(unsigned i) {
    if (i == 0) {
      data.store(7, relaxed);
      flag.store(1, relaxed);
    } else if (flag.load(acquire) == 1) {
      Engine::require(data.load(relaxed) == 7, "the data is there");
    }
  }
};
TEST(ExploreFinds, AndTellsWhy) {
  const report r = fails<stale>(violation::requirement);
  EXPECT_NE(r.trace.find("saw the initial value"), std::string::npos) << r.trace;
  EXPECT_NE(r.trace.find("not yet 7"), std::string::npos) << r.trace;
}

// What a failure does not depend on is left out of its picture: a thread's later steps, a thread that has no part in it.
template <class Engine>
struct noisy : base<Engine, 3> {
  typename Engine::platform::template var<int> data{0};
  typename Engine::platform::template atomic<int> flag{0};
  typename Engine::platform::template atomic<int> before{0};
  typename Engine::platform::template atomic<int> after{0};
  void thread(unsigned i) {
    if (i == 0) {
      before.store(21, relaxed);
      data.store(7);
      flag.store(1, relaxed);
      after.store(42, relaxed);
    } else if (i == 1) {
      after.store(43, relaxed);
    } else if (flag.load(acquire) == 1) {
      static_cast<void>(data.load());
    }
  }
};
TEST(ExploreFinds, AndShowsNoMoreThanItTakes) {
  const report r = fails<noisy>(violation::data_race);
  EXPECT_NE(r.trace.find("store(21"), std::string::npos) << r.trace;
  EXPECT_EQ(r.trace.find("store(42"), std::string::npos) << r.trace;
  EXPECT_EQ(r.trace.find("store(43"), std::string::npos) << r.trace;
}

// A correct client becomes wrong when one of its orders is weakened from outside, as the audit does.
template <class Engine>
struct sound : base<Engine, 2> {
  static constexpr unsigned line = __LINE__;
  typename Engine::platform::template var<int> data{0};
  typename Engine::platform::template atomic<int> flag{0};
  void thread(unsigned i) {
    if (i == 0) {
      data.store(7);
      flag.store(1, release);
    } else if (flag.load(acquire) == 1) {
      data.load();
    }
  }
};
TEST(ExploreFinds, AnOrderWeakenedFromOutside) {
  const std::string here = "wrong/explore_misuse_test.cpp";
  EXPECT_EQ(check<sound>().verdict, verdict::ok);
  fails<sound>(violation::data_race,
               {.changes = {{.file = here, .line = sound<engine>::line + 6, .success = relaxed}}});
  fails<sound>(violation::data_race,
               {.changes = {{.file = here, .line = sound<engine>::line + 7, .success = relaxed}}});
}

}  // namespace
}  // namespace explore_misuse_test
