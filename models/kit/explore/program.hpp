// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a machine runs, and what comes of a run.
#include <cstddef>
#include <cstdint>
#include <new>

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

namespace detail {

// Of each thread the last one before it with the same role.
template <class C>
symmetry::twins twins_of() {
  symmetry::twins twins{};
  if constexpr (requires { C::role(0U); })
    for (unsigned t = 1; t < C::threads && t < max_threads; ++t)
      for (unsigned before = 0; before < t; ++before)
        if (C::role(before) == C::role(t)) twins[t + 1] = static_cast<std::uint8_t>(before + 1);
  return twins;
}

template <class C, class Observer>
program program_of(Observer& observer) {
  program p{};
  p.construct = [](void* at) { ::new (at) C(); };
  p.thread = [](void* c, unsigned index) { static_cast<C*>(c)->thread(index); };
  p.finish = [](void* c) { static_cast<C*>(c)->finish(); };
  p.observe = [](void* o, const void* c) { (*static_cast<Observer*>(o))(*static_cast<const C*>(c)); };
  p.destroy = [](void* c) { static_cast<C*>(c)->~C(); };
  p.size = sizeof(C);
  p.alignment = alignof(C);
  p.threads = C::threads;
  p.twins = twins_of<C>();
  p.observer = const_cast<void*>(static_cast<const void*>(&observer));
  return p;
}

}  // namespace detail

enum class outcome : std::uint8_t {
  complete,
  blocked,
  bounded,
  failed,
  merged,  // by steps: it came to a state from which everything is explored already, or can go no further
  late     // by steps: the time was over before it came to its end
};

}  // namespace sluice::explore
