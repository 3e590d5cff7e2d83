// SPDX-License-Identifier: BSL-1.0
// Which executions a client has does not depend on how its threads are numbered, but in which order the search comes to
// them does, entirely. So a client is explored once per numbering: each time no execution may come twice, and the set
// of complete executions has to be the same. This is the oracle where brute force has none: loops, waiting, the futex.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "../enumerator/signature.hpp"
#include "../enumerator/structures.hpp"

namespace explore_permutation_test {
namespace {

using namespace sluice::explore;
using namespace structures;

inline std::array<unsigned, 4> numbering{};

template <template <class> class Client>
struct renumbered {
  template <class Engine>
  struct client : Client<Engine> {
    void thread(unsigned i) { Client<Engine>::thread(numbering[i]); }
  };
};

template <class Client>
std::set<std::string> executions_of(const options& o) {
  const auto ignore = [](const Client&) {};
  machine m(sluice::explore::detail::program_of<Client>(ignore), o);
  std::set<std::string> found;
  do {
    const outcome end = m.run();
    EXPECT_NE(end, outcome::failed) << m.message();
    if (end == outcome::failed) break;
    if (end == outcome::complete) {
      const std::vector<unsigned> names(numbering.begin(), numbering.begin() + Client::threads);
      EXPECT_TRUE(found.insert(enumerator::signature(m.events(), names).text()).second) << "an execution came twice";
    }
  } while (m.backtrack());
  return found;
}

template <template <class> class Client>
std::size_t same_in_every_numbering(const options& o = {}) {
  using client = typename renumbered<Client>::template client<engine>;
  std::iota(numbering.begin(), numbering.end(), 0U);
  const std::set<std::string> first = executions_of<client>(o);
  while (std::next_permutation(numbering.begin(), numbering.begin() + client::threads))
    EXPECT_EQ(executions_of<client>(o), first);
  return first.size();
}

template <unsigned Wakers>
struct sleepers {
  template <class Engine>
  struct client : base<Engine, 2 + Wakers> {
    using platform = typename Engine::platform;
    typename platform::template atomic<std::uint32_t> word{0};
    void thread(unsigned i) {
      if (i < 2) return void(platform::wait(word, 0, platform::now() + std::chrono::seconds(1)));
      word.fetch_add(i - 2, relaxed);
      platform::wake_one(word);
    }
  };
};

template <class Engine>
struct gate : base<Engine, 3> {
  using platform = typename Engine::platform;
  typename platform::template atomic<std::uint32_t> open{0};
  void thread(unsigned i) {
    if (i == 2) {
      open.store(1, release);
      platform::wake_all(open);
    }
    while (open.load(acquire) == 0) platform::wait(open, 0);
  }
};

template <class Engine>
struct retries : base<Engine, 3> {
  typename Engine::platform::template atomic<unsigned> x{0};
  typename Engine::platform::template atomic<unsigned> y{0};
  void thread(unsigned i) {
    unsigned v = x.load(relaxed);
    while (!x.compare_exchange_weak(v, v + i + 1, acq_rel, relaxed)) {
    }
    y.store(v, release);
  }
};

TEST(ExplorePermutation, Locks) {
  EXPECT_EQ(same_in_every_numbering<spin_lock<3>::client>(), 6U);
  EXPECT_EQ(same_in_every_numbering<ticket_lock<3>::client>(), 6U);
  same_in_every_numbering<mcs_lock<3>::client>();
}
TEST(ExplorePermutation, Structures) {
  same_in_every_numbering<seqlock<2>::client>();
  same_in_every_numbering<treiber_stack<2>::client>();
  same_in_every_numbering<ms_queue<2>::client>();
  same_in_every_numbering<retries>();
  same_in_every_numbering<retries>({.spurious = 1});
}
TEST(ExplorePermutation, Futex) {
  same_in_every_numbering<futex_mutex<2>::client>({.spurious = 1});
  same_in_every_numbering<futex_mutex<3>::client>();
  same_in_every_numbering<gate>({.spurious = 1});
  same_in_every_numbering<sleepers<1>::client>();
  same_in_every_numbering<sleepers<2>::client>();
}
TEST(ExplorePermutation, UnderOtherModels) {
  for (const model m : {model::rc11, model::ra, model::tso, model::sc}) {
    same_in_every_numbering<retries>({.model = m});
    same_in_every_numbering<mcs_lock<2>::client>({.model = m});
    same_in_every_numbering<sleepers<1>::client>({.model = m});
  }
}

}  // namespace
}  // namespace explore_permutation_test
