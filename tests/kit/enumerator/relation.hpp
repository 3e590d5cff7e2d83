// SPDX-License-Identifier: BSL-1.0
#pragma once
// Relations over at most 32 events, as the papers write them.
#include <array>
#include <cstdint>

namespace enumerator {

struct relation {
  std::array<std::uint32_t, 32> row{};

  bool has(unsigned a, unsigned b) const { return (row[a] >> b & 1) != 0; }
  void add(unsigned a, unsigned b) { row[a] |= 1U << b; }

  friend relation operator|(relation a, const relation& b) {
    for (unsigned i = 0; i < 32; ++i) a.row[i] |= b.row[i];
    return a;
  }
  friend relation operator-(relation a, const relation& b) {
    for (unsigned i = 0; i < 32; ++i) a.row[i] &= ~b.row[i];
    return a;
  }
  // Composition: a ; b is written a * b.
  friend relation operator*(const relation& a, const relation& b) {
    relation c;
    for (unsigned i = 0; i < 32; ++i)
      for (std::uint32_t rest = a.row[i]; rest != 0; rest &= rest - 1)
        c.row[i] |= b.row[static_cast<unsigned>(__builtin_ctz(rest))];
    return c;
  }
};

using events = std::uint32_t;  // a set of events

inline relation identity(events of = ~0U) {
  relation r;
  for (unsigned i = 0; i < 32; ++i) r.row[i] = of & 1U << i;
  return r;
}
inline relation optional(const relation& r) { return r | identity(); }
inline relation transitive(relation r) {
  for (unsigned k = 0; k < 32; ++k)
    for (unsigned i = 0; i < 32; ++i)
      if (r.has(i, k)) r.row[i] |= r.row[k];
  return r;
}
inline bool irreflexive(const relation& r) {
  for (unsigned i = 0; i < 32; ++i)
    if (r.has(i, i)) return false;
  return true;
}
inline bool acyclic(const relation& r) { return irreflexive(transitive(r)); }
inline relation inverse(const relation& r) {
  relation c;
  for (unsigned i = 0; i < 32; ++i)
    for (unsigned j = 0; j < 32; ++j)
      if (r.has(i, j)) c.add(j, i);
  return c;
}

}  // namespace enumerator
