// SPDX-License-Identifier: BSL-1.0
#pragma once
// The same programs, run by the explorer.
#include <kit/explore.hpp>
#include <stdexcept>

#include "observations.hpp"
#include "program.hpp"
#include "standing_program.hpp"

namespace enumerator {

inline standing_program<instruction> explored_program;
// Do threads allocate before each step? Then the search by states knows how far they have come (see futures.hpp).
inline bool explored_counted = false;

template <class Engine, unsigned Threads>
struct interpreter {
  using platform = typename Engine::platform;
  static constexpr const char* property = "none: its results are collected";
  static constexpr unsigned threads = Threads;
  typename platform::template atomic<unsigned> at[locations]{0, 0, 0};
  observations<Threads, 16, locations> observed;

  static std::memory_order order_of(order o) {
    constexpr std::memory_order orders[] = {std::memory_order::relaxed, std::memory_order::acquire,
                                            std::memory_order::release, std::memory_order::acq_rel,
                                            std::memory_order::seq_cst};
    return orders[static_cast<unsigned>(o)];
  }

  void thread(unsigned index) {
    unsigned read = 0;
    for (const instruction& i : explored_program[index]) {
      if (explored_counted) count();
      const bool reads_too = step(i, read);
      if (!reads_too) continue;
      if (i.forgotten)
        read = 0;
      else
        observed.note_read(index, read);
    }
  }
  static void count() {
    typename platform::template allocator<int> heap;
    heap.deallocate(heap.allocate(1), 1);
  }
  bool step(const instruction& i, unsigned& read) {
    const std::memory_order o = order_of(i.mode);
    auto& a = at[i.loc];
    switch (i.how) {
      case what::load: read = a.load(o); return true;
      case what::store: a.store(i.value, o); return false;
      case what::store_sum: a.store(i.value + read, o); return false;
      case what::exchange: read = a.exchange(i.value, o); return true;
      case what::fetch_add: read = a.fetch_add(i.value, o); return true;
      case what::cas:
        read = i.expected;
        a.compare_exchange_strong(read, i.value, o, order_of(i.failure));
        return true;
      case what::fence: platform::fence(o); return false;
      case what::fence_light: platform::fence_light(); return false;
      case what::fence_heavy: platform::fence_heavy(); return false;
    }
    return false;
  }
  void finish() {
    for (unsigned l = 0; l < locations; ++l) observed.note_last(l, at[l].load(std::memory_order::relaxed));
  }

  result outcome() const { return observed.all(); }
};

template <unsigned Threads>
struct interpreted {
  template <class Engine>
  using client = interpreter<Engine, Threads>;
};

template <unsigned Threads>
results explore_with(const program& p, const sluice::explore::options& how) {
  explored_program = p;
  results found;
  sluice::explore::options merging = how;
  merging.most_apart = 0;
  const auto report = sluice::explore::check<interpreted<Threads>::template client>(
      merging, [&](const auto& client) { ++found[client.outcome()]; });
  const auto expected = how.walks == 0 ? sluice::explore::verdict::ok : sluice::explore::verdict::unknown;
  if (report.verdict != expected || report.blocked != 0) throw std::logic_error(report.message);
  return found;
}

inline results explore(const program& p, const sluice::explore::options& how) {
  switch (p.size()) {
    case 1: return explore_with<1>(p, how);
    case 2: return explore_with<2>(p, how);
    case 3: return explore_with<3>(p, how);
    case 4: return explore_with<4>(p, how);
    default: throw std::logic_error("the enumerator's programs have one to four threads");
  }
}
inline results explore(const program& p, sluice::explore::model m) { return explore(p, {.model = m}); }

}  // namespace enumerator
