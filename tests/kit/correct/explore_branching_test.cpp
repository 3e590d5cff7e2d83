// SPDX-License-Identifier: BSL-1.0
// Random programs that branch, retry and wait: as many executions as by brute force over the same source.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <kit/explore.hpp>
#include <ostream>
#include <vector>

#include "../enumerator/brute.hpp"

namespace explore_branching_test {
namespace {

enum class act : std::uint8_t { load, store, store_sum, fetch_add, cas, retry, fence, skip_unless, await };
struct instruction {
  act how = act::load;
  unsigned loc = 0;
  unsigned value = 0;
  std::memory_order mode = std::memory_order::relaxed;
};
using program = std::vector<std::vector<instruction>>;

std::ostream& operator<<(std::ostream& out, const instruction& i) {
  constexpr const char* names[] = {"load",  "store", "store_sum",   "fetch_add", "cas",
                                   "retry", "fence", "skip_unless", "await"};
  return out << names[static_cast<unsigned>(i.how)] << " " << "xyz"[i.loc] << " " << i.value << " order "
             << static_cast<int>(i.mode);
}

inline const program* the_program = nullptr;
constexpr auto relaxed = std::memory_order::relaxed;

std::memory_order to_load(std::memory_order o) {
  return o == std::memory_order::release ? relaxed : o == std::memory_order::acq_rel ? std::memory_order::acquire : o;
}
std::memory_order to_store(std::memory_order o) {
  return o == std::memory_order::acquire ? relaxed : o == std::memory_order::acq_rel ? std::memory_order::release : o;
}

template <unsigned Threads>
struct interpreted {
  template <class Engine>
  struct client {
    using platform = typename Engine::platform;
    static constexpr const char* property = "none: executions are counted";
    static constexpr unsigned threads = Threads;
    typename platform::template atomic<unsigned> at[3]{0, 0, 0};

    void thread(unsigned index) {
      unsigned last = 0;
      bool skip = false;
      for (const instruction& i : (*the_program)[index]) {
        if (!skip) step(i, last);
        skip = !skip && i.how == act::skip_unless && last != i.value;
      }
      if (index == 0) at[2].store(1, std::memory_order::release);  // what the others await
    }
    void step(const instruction& i, unsigned& last) {
      auto& a = at[i.loc];
      switch (i.how) {
        case act::load: last = a.load(to_load(i.mode)); return;
        case act::store: return a.store(i.value, to_store(i.mode));
        case act::store_sum: return a.store(i.value + last, to_store(i.mode));
        case act::fetch_add: last = a.fetch_add(i.value, i.mode); return;
        case act::cas: a.compare_exchange_strong(last, i.value, i.mode, relaxed); return;
        case act::retry:
          last = a.load(relaxed);
          while (!a.compare_exchange_strong(last, last + i.value, i.mode, relaxed)) {
          }
          return;
        case act::fence: return i.mode == relaxed ? void() : platform::fence(i.mode);
        case act::skip_unless: return;
        case act::await:
          while (at[2].load(to_load(i.mode)) == 0) platform::pause();
          return;
      }
    }
    void finish() {}
  };
};

rc::Gen<instruction> an_instruction(bool may_retry, bool may_wait) {
  return rc::gen::exec([may_retry, may_wait] {
    instruction i;
    i.how = *rc::gen::weightedElement<act>({{4, act::load},
                                            {4, act::store},
                                            {2, act::store_sum},
                                            {1, act::fetch_add},
                                            {2, act::cas},
                                            {may_retry ? 2U : 0U, act::retry},
                                            {1, act::fence},
                                            {3, act::skip_unless},
                                            {may_wait ? 2U : 0U, act::await}});
    i.loc = *rc::gen::inRange(0U, 2U);
    i.value = *rc::gen::inRange(i.how == act::skip_unless ? 0U : 1U, 3U);
    i.mode = *rc::gen::element(relaxed, std::memory_order::acquire, std::memory_order::release,
                               std::memory_order::acq_rel, std::memory_order::seq_cst);
    return i;
  });
}
// Two or three threads, seven instructions in all. Programs that wait do not retry: a retry that comes back to a value
// that it had before is taken for waiting, which it may be, but brute force does not see that.
rc::Gen<program> a_program(bool waits) {
  return rc::gen::exec([waits] {
    program p(*rc::gen::inRange<std::size_t>(2, 4));
    for (unsigned n = 0; n < 7; ++n) {
      const auto t = *rc::gen::inRange<std::size_t>(0, p.size());
      if (p[t].size() < 4) p[t].push_back(*an_instruction(!waits, waits && t != 0));
    }
    return p;
  });
}

template <template <class> class Client>
void must_agree(enumerator::axioms of, bool waits) {
  const auto found = sluice::explore::check<Client>({.model = static_cast<sluice::explore::model>(of), .await = waits});
  if (found.verdict != sluice::explore::verdict::ok) RC_FAIL(found.message);
  const auto expected = enumerator::brute::executions<Client>(of);
  if (found.executions == expected) return;
  for (const auto& t : *the_program) {
    RC_LOG() << "thread\n";
    for (const instruction& i : t) RC_LOG() << "  " << i << "\n";
  }
  RC_LOG() << expected << " executions by brute force, " << found.executions << " explored\n";
  RC_FAIL("the explorer and brute force differ");
}
void must_agree(enumerator::axioms of) {
  for (int n = 0; n < 20; ++n) {
    const bool waits = *rc::gen::inRange(0, 2) == 1;
    const program p = *a_program(waits);
    the_program = &p;
    p.size() == 2 ? must_agree<interpreted<2>::client>(of, waits) : must_agree<interpreted<3>::client>(of, waits);
  }
}

RC_GTEST_PROP(ExploreBranching, AgreesUnderRc20, ()) { must_agree(enumerator::axioms::rc20); }
RC_GTEST_PROP(ExploreBranching, AgreesUnderRc11, ()) { must_agree(enumerator::axioms::rc11); }
RC_GTEST_PROP(ExploreBranching, AgreesUnderRa, ()) { must_agree(enumerator::axioms::ra); }
RC_GTEST_PROP(ExploreBranching, AgreesUnderTso, ()) { must_agree(enumerator::axioms::tso); }
RC_GTEST_PROP(ExploreBranching, AgreesUnderSc, ()) { must_agree(enumerator::axioms::sc); }

}  // namespace
}  // namespace explore_branching_test
