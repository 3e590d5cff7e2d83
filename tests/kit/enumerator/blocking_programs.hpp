// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random small programs that wait, are stopped, go round loops, branch and touch plain data: brute force cannot follow them,
// but two searches of the explorer have to agree on them.
#include <rapidcheck.h>

#include <chrono>
#include <kit/explore.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "observations.hpp"
#include "standing_program.hpp"

namespace blocking_programs {

namespace engine = sluice::explore;
using order = std::memory_order;

enum class what {
  load,
  store,
  add,
  swap,
  try_set,
  fence,
  light,
  heavy,
  wait_for,
  wait_or_stop,
  stop,
  is_stopped,
  spin_until,  // a deadline passes
  spin_twice,
  read,
  write,
  wait,
  wake_one,
  wake_all,
  spin,
  call_at_stop,  // of one thread alone: a source has one callback at a time
  skip
};

struct instruction {
  what how = what::load;
  unsigned loc = 0;
  unsigned value =
      1;  // to store, to add; to wait while it is there, 2 for 0, wait_for a second at most; skip: whether to skip one more
  order mode = order::relaxed;
  bool forgotten = false;  // what it reads
};
using program = std::vector<std::vector<instruction>>;
inline enumerator::standing_program<instruction> explored;
inline bool counted = false;  // see enumerator/explored.hpp

constexpr unsigned locations = 3;

template <class Engine, unsigned Threads>
struct interpreter {
  using platform = typename Engine::platform;
  static constexpr const char* property = "none: its results are collected";
  static constexpr unsigned threads = Threads;
  typename platform::template atomic<std::uint32_t> at[locations]{0, 0, 0};
  typename platform::template var<unsigned> plain[2]{0, 0};
  typename platform::stop_source stops;
  unsigned rounds[Threads]{};
  enumerator::observations<Threads, 8, locations> observed;

  void thread(unsigned t) {
    unsigned left_out = 0;
    for (const instruction& i : explored[t]) {
      if (left_out != 0) {
        --left_out;
        continue;
      }
      if (counted) count();
      if (i.how == what::skip)
        left_out = at[i.loc].load(i.mode) == 0 ? i.value : 0;
      else if (i.how <= what::try_set || (i.how >= what::wait_for && i.how <= what::read))
        keep(t, i);
      else
        act(i);
    }
  }
  static void count() {
    typename platform::template allocator<int> heap;
    heap.deallocate(heap.allocate(1), 1);
  }
  void keep(unsigned t, const instruction& i) {
    if (i.how == what::store) return at[i.loc].store(i.value, i.mode);
    const unsigned read = value_of(t, i);
    if (!i.forgotten) observed.note_read(t, read);
  }
  unsigned value_of(unsigned t, const instruction& i) {
    auto& a = at[i.loc];
    std::uint32_t none = 0;
    switch (i.how) {
      case what::add: return a.fetch_add(i.value, i.mode);
      case what::swap: return a.exchange(i.value, i.mode);
      case what::try_set: return a.compare_exchange_weak(none, i.value, i.mode, order::relaxed) ? 9 : none;
      case what::wait_for:
        return platform::wait(a, i.value % 2, platform::now() + std::chrono::seconds(1)) ==
               sluice::wait_result::timed_out;
      case what::wait_or_stop:
        return platform::wait(a, i.value % 2, platform::no_deadline, stops.get_token()) == sluice::wait_result::stopped;
      case what::stop: return stops.request_stop();
      case what::is_stopped: return stops.stop_requested();
      case what::spin_until: return is_late(a, i.mode);
      case what::spin_twice:
        for (rounds[t] = 0; rounds[t] != 2 && a.load(i.mode) == 0; ++rounds[t]) platform::pause();
        return rounds[t];
      case what::read: return plain[i.loc % 2].load();
      default: return a.load(i.mode);
    }
  }
  static bool is_late(const typename platform::template atomic<std::uint32_t>& a, order mode) {
    const auto deadline = platform::now() + std::chrono::seconds(1);
    while (a.load(mode) == 0) {
      if (platform::now() >= deadline) return true;
      platform::pause();
    }
    return false;
  }
  void act(const instruction& i) {
    auto& a = at[i.loc];
    switch (i.how) {
      case what::fence: return platform::fence(i.mode);
      case what::light: return platform::fence_light();
      case what::heavy: return platform::fence_heavy();
      case what::write: return plain[i.loc % 2].store(i.value);
      case what::wait: return void(platform::wait(a, i.value % 2));
      case what::wake_one: return void(platform::wake_one(a));
      case what::wake_all: return void(platform::wake_all(a));
      case what::call_at_stop: return call_at_stop(i);
      default:
        while (a.load(i.mode) == 0) platform::pause();
    }
  }
  // What is done at the stop is known to who comes too late to have it done by another, or waits for the end of the call.
  void call_at_stop(const instruction& i) {
    auto& a = at[i.loc];
    const auto call = [&] {
      plain[i.loc % 2].store(i.value);
      a.store(i.value, i.mode);
      platform::wake_all(a);
    };
    const typename platform::template stop_callback<decltype(call)> registered(stops.get_token(), call);
    static_cast<void>(at[(i.loc + 1) % locations].load(order::relaxed));
  }
  void finish() {
    for (unsigned l = 0; l < locations; ++l) observed.note_last(l, at[l].load(order::relaxed));
  }
  std::vector<unsigned> outcome() const { return observed.all(); }
};
template <unsigned Threads>
struct interpreted {
  template <class Engine>
  using client = interpreter<Engine, Threads>;
};

struct answer {
  engine::report report;
  std::set<std::vector<unsigned>> outcomes;
};
template <unsigned Threads>
answer run_with(const engine::options& o) {
  answer a;
  engine::options merging = o;
  merging.most_apart = 0;
  a.report = engine::check<interpreted<Threads>::template client>(
      merging, [&](const auto& client) { a.outcomes.insert(client.outcome()); });
  return a;
}
inline answer run(const program& p, const engine::options& o) {
  explored = p;
  switch (p.size()) {
    case 2: return run_with<2>(o);
    case 3: return run_with<3>(o);
    case 4: return run_with<4>(o);
    default: throw std::logic_error("these programs have two to four threads");
  }
}

inline rc::Gen<instruction> an_instruction(bool strong, bool first_thread) {
  return rc::gen::exec([=] {
    instruction i;
    i.how = *rc::gen::weightedElement<what>(
        {{5, what::load},         {5, what::store},      {1, what::add},
         {1, what::swap},         {1, what::try_set},    {2, what::fence},
         {1, what::light},        {1, what::heavy},      {1, what::read},
         {1, what::write},        {1, what::wait},       {1, what::wait_for},
         {1, what::wait_or_stop}, {1, what::stop},       {1, what::is_stopped},
         {1, what::spin_until},   {1, what::spin_twice}, {std::size_t{first_thread}, what::call_at_stop},
         {1, what::wake_one},     {1, what::wake_all},   {1, what::spin},
         {2, what::skip}});
    i.loc = *rc::gen::inRange(0U, locations);
    i.value = *rc::gen::inRange(1U, 3U);
    i.forgotten = *rc::gen::inRange(0, 3) != 0;
    const bool loads = i.how == what::load || i.how == what::spin || i.how == what::skip || i.how == what::spin_until ||
                       i.how == what::spin_twice;
    const bool both = i.how == what::add || i.how == what::swap || i.how == what::try_set || i.how == what::fence;
    std::vector<order> of{order::seq_cst};
    if (i.how != what::fence) of.push_back(order::relaxed);
    if (loads || i.how == what::fence) of.push_back(order::acquire);
    if (i.how == what::store || i.how == what::fence || i.how == what::call_at_stop) of.push_back(order::release);
    if (both) of.push_back(order::acq_rel);
    if (!strong || *rc::gen::inRange(0, 2) == 0)
      i.mode = *rc::gen::elementOf(of);
    else
      i.mode = order::seq_cst;
    return i;
  });
}
// Two to four threads of at most five instructions, ten in all.
inline rc::Gen<program> a_program() {
  return rc::gen::exec([] {
    const bool strong = *rc::gen::inRange(0, 2) == 1;
    program p(*rc::gen::inRange<std::size_t>(2, 5));
    for (unsigned n = *rc::gen::inRange(4U, 11U); n-- > 0;) {
      const std::size_t t = n < p.size() ? n : *rc::gen::inRange<std::size_t>(0, p.size());
      if (p[t].size() < 5) p[t].push_back(*an_instruction(strong, t == 0));
    }
    return p;
  });
}

// A line per thread.
inline std::string text(const program& p) {
  constexpr const char* names[] = {"load",       "store",      "add",          "swap",         "try_set", "fence",
                                   "light",      "heavy",      "wait_for",     "wait_or_stop", "stop",    "is_stopped",
                                   "spin_until", "spin_twice", "read",         "write",        "wait",    "wake_one",
                                   "wake_all",   "spin",       "call_at_stop", "skip"};
  constexpr const char* orders[] = {"rlx", "con", "acq", "rel", "ar", "sc"};
  std::ostringstream out;
  for (const auto& t : p) {
    for (const instruction& i : t)
      out << names[static_cast<unsigned>(i.how)] << " " << "xyz"[i.loc] << " " << i.value << " "
          << orders[static_cast<unsigned>(i.mode)] << (i.forgotten ? " forgotten; " : "; ");
    out << "\n";
  }
  return out.str();
}

}  // namespace blocking_programs
