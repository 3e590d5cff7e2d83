// SPDX-License-Identifier: BSL-1.0
// deque against its spec: random sequences by one thread, histories of an owner and thieves, and much work at full speed.
#include <sluice/deque.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <thread>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/deque.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::deque_property_test {
namespace {

enum class action : std::uint8_t { push, pop, steal };
struct call {
  action what = action::push;
  int value = 0;
  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    if (c.what == action::push) return out << "push " << c.value;
    return out << (c.what == action::pop ? "pop" : "steal");
  }
};
struct answer {
  conqueue_status status = conqueue_status::success;
  int value = 0;
  friend bool operator==(const answer&, const answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const answer& a) {
    return a.status == conqueue_status::success ? out << a.value : out << to_string(a.status);
  }
};

template <class Deque>
answer answer_of(Deque& d, const call& c) {
  if (c.what == action::push) return d.push(c.value), answer{};
  const auto taken = c.what == action::pop ? d.try_pop() : d.try_steal();
  return taken ? answer{conqueue_status::success, *taken} : answer{taken.error(), 0};
}
answer answer_of(specs::deque<int>& d, const call& c) {
  if (c.what == action::push) return d.push(c.value), answer{};
  const std::optional<int> taken = c.what == action::pop ? d.pop() : d.steal();
  return taken ? answer{conqueue_status::success, *taken} : answer{conqueue_status::empty, 0};
}

TEST(deque_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    deque<int> real(*rc::gen::inRange<std::size_t>(1, 4));
    specs::deque<int> spec;
    for (const int draw : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100))) {
      const call c{draw < 50 ? action::push : draw < 75 ? action::pop : action::steal, draw};
      RC_ASSERT(answer_of(real, c) == answer_of(spec, c));
      RC_ASSERT(real.size() == spec.size());
    }
  }));
}

struct rules {
  struct state {
    specs::deque<int> inside{};
    friend bool operator==(const state&, const state&) = default;
    std::size_t hash() const {
      std::size_t h = 0;
      for (const int v : inside.elements()) h = h * 31 + static_cast<std::size_t>(v);
      return h;
    }
  };
  state initial() const { return {}; }
  // Busy has no effect, and is a lie where nobody else takes.
  static bool step(state& s, const call& c, const answer* a, std::size_t overlapping) {
    if (a != nullptr && a->status == conqueue_status::busy) return overlapping > 0;
    const answer would = answer_of(s.inside, c);
    return a == nullptr || *a == would;
  }
};

TEST(deque_property, what_an_owner_and_two_thieves_see_is_linearizable) {
  constexpr unsigned threads = 3;
  kit::team team(threads);
  EXPECT_TRUE(holds(scaled(400), [&] {
    const auto owner = *rc::gen::container<std::vector<bool>>(6, rc::gen::arbitrary<bool>());
    const auto seed = *rc::gen::inRange<std::uint64_t>(0, 1'000);
    deque<int, std::allocator<int>, kit::perturbed_platform<>> real(*rc::gen::inRange<std::size_t>(1, 3));
    kit::recorder<call, answer> recorder(threads, 8);
    const auto run = [&](unsigned t, const call& c) { recorder.record(t, c, [&] { return answer_of(real, c); }); };
    team.begin([&](unsigned t) {
      kit::perturbation::set(seed * 31 + t, 3);
      if (t == 0) {
        run(t, {action::push, 100});
        for (std::size_t i = 0; i != owner.size(); ++i)
          run(t, owner[i] ? call{action::push, static_cast<int>(i) + 1} : call{action::pop, 0});
      } else {
        for (int i = 0; i != 3; ++i) run(t, {action::steal, 0});
      }
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    const auto result = kit::check_linearizability(rules{}, recorder.recorded());
    if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
  }));
}

// The owner works in waves, so that the deque grows, runs empty and is fought over.
TEST(deque_property, everything_that_was_pushed_is_taken_once_by_somebody) {
  const int items = scaled(100'000);
  deque<int*> d(1);
  std::vector<int> carried(static_cast<std::size_t>(items), 0);  // plain: who takes an element writes there
  std::atomic<int> left{items};
  const auto take = [&](const expected<int*, conqueue_status>& e) {
    if (!e) return false;
    ++**e;
    left.fetch_sub(1, std::memory_order_relaxed);
    return true;
  };
  std::vector<std::thread> thieves;
  for (int i = 0; i != 3; ++i)
    thieves.emplace_back([&] {
      while (left.load(std::memory_order_relaxed) > 0)
        if (!take(d.try_steal())) std::this_thread::yield();
    });
  for (int at = 0, wave = 1; at != items; wave = wave % 37 + 1) {
    for (int i = 0; i != wave && at != items; ++i, ++at) d.push(&carried[static_cast<std::size_t>(at)]);
    for (int i = 0; i < wave; i += 2) take(d.try_pop());
  }
  while (take(d.try_pop())) {
  }
  for (std::thread& t : thieves) t.join();
  for (const int times : carried) ASSERT_EQ(times, 1);
}

}  // namespace
}  // namespace sluice::test::deque_property_test
