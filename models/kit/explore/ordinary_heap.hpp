// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where new and malloc have blocks from. What a client keeps there is part of no state that the search by states
// knows; where it lies is, as a pointer to it, and differs from one execution to the next, or does not: then different states
// would be taken for the same. So a client that points there is refused, and of a thread that does, all that led it there
// counts (state_key.hpp). A number that only looks like a pointer is taken for one, too.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>

extern "C" char end_of_program __asm__("_end");  // the linker's name for the end of the program's own data

namespace sluice::explore {

// All of it is in one place then, large blocks and those of other OS threads included.
#if defined(__GLIBC__)
inline const bool ordinary_heap_is_whole = mallopt(M_MMAP_MAX, 0) != 0 && mallopt(M_ARENA_MAX, 1) != 0;
#endif

class ordinary_heap {
 public:
  // Would a pointer to what this thread gets from new be recognised?
  static bool is_known_here() {
    const auto some = std::make_unique<std::byte>();
    const std::byte* const where = some.get();
    return ordinary_heap().is_pointed_to(reinterpret_cast<const std::byte*>(&where), sizeof where);
  }

  // Does any of these bytes' words point there?
  bool is_pointed_to(const std::byte* from, std::size_t bytes) const {
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= bytes; at += sizeof(std::uintptr_t)) {
      std::uintptr_t word = 0;
      std::memcpy(&word, from + at, sizeof word);
      if (contains(word)) return true;
    }
    return false;
  }
  bool contains(std::uint64_t address) const { return address >= first_ && address < last_; }

  // Where it begins: the kernel leaves up to a gigabyte at random behind the program. What only looks like a pointer, as a
  // pointer does of which one half was written over, would often point in there.
  static std::uintptr_t beginning() {
    static const std::uintptr_t at = [] {
      constexpr int fields_before = 44;  // of proc(5)'s stat, between the program's name and start_brk
      std::ifstream stat("/proc/self/stat");
      const std::string all{std::istreambuf_iterator<char>(stat), {}};
      std::istringstream fields(all.substr(all.rfind(')') + 1));
      std::string skipped;
      for (int i = 0; i != fields_before; ++i) fields >> skipped;
      std::uintptr_t start = 0;
      fields >> start;
      return std::max(start, reinterpret_cast<std::uintptr_t>(&end_of_program));
    }();
    return at;
  }

 private:
  std::uintptr_t first_ = beginning();
  std::uintptr_t last_ = reinterpret_cast<std::uintptr_t>(sbrk(0));
};

}  // namespace sluice::explore
