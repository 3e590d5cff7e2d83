// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a machine runs, and what comes of a run.
#include <cstddef>
#include <cstdint>

#include <kit/explore/symmetry.hpp>

namespace sluice::explore {

// A client without its type.
struct program {
  void (*construct)(void* at);
  void (*thread)(void* client, unsigned index);
  void (*finish)(void* client);
  void (*observe)(void* observer, const void* client);  // after finish()
  void (*destroy)(void* client);
  std::size_t size;
  std::size_t alignment;
  unsigned threads;
  symmetry::twins twins{};  // of each thread, the one before it that does the same, or 0
  void* observer = nullptr;
};

enum class outcome : std::uint8_t {
  complete,
  blocked,
  bounded,
  failed,
  merged,  // by steps: it came to a state from which everything is explored already, or can go no further
  late     // by steps: the time was over before it came to its end
};

}  // namespace sluice::explore
