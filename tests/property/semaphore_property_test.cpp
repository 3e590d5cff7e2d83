// SPDX-License-Identifier: BSL-1.0
// semaphore against its spec: random sequences by one thread, histories of several, and crews that must keep within its
// size.
#include <sluice/semaphore.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ostream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/semaphore.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::semaphore_property_test {
namespace {

struct call {
  bool takes = true;
  std::uint64_t n = 0;
  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    return out << (c.takes ? "try_acquire " : "release ") << c.n;
  }
};

// What a semaphore answers: whether it took, or was given back, the units.
template <class Semaphore>
bool answer_of(Semaphore& s, const call& c) {
  if (c.takes) return s.try_acquire(c.n);
  try {
    s.release(c.n);
    return true;
  } catch (const std::logic_error&) {
    return false;
  }
}
bool answer_of(specs::semaphore& s, const call& c) { return c.takes ? s.try_acquire(c.n) : s.release(c.n); }

rc::Gen<call> calls(std::uint64_t up_to) {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange<std::uint64_t>(0, up_to + 1)),
                      [](std::pair<bool, std::uint64_t> p) { return call{p.first, p.second}; });
}

TEST(semaphore_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    const auto size = *rc::gen::inRange<std::uint64_t>(0, 6);
    semaphore real(size);
    specs::semaphore spec(size);
    const auto program = *rc::gen::container<std::vector<call>>(calls(7));
    for (const call& c : program) RC_ASSERT(answer_of(real, c) == answer_of(spec, c));
    RC_ASSERT(real.try_acquire(spec.free()) && !real.try_acquire(1));
  }));
}

struct rules {
  std::uint64_t size;
  struct state {
    specs::semaphore units;
    friend bool operator==(const state& a, const state& b) { return a.units.free() == b.units.free(); }
    std::size_t hash() const { return units.free(); }
  };
  state initial() const { return {specs::semaphore(size)}; }
  static bool step(state& s, const call& c, const bool* answer, std::size_t) {
    const bool would = answer_of(s.units, c);
    return answer == nullptr || *answer == would;
  }
};

TEST(semaphore_property, several_threads_see_a_linearizable_one) {
  constexpr unsigned threads = 3;
  kit::team team(threads);
  EXPECT_TRUE(holds(scaled(300), [&] {
    const auto size = *rc::gen::inRange<std::uint64_t>(1, 4);
    const auto program =
        *rc::gen::container<std::array<std::vector<call>, threads>>(rc::gen::container<std::vector<call>>(4, calls(2)));
    basic_semaphore<kit::perturbed_platform<>> real(size);
    kit::recorder<call, bool> recorder(threads, 4);
    team.begin([&](unsigned t) {
      kit::perturbation::set(t + 1, 3);
      for (const call& c : program[t]) recorder.record(t, c, [&] { return answer_of(real, c); });
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    const auto result = kit::check_linearizability(rules{size}, recorder.recorded());
    if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
  }));
}

TEST(semaphore_property, never_grants_more_than_it_has) {
  EXPECT_TRUE(holds(scaled(30), [] {
    const auto size = *rc::gen::inRange<std::uint64_t>(1, 5);
    const auto wishes =
        *rc::gen::container<std::vector<std::uint64_t>>(4, rc::gen::inRange<std::uint64_t>(1, size + 1));
    semaphore s(size);
    std::atomic<std::uint64_t> taken{0};
    std::atomic<bool> exceeded{false};
    std::vector<std::thread> crew;
    for (const std::uint64_t n : wishes)
      crew.emplace_back([&, n] {
        for (int i = 0; i != scaled(100); ++i) {
          if (i % 3 != 0 || !s.try_acquire_for(n, std::chrono::microseconds(1))) s.acquire(n);
          if ((taken += n) > size) exceeded = true;
          taken -= n;
          s.release(n);
        }
      });
    for (std::thread& t : crew) t.join();
    RC_ASSERT(!exceeded && s.try_acquire(size));
  }));
}

}  // namespace
}  // namespace sluice::test::semaphore_property_test
