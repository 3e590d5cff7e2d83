// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random small programs.
#include <rapidcheck.h>

#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "program.hpp"

namespace enumerator {

inline rc::Gen<order> an_order(std::vector<order> of, bool mostly_strong) {
  return mostly_strong ? rc::gen::weightedOneOf<order>({{2, rc::gen::just(of.back())}, {1, rc::gen::elementOf(of)}})
                       : rc::gen::elementOf(of);
}

inline rc::Gen<instruction> an_instruction(bool strong) {
  const std::vector<order> of_loads{order::relaxed, order::acquire, order::seq_cst};
  const std::vector<order> of_stores{order::relaxed, order::release, order::seq_cst};
  const std::vector<order> of_fences{order::acquire, order::release, order::acq_rel, order::seq_cst};
  const std::vector<order> of_both{order::relaxed, order::acquire, order::release, order::acq_rel, order::seq_cst};
  return rc::gen::exec([=] {
    instruction i;
    i.how = *rc::gen::weightedElement<what>({{6, what::load},
                                             {6, what::store},
                                             {1, what::store_sum},
                                             {1, what::exchange},
                                             {2, what::fetch_add},
                                             {2, what::cas},
                                             {2, what::fence},
                                             {2, what::fence_light},
                                             {2, what::fence_heavy}});
    i.loc = *rc::gen::inRange(0U, locations);
    i.value = *rc::gen::inRange(1U, 4U);
    i.expected = *rc::gen::inRange(0U, 3U);
    i.failure = *an_order(of_loads, strong);
    const bool store = i.how == what::store || i.how == what::store_sum;
    i.mode = *an_order(i.how == what::load    ? of_loads
                       : store                ? of_stores
                       : i.how == what::fence ? of_fences
                                              : of_both,
                       strong);
    if (i.how > what::fence) i.mode = order::seq_cst;
    return i;
  });
}

// What brute force would go through: which compare-exchanges succeed, a write for each read, an order of the writes to each
// location. Eight exchanges of one location are 1.7e12.
inline double tries(const program& p) {
  std::array<double, locations> writes{};
  for (const thread& t : p)
    for (const instruction& i : t) writes[i.loc] += i.how != what::load && i.how < what::fence ? 1 : 0;
  double all = 1;
  for (const double n : writes) all *= std::tgamma(n + 1);
  for (const thread& t : p)
    for (const instruction& i : t) {
      if (i.how == what::cas) all *= 2;
      if (i.how != what::store && i.how != what::store_sum && i.how < what::fence) all *= writes[i.loc] + 1;
    }
  return all;
}
inline constexpr double most_tries = 1 << 23;

// Two to four threads of one to four instructions, eight in all: what brute force can do.
inline rc::Gen<program> a_program() {
  return rc::gen::exec([] {
    const bool strong = *rc::gen::inRange(0, 2) == 1;
    program p(*rc::gen::inRange<std::size_t>(2, 5));
    for (unsigned n = *rc::gen::inRange(4U, 9U); n-- > 0;) {
      const instruction i = *an_instruction(strong);
      thread& t = p[n < p.size() ? n : *rc::gen::inRange<std::size_t>(0, p.size())];
      if (t.size() == 4) continue;
      t.push_back(i);
      if (tries(p) > most_tries) t.pop_back();
    }
    return p;
  });
}

// A line per thread.
inline std::string text(const program& p) {
  std::ostringstream out;
  for (const thread& t : p) {
    for (const instruction& i : t) out << i << "; ";
    out << "\n";
  }
  return out.str();
}
inline void log(const program& p) { RC_LOG() << text(p); }

}  // namespace enumerator
