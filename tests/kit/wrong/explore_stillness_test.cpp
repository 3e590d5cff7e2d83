// SPDX-License-Identifier: BSL-1.0
// Of what a look for a deadlock asks, one thing after the other is left out, or asked at another time: each time a program that goes
// on is taken for one in which all wait. What is left out is said by what is around the workers, so the source is the one that ships.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>

#include <kit/explore.hpp>
#include <stillness/stillness_clients.hpp>

namespace explore_stillness_test {
namespace {

using namespace sluice::explore;
using sluice::models::as_it_is;
using sluice::models::stillness_clients;

template <template <class> class Client>
void fails(violation how = violation::requirement) {
  const report r = check<Client>();
  EXPECT_EQ(r.verdict, verdict::violation);
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
}

// The second look finds what the first one found.
struct looks_once : as_it_is {
  template <class Around>
  struct around : Around {
    explicit around(const Around& a) : Around(a) {}
    bool clocks_rest() const { return rest ? *rest : *(rest = Around::clocks_rest()); }
    bool nothing_lies() const { return nothing ? *nothing : *(nothing = Around::nothing_lies()); }
    mutable std::optional<bool> rest;
    mutable std::optional<bool> nothing;
  };
};
struct forgets_the_clock : as_it_is {
  template <class Around>
  struct around : Around {
    explicit around(const Around& a) : Around(a) {}
    std::uint64_t clock_did() const { return 0; }
  };
};
// What the clock did is asked once it was found at rest.
struct asks_the_clock_late : as_it_is {
  template <class Around>
  struct around : Around {
    explicit around(const Around& a) : Around(a) {}
    bool clocks_rest() const {
      const bool rest = Around::clocks_rest();
      if (!did) did = Around::clock_did();
      return rest;
    }
    std::uint64_t clock_did() const { return did ? Around::clock_did() - *did : 0; }
    mutable std::optional<std::uint64_t> did;
  };
};
struct asks_only_itself : as_it_is {
  template <class Around>
  struct around : Around {
    explicit around(const Around& a) : Around(a) {}
    bool only_tasks() const { return true; }
  };
};
// Whether it is done was asked before the look, and is not asked again.
struct asks_before : as_it_is {
  static inline bool looks = false;
  template <class Around>
  struct around : Around {
    explicit around(const Around& a) : Around(a) { looks = false; }
    bool only_tasks() const { return looks = true; }
  };
  template <class Done>
  struct done {
    explicit done(const Done& d) : is_done(d) {}
    bool operator()() const { return !std::exchange(looks, false) && is_done(); }
    Done is_done;
  };
};

// The word says how many sleep, but not how often one awoke.
struct counts_who_sleeps : as_it_is {
  template <class Base>
  struct platform : Base {
    template <class T>
    struct atomic : Base::template atomic<T> {
      using Base::template atomic<T>::atomic;
      T fetch_add(T n, std::memory_order o) {
        return Base::template atomic<T>::fetch_add(n == UINT32_MAX ? ~T{0} : n, o);
      }
    };
  };
};

struct no_time : as_it_is {
  template <class Base>
  using platform = sluice::models::timeless_platform<Base>;
};

template <class How>
struct asked {
  template <class Engine>
  using ends_while_counted = typename stillness_clients<Engine, How>::ends_while_counted;
  template <class Engine>
  using by_a_thread = typename stillness_clients<Engine, How>::by_a_thread;
  template <class Engine>
  using arms_and_goes = typename stillness_clients<Engine, How>::arms_and_goes;
  template <class Engine>
  using starts_another = typename stillness_clients<Engine, How>::starts_another;
  template <class Engine>
  using waits_no_longer = typename stillness_clients<Engine, How>::waits_no_longer;
  template <class Engine>
  using leaves_one_behind = typename stillness_clients<Engine, How>::leaves_one_behind;
};

TEST(ExploreFinds, LookThatIsNotTakenTwiceAtThePool) { fails<asked<looks_once>::by_a_thread>(); }
TEST(ExploreFinds, LookThatIsNotTakenTwiceAtTheClock) { fails<asked<looks_once>::arms_and_goes>(); }
TEST(ExploreFinds, LookThatForgetsWhatTheClockDid) { fails<asked<forgets_the_clock>::starts_another>(); }
TEST(ExploreFinds, LookThatAsksLateWhatTheClockDid) { fails<asked<asks_the_clock_late>::starts_another>(); }
TEST(ExploreFinds, LookThatCountsNoThreads) { fails<asked<asks_only_itself>::arms_and_goes>(); }
TEST(ExploreFinds, LookThatForgetsWhoWasAwake) { fails<asked<counts_who_sleeps>::by_a_thread>(); }
// It would be found if who waits looked again by himself, which he does only where time passes.
TEST(ExploreFinds, DeadlockThatNobodyLooksForAgain) { fails<asked<no_time>::ends_while_counted>(violation::deadlock); }
TEST(ExploreFinds, LookThatDoesNotAskOthersThatWait) { fails<asked<asks_only_itself>::waits_no_longer>(); }
TEST(ExploreFinds, LookThatDoesNotAskAgainWhetherItIsDone) { fails<asked<asks_before>::leaves_one_behind>(); }

}  // namespace
}  // namespace explore_stillness_test
