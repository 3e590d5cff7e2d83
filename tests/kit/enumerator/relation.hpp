// SPDX-License-Identifier: BSL-1.0
#pragma once
// Relations over at most 64 events, as the papers write them.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace enumerator {

using events = std::uint64_t;  // a set of events

class relation {
 public:
  relation() = default;
  explicit relation(unsigned size) : size_(size) { std::fill_n(row_.begin(), size, events{0}); }
  relation(const relation& o) : size_(o.size_) { std::copy_n(o.row_.begin(), size_, row_.begin()); }
  relation& operator=(const relation& o) {
    size_ = o.size_;
    std::copy_n(o.row_.begin(), size_, row_.begin());
    return *this;
  }

  unsigned size() const { return size_; }
  bool has(unsigned a, unsigned b) const { return (row_[a] >> b & 1) != 0; }
  void add(unsigned a, unsigned b) { row_[a] |= events{1} << b; }
  events& after(unsigned a) { return row_[a]; }
  events after(unsigned a) const { return row_[a]; }

  friend relation operator|(relation a, const relation& b) {
    for (unsigned i = 0; i < a.size_; ++i) a.row_[i] |= b.row_[i];
    return a;
  }
  friend relation operator-(relation a, const relation& b) {
    for (unsigned i = 0; i < a.size_; ++i) a.row_[i] &= ~b.row_[i];
    return a;
  }
  // Composition: a ; b is written a * b.
  friend relation operator*(const relation& a, const relation& b) {
    relation c(a.size_);
    for (unsigned i = 0; i < a.size_; ++i)
      for (events rest = a.row_[i]; rest != 0; rest &= rest - 1)
        c.row_[i] |= b.row_[static_cast<unsigned>(std::countr_zero(rest))];
    return c;
  }

 private:
  unsigned size_ = 0;
  std::array<events, 64> row_;
};

// The events of `of`, each related to itself.
inline relation identity(unsigned size, events of = ~events{0}) {
  relation r(size);
  for (unsigned i = 0; i < size; ++i) r.after(i) = of & events{1} << i;
  return r;
}
inline relation optional(const relation& r) { return r | identity(r.size()); }
inline relation transitive(relation r) {
  for (unsigned k = 0; k < r.size(); ++k)
    for (unsigned i = 0; i < r.size(); ++i)
      if (r.has(i, k)) r.after(i) |= r.after(k);
  return r;
}
inline bool irreflexive(const relation& r) {
  for (unsigned i = 0; i < r.size(); ++i)
    if (r.has(i, i)) return false;
  return true;
}
inline bool acyclic(const relation& r) { return irreflexive(transitive(r)); }
inline relation inverse(const relation& r) {
  relation c(r.size());
  for (unsigned i = 0; i < r.size(); ++i)
    for (unsigned j = 0; j < r.size(); ++j)
      if (r.has(i, j)) c.add(j, i);
  return c;
}

}  // namespace enumerator
