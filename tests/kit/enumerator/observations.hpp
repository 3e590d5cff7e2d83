// SPDX-License-Identifier: BSL-1.0
#pragma once
// What comes out of an execution of a small program: what each thread has read, in its order, and what is there in the end.
#include <vector>

namespace enumerator {

template <unsigned Threads, unsigned Reads, unsigned Locations>
class observations {
 public:
  void note_read(unsigned t, unsigned value) { seen_[t][reads_[t]++] = value; }
  void note_last(unsigned l, unsigned value) { last_[l] = value; }

  std::vector<unsigned> read_by(unsigned t) const { return {seen_[t], seen_[t] + reads_[t]}; }
  std::vector<unsigned> all() const {
    std::vector<unsigned> r;
    for (unsigned t = 0; t < Threads; ++t) r.insert(r.end(), seen_[t], seen_[t] + reads_[t]);
    r.insert(r.end(), last_, last_ + Locations);
    return r;
  }
  std::vector<unsigned> in_the_end() const { return {last_, last_ + Locations}; }

 private:
  unsigned seen_[Threads][Reads]{};
  unsigned reads_[Threads]{};
  unsigned last_[Locations]{};
};

}  // namespace enumerator
