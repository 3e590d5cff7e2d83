// SPDX-License-Identifier: BSL-1.0
// The search by states where a client keeps something that it does not look at: on the ordinary heap, in an exception in
// flight, or from one execution to the next. States that differ in nothing else are not taken for one.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <kit/explore.hpp>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../enumerator/structures.hpp"

namespace explore_elsewhere_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
void is_found(const std::string& words) {
  for (const unsigned learns_from : {0U, 20'000U}) {
    const report r = check<Client>({.states = true, .learns_from = learns_from});
    EXPECT_EQ(r.verdict, verdict::violation);
    EXPECT_NE(r.message.find(words), std::string::npos) << r.message;
  }
}

// T0 chooses a number, has `Keep` hold it and reads, and then the number must not be this one.
constexpr unsigned numbers = 1000, wrong = 777;
template <class Keep>
struct keeps {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned i) {
      if (i == 1) return x.store(1, relaxed);
      Keep::number([] { return Engine::choose(numbers); }, [this] { static_cast<void>(x.load(relaxed)); },
                   [](unsigned n) { Engine::require(n != wrong, "the number is another one"); });
    }
  };
};
template <class Choose>
[[gnu::noinline]] void put(unsigned& to, const Choose& choose) {
  to = choose();
}

struct in_a_vector {
  static void number(const auto& choose, const auto& read, const auto& check) {
    std::vector<unsigned> kept(4);
    put(kept[0], choose);
    read();
    check(kept[0]);
  }
};
struct in_a_map {
  static void number(const auto& choose, const auto& read, const auto& check) {
    std::map<unsigned, unsigned> kept;
    put(kept[1], choose);
    read();
    check(kept[1]);
  }
};
struct in_a_function {
  static void number(const auto& choose, const auto& read, const auto& check) {
    std::function<unsigned()> kept;
    fill(kept, choose);
    read();
    check(kept());
  }
  [[gnu::noinline]] static void fill(std::function<unsigned()>& kept, const auto& choose) {
    const std::array<std::uint64_t, 8> large{choose()};
    kept = [large] { return static_cast<unsigned>(large[0]); };
  }
};
struct in_a_large_block {
  static void number(const auto& choose, const auto& read, const auto& check) {
    const std::unique_ptr<unsigned[]> kept(new unsigned[20'000'000]);
    put(kept[0], choose);
    read();
    check(kept[0]);
  }
};
TEST(ExploreElsewhere, WhatAThreadKeepsOnTheOrdinaryHeapIsTold) {
  is_found<keeps<in_a_vector>::client>("the number is another one");
  is_found<keeps<in_a_map>::client>("the number is another one");
  is_found<keeps<in_a_function>::client>("the number is another one");
  is_found<keeps<in_a_large_block>::client>("the number is another one");
}
TEST(ExploreElsewhere, AlsoOnAnotherThreadOfTheSystem) {
  std::thread([] { is_found<keeps<in_a_vector>::client>("the number is another one"); }).join();
}

struct in_what_was_caught {
  static void number(const auto& choose, const auto& read, const auto& check) {
    try {
      throw static_cast<unsigned>(choose());
    } catch (const unsigned& n) {
      read();
      check(n);
    }
  }
};
template <class Read>
struct reads_at_its_end {
  const Read& read;
  ~reads_at_its_end() { read(); }
};
struct in_what_is_in_flight {
  static void number(const auto& choose, const auto& read, const auto& check) {
    try {
      const reads_at_its_end<std::decay_t<decltype(read)>> last{read};
      throw static_cast<unsigned>(choose());
    } catch (const unsigned n) {
      check(n);
    }
  }
};
TEST(ExploreElsewhere, WhatAnExceptionHoldsIsTold) {
  is_found<keeps<in_what_was_caught>::client>("the number is another one");
  is_found<keeps<in_what_is_in_flight>::client>("the number is another one");
}

// The four reads come to the same in many ways, and only the vector knows which.
template <class Engine>
struct collects : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0}, y{0};
  void thread(unsigned i) {
    if (i == 1) {
      for (int k = 1; k < 10; ++k) x.store(k, relaxed);
      return y.store(1, release);
    }
    std::vector<int> seen;
    seen.reserve(8);
    for (int k = 0; k < 4; ++k) seen.push_back(x.load(relaxed));
    if (y.load(acquire) == 0) return;
    Engine::require(!(seen[0] == 0 && seen[1] == 4 && seen[2] == 4 && seen[3] == 9), "not 0, 4, 4, 9");
  }
};
TEST(ExploreElsewhere, WhatAThreadCollectsThereIsTold) { is_found<collects>("not 0, 4, 4, 9"); }

// Half of a pointer beside a small number often points there: the two are up to a gigabyte from each other.
TEST(ExploreElsewhere, WhatPointsBetweenTheProgramAndTheHeapIsNotTold) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("[heap]") == std::string::npos) continue;
    const std::uint64_t begin = std::stoull(line, nullptr, 16);
    EXPECT_TRUE(ordinary_heap().contains(begin));
    EXPECT_FALSE(ordinary_heap().contains(begin - 1));
  }
}

// Nothing but the atomic points to the node.
template <class Engine>
struct publishes : base<Engine, 2> {
  typename Engine::platform::template atomic<int*> x{nullptr};
  typename Engine::platform::template atomic<int> y{0};
  void thread(unsigned i) {
    if (i == 1) return y.store(1, relaxed);
    make();
    static_cast<void>(y.load(relaxed));
    const std::unique_ptr<int> mine(x.load(relaxed));
    Engine::require(*mine != 777, "the number is another one");
  }
  [[gnu::noinline]] void make() { x.store(new int(static_cast<int>(Engine::choose(numbers))), release); }
};
TEST(ExploreElsewhere, AnAtomicThatPointsToTheOrdinaryHeapIsRefused) {
  is_found<publishes>("points to the ordinary heap");
}

// --- where nothing can be merged, the answer is unknown sooner or later ---
template <class Engine>
struct waits_with_a_vector : base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0};
  void thread(unsigned i) {
    if (i == 1) return x.store(1, release);
    const std::vector<unsigned> kept(4);
    while (x.load(acquire) == kept[0]) Engine::platform::pause();
  }
};
TEST(ExploreElsewhere, WhoGoesRoundALoopWithSomethingThereLeavesItUnknown) {
  const report r = check<waits_with_a_vector>({.max_events = 100, .states = true});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_NE(r.message.find("keep nothing on the ordinary heap"), std::string::npos) << r.message;
}
template <class Engine>
struct chooses_much_with_a_vector : base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0};
  void thread(unsigned i) {
    if (i == 1) return x.store(1, release);
    std::vector<unsigned> kept(4);
    put(kept[0], [] { return Engine::choose(1000); });
    static_cast<void>(x.load(relaxed));
  }
};
TEST(ExploreElsewhere, TooManyStatesThatCannotBeMergedLeaveItUnknown) {
  const report r = check<chooses_much_with_a_vector>({.states = true, .most_apart = 999});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_NE(r.message.find("stopped at 999 states"), std::string::npos) << r.message;
  EXPECT_EQ(check<chooses_much_with_a_vector>({.states = true}).verdict, verdict::ok);
}

// --- a client that is not deterministic: nothing that a search by states is about would show it ---
template <class Source>
struct writes_from {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<std::uint64_t> x{0};
    void thread(unsigned) { x.fetch_add(Source::next(), relaxed); }
  };
};
struct the_clock {
  static std::uint64_t next() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_nsec);
  }
};
struct chance {
  static std::uint64_t next() { return static_cast<std::uint64_t>(std::rand()); }
};
struct a_count {
  static std::uint64_t next() {
    static std::uint64_t n = 0;
    return ++n;
  }
};
struct an_address {
  static std::uint64_t next() {
    return reinterpret_cast<std::uintptr_t>(std::make_unique<int>(1).release()) << 16;  // looks like no pointer
  }
};
// The count only says how often it reads.
struct a_length {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned) {
      static unsigned n = 0;
      for (unsigned i = ++n % 64; i != 64; ++i) static_cast<void>(x.load(relaxed));
    }
  };
};
TEST(ExploreElsewhere, AClientThatIsNotDeterministicIsTold) {
  is_found<writes_from<the_clock>::client>("not deterministic");
  is_found<writes_from<chance>::client>("not deterministic");
  is_found<writes_from<a_count>::client>("not deterministic");
  is_found<writes_from<an_address>::client>("not deterministic");
  is_found<a_length::client>("not deterministic");
}

}  // namespace
}  // namespace explore_elsewhere_test
