// SPDX-License-Identifier: BSL-1.0
// sync_map against its spec, which is a std::unordered_map: random sequences by one thread, with hashes good and bad, and
// histories of several threads, key by key.
#include <sluice/sync_map.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/sync_map.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::sync_map_property_test {
namespace {

using call = specs::sync_map_call;
using answer = specs::sync_map_answer;

answer answer_of(const std::optional<int>& v) { return {v.has_value(), v.value_or(0)}; }

template <class Map>
answer answer_of(Map& m, const call& c) {
  switch (c.what) {
    case call::load: return answer_of(m.load(c.key));
    case call::store: return m.store(c.key, c.value), answer{true, 0};
    case call::try_store: return {m.try_store(c.key, c.value), 0};
    case call::load_or_store: {
      const auto [value, loaded] = m.load_or_store(c.key, c.value);
      return {loaded, value};
    }
    case call::load_and_erase: return answer_of(m.load_and_erase(c.key));
    case call::erase: return {m.erase(c.key), 0};
    case call::swap: return answer_of(m.swap(c.key, c.value));
    case call::compare_and_swap: return {m.compare_and_swap(c.key, c.expected, c.value), 0};
    case call::compare_and_erase: return {m.compare_and_erase(c.key, c.value), 0};
    default: return m.clear(), answer{true, 0};
  }
}

rc::Gen<call> calls(int keys, int values, int operations) {
  return rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, operations), rc::gen::inRange(0, keys),
                                     rc::gen::inRange(0, values), rc::gen::inRange(0, values)),
                      [](std::tuple<int, int, int, int> t) {
                        const auto [what, key, value, expected] = t;
                        return call{static_cast<call::operation>(what), key, value, expected};
                      });
}

// Good, the same for all, or a few. Entries stand in the table only where the hash cannot throw.
template <bool InTable>
struct chosen_hash {
  int classes = 0;
  std::size_t operator()(int k) const noexcept(InTable) {
    return static_cast<std::size_t>(classes == 0 ? k : k % classes);
  }
};
template <bool InTable>
rc::Gen<chosen_hash<InTable>> hashes() {
  return rc::gen::map(rc::gen::element(0, 1, 3), [](int n) { return chosen_hash<InTable>{n}; });
}

template <bool InTable>
void one_thread_sees_its_spec() {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    sync_map<int, int, chosen_hash<InTable>> real(*hashes<InTable>());
    specs::sync_map spec;
    const int keys = *rc::gen::element(3, 40, 400);
    const auto program = *rc::gen::scale(4.0, rc::gen::container<std::vector<call>>(calls(keys, 3, call::operations)));
    for (const call& c : program) {
      RC_ASSERT(answer_of(real, c) == spec.apply(c));
      RC_ASSERT(real.size() == spec.all().size());
    }
    specs::sync_map::content seen;
    for (const auto& [key, value] : real) RC_ASSERT(seen.emplace(key, value).second);
    RC_ASSERT(seen == spec.all());
  }));
}
TEST(sync_map_property, one_thread_sees_its_spec) { one_thread_sees_its_spec<false>(); }
TEST(sync_map_property, one_thread_sees_its_spec_in_the_table) { one_thread_sees_its_spec<true>(); }

// Memory that runs out, now and then, in the middle of things.
struct scarce {
  static inline thread_local int left = -1;  // allocations until one fails; negative: none does
  static void count() {
    if (left >= 0 && left-- == 0) throw std::bad_alloc();
  }
};
template <class T>
struct scarce_allocator : std::allocator<T> {
  T* allocate(std::size_t n) { return scarce::count(), std::allocator<T>::allocate(n); }
};
struct scarce_platform : std_platform {
  template <class T>
  using allocator = scarce_allocator<T>;
};

template <bool InTable>
void what_finds_no_memory_changes_nothing() {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    sync_map<int, int, chosen_hash<InTable>, std::equal_to<int>, scarce_platform> real(*hashes<InTable>());
    specs::sync_map spec;
    const auto program =
        *rc::gen::scale(4.0, rc::gen::container<std::vector<std::pair<call, int>>>(rc::gen::pair(
                                 calls(*rc::gen::element(3, 100), 3, call::operations), rc::gen::inRange(-8, 6))));
    for (const auto& [c, left] : program) {
      std::optional<answer> got;
      scarce::left = left;
      try {
        got = answer_of(real, c);
      } catch (const std::bad_alloc&) {
        RC_ASSERT(c.what != call::load);
      }
      scarce::left = -1;
      if (!got && c.what == call::clear) got = answer_of(real, c);  // which is no single step, and came so far
      if (got) RC_ASSERT(*got == spec.apply(c));
      specs::sync_map::content seen;
      for (const auto& [key, value] : real) RC_ASSERT(seen.emplace(key, value).second);
      RC_ASSERT(seen == spec.all());
      RC_ASSERT(real.size() == seen.size());
    }
  }));
}
TEST(sync_map_property, what_finds_no_memory_changes_nothing) { what_finds_no_memory_changes_nothing<false>(); }
TEST(sync_map_property, what_finds_no_memory_changes_nothing_in_the_table) {
  what_finds_no_memory_changes_nothing<true>();
}

// One key's history. A clear takes part as the erasure of that key.
struct rules {
  struct state {
    specs::sync_map one;
    friend bool operator==(const state& a, const state& b) { return a.one.all() == b.one.all(); }
    std::size_t hash() const { return one.all().empty() ? 0 : static_cast<std::size_t>(one.all().begin()->second) + 1; }
  };
  std::optional<int> first;
  int key;
  state initial() const {
    state s;
    if (first) s.one.apply({call::store, key, *first, 0});
    return s;
  }
  static bool step(state& s, const call& c, const answer* answered, std::size_t) {
    const answer would = s.one.apply(c);
    return answered == nullptr || *answered == would;
  }
};

// Enough keys are there for the table to grow under the threads' hands, or so few that it shrinks.
template <bool InTable>
void several_threads_see_each_key_linearizable() {
  constexpr unsigned threads = 3;
  constexpr int keys = 3;
  kit::team team(threads);
  EXPECT_TRUE(holds(scaled(500), [&] {
    const int before = *rc::gen::inRange(0, 20);
    const int erased = *rc::gen::inRange(0, before + 1);
    const auto program = *rc::gen::container<std::array<std::vector<call>, threads>>(
        rc::gen::container<std::vector<call>>(6, calls(keys, 2, call::operations)));
    sync_map<int, int, chosen_hash<InTable>, std::equal_to<int>, kit::perturbed_platform<>> real(*hashes<InTable>());
    for (int k = 0; k != before; ++k) real.store(k, 1);
    for (int k = keys; k < erased; ++k) real.erase(k);
    kit::recorder<call, answer> recorder(threads, 6);
    team.begin([&](unsigned t) {
      kit::perturbation::set(t + 1, 3);
      for (const call& c : program[t]) recorder.record(t, c, [&] { return answer_of(real, c); });
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    for (int key = 0; key != keys; ++key) {
      kit::history<call, answer> one;
      for (const auto& o : recorder.recorded())
        if (o.call.key == key || o.call.what == call::clear) one.push_back(o);
      const rules meaning{key < before ? std::optional<int>(1) : std::nullopt, key};
      const auto result = kit::check_linearizability(meaning, one);
      if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
    }
  }));
}
TEST(sync_map_property, several_threads_see_each_key_linearizable) {
  several_threads_see_each_key_linearizable<false>();
}
TEST(sync_map_property, several_threads_see_each_key_linearizable_in_the_table) {
  several_threads_see_each_key_linearizable<true>();
}

}  // namespace
}  // namespace sluice::test::sync_map_property_test
