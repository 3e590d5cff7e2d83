// SPDX-License-Identifier: BSL-1.0
#pragma once
// A program in static memory. The search by states tells states apart by what lies on the ordinary heap if a thread's stack points
// there, and then merges next to nothing: so what the threads of a client look at had better not lie there.
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

namespace enumerator {

template <class Instruction>
class standing_program {
 public:
  standing_program& operator=(const std::vector<std::vector<Instruction>>& p) {
    if (p.size() > most_threads) throw std::logic_error("a standing program has at most four threads");
    for (std::size_t t = 0; t != p.size(); ++t) {
      if (p[t].size() > most_instructions)
        throw std::logic_error("a standing program's threads have at most 16 instructions");
      sizes_[t] = p[t].size();
      for (std::size_t i = 0; i != sizes_[t]; ++i) threads_[t][i] = p[t][i];
    }
    return *this;
  }
  std::span<const Instruction> operator[](std::size_t t) const { return {threads_[t], sizes_[t]}; }

 private:
  static constexpr std::size_t most_threads = 4;
  static constexpr std::size_t most_instructions = 16;
  Instruction threads_[most_threads][most_instructions]{};
  std::size_t sizes_[most_threads]{};
};

}  // namespace enumerator
