// SPDX-License-Identifier: BSL-1.0
#pragma once
// Small straight-line programs over a few locations, as data: what the brute-force enumerator and the explorer are both
// given.
#include <cstdint>
#include <map>
#include <ostream>
#include <vector>

#include "axioms.hpp"

namespace enumerator {

enum class what : std::uint8_t { load, store, store_sum, exchange, fetch_add, cas, fence, fence_light, fence_heavy };

struct instruction {
  what how = what::load;
  unsigned loc = 0;
  unsigned value = 0;  // stored, added, desired; store_sum stores it plus what the thread read last
  unsigned expected = 0;  // of a cas
  order mode = order::relaxed;
  order failure = order::relaxed;  // of a cas
  bool forgotten = false;  // what it reads: where the explorer runs it, the result is without it
};

constexpr bool reads(const instruction& i) {
  return i.how != what::store && i.how != what::store_sum && i.how < what::fence;
}

using thread = std::vector<instruction>;
using program = std::vector<thread>;

// What each read of each thread saw, in program order, then the last value of each location.
using result = std::vector<unsigned>;
// How many executions have which result.
using results = std::map<result, unsigned>;

inline constexpr unsigned locations = 3;

inline std::ostream& operator<<(std::ostream& out, const instruction& i) {
  constexpr const char* names[] = {"load", "store", "store_sum", "exchange", "fetch_add",
                                   "cas",  "fence", "light",     "heavy"};
  constexpr const char* orders[] = {"rlx", "acq", "rel", "ar", "sc"};
  out << names[static_cast<unsigned>(i.how)];
  if (i.how < what::fence) out << " " << "xyz"[i.loc] << " ";
  if (i.how == what::cas) out << i.expected << "->";
  if (i.how != what::load && i.how < what::fence) out << i.value;
  out << " " << orders[static_cast<unsigned>(i.mode)];
  if (i.how == what::cas) out << "/" << orders[static_cast<unsigned>(i.failure)];
  if (i.forgotten) out << " forgotten";
  return out;
}

}  // namespace enumerator
