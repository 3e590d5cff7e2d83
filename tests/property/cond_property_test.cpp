// SPDX-License-Identifier: BSL-1.0
// What is made of cond and mutex as the book says, here a counter that one waits to take from, is linearizable: whoever waits
// without a limit is served, and a wait with a limit ends in vain only where nothing was to be had.
#include <sluice/cond.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::cond_property_test {
namespace {

enum class act : std::uint8_t { give, give_telling_all, take_for, take_stopped, take };
std::ostream& operator<<(std::ostream& out, act a) {
  static constexpr const char* names[] = {"give, notify_one", "give, notify_all", "take_for", "take, stopped", "take"};
  return out << names[static_cast<std::size_t>(a)];
}

class counter {
 public:
  bool operator()(act a) {
    const auto has_some = [this] { return units_ != 0; };
    std::unique_lock lock(guard_);
    switch (a) {
      case act::give:
      case act::give_telling_all:
        ++units_;
        a == act::give ? changed_.notify_one() : changed_.notify_all();
        return true;
      case act::take_for:
        if (!changed_.wait_for(lock, std::chrono::microseconds(1), has_some)) return false;
        break;
      case act::take_stopped:
        if (!changed_.wait_or_stop(lock, has_some, stopped())) return false;
        break;
      case act::take: changed_.wait(lock, has_some); break;
    }
    --units_;
    return true;
  }

 private:
  using platform = kit::perturbed_platform<>;
  static platform::stop_token stopped() {
    platform::stop_source source;
    source.request_stop();
    return source.get_token();
  }

  basic_mutex<platform> guard_;
  basic_cond<platform> changed_;
  unsigned units_ = 0;  // under guard_
};

struct rules {
  struct state {
    std::size_t units = 0;
    friend bool operator==(const state&, const state&) = default;
    std::size_t hash() const { return units; }
  };
  static state initial() { return {}; }
  static bool step(state& s, act a, const bool* answer, std::size_t) {
    const bool gives = a == act::give || a == act::give_telling_all;
    const bool would = gives || s.units != 0;
    if (gives)
      ++s.units;
    else if (would)
      --s.units;
    return answer == nullptr || *answer == would;
  }
};

// Programs in which at least as many units are given as may be taken, by threads that do not wait before they give.
TEST(cond_property, a_counter_made_of_it_is_linearizable_and_lets_nobody_wait_for_ever) {
  constexpr unsigned takers = 3;
  kit::team team(takers + 1);
  EXPECT_TRUE(holds(scaled(300), [&] {
    const auto program = *rc::gen::container<std::array<std::vector<act>, takers>>(rc::gen::container<std::vector<act>>(
        3, rc::gen::element(act::take, act::take, act::take_for, act::take_stopped)));
    const auto gifts = *rc::gen::container<std::vector<act>>(
        3 * takers, rc::gen::element(act::give, act::give, act::give_telling_all));
    counter real;
    kit::recorder<act, bool> recorder(takers + 1, gifts.size());
    team.begin([&](unsigned t) {
      kit::perturbation::set(t + 1, 3);
      for (const act a : t == takers ? gifts : program[t]) recorder.record(t, a, [&] { return real(a); });
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    const auto result = kit::check_linearizability(rules{}, recorder.recorded());
    if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
  }));
}

}  // namespace
}  // namespace sluice::test::cond_property_test
