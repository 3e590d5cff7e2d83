// SPDX-License-Identifier: BSL-1.0
#pragma once
// The Platform of the brute-force engine (see brute.hpp). A thread is run anew from its start for each step, with the
// values that it has read so far, and stopped by an exception where it asks for more.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <unordered_map>
#include <vector>

#include "axioms.hpp"

namespace enumerator::brute {

using value = std::uint64_t;
enum class step : std::uint8_t { load, store, update, compare_exchange, fence, fence_light, fence_heavy, pause, end };

// What a thread asks for next.
struct wish {
  step is = step::end;
  const void* object = nullptr;
  order mode = order::relaxed;
  order failure = order::relaxed;
  value operand = 0;
  value expected = 0;
  value (*modify)(value, value) = nullptr;  // update
};

constexpr bool is_fence(step s) { return s == step::fence || s == step::fence_light || s == step::fence_heavy; }

// The thread that is being run: its replies so far, its memory.
struct scene {
  static constexpr unsigned most_threads = 4;
  static constexpr std::size_t arena = 1 << 14;
  std::vector<value> replies;  // one per operation; of a store or a fence, anything
  std::size_t used = 0;
  wish next;
  unsigned thread = most_threads;  // most_threads: the constructor runs
  std::size_t allocated[most_threads + 1]{};
  std::unordered_map<const void*, value> initial;
  alignas(64) std::byte memory[most_threads + 1][arena];
};
inline scene* the_scene = nullptr;
struct suspended {};

inline value ask(const wish& w) {
  scene& s = *the_scene;
  if (s.used < s.replies.size()) return s.replies[s.used++];
  s.next = w;
  throw suspended();
}

constexpr order from(std::memory_order o) {
  switch (o) {
    case std::memory_order::relaxed: return order::relaxed;
    case std::memory_order::release: return order::release;
    case std::memory_order::acq_rel: return order::acq_rel;
    case std::memory_order::seq_cst: return order::seq_cst;
    default: return order::acquire;
  }
}

struct platform {
  template <class T>
  class atomic {
   public:
    atomic(T v) { the_scene->initial[this] = bits(v); }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order o) const { return value_of(ask({.is = step::load, .object = this, .mode = from(o)})); }
    void store(T v, std::memory_order o) {
      ask({.is = step::store, .object = this, .mode = from(o), .operand = bits(v)});
    }
    T exchange(T v, std::memory_order o) {
      return update(v, o, [](value, value x) { return x; });
    }
    T fetch_add(T v, std::memory_order o) {
      return update(v, o, [](value old, value x) { return bits(static_cast<T>(value_of(old) + value_of(x))); });
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order ok, std::memory_order fail) {
      const value seen = ask({.is = step::compare_exchange,
                              .object = this,
                              .mode = from(ok),
                              .failure = from(fail),
                              .operand = bits(desired),
                              .expected = bits(expected)});
      const bool equal = seen == bits(expected);
      expected = value_of(seen);
      return equal;
    }

   private:
    static value bits(T v) {
      value b = 0;
      std::memcpy(&b, &v, sizeof v);
      return b;
    }
    static T value_of(value b) {
      T v;
      std::memcpy(&v, &b, sizeof v);
      return v;
    }
    T update(T v, std::memory_order o, value (*modify)(value, value)) {
      return value_of(ask({.is = step::update, .object = this, .mode = from(o), .operand = bits(v), .modify = modify}));
    }
    [[maybe_unused]] std::byte room_{};  // no two atomics have the same address
  };

  template <class T>
  class var {
   public:
    var(T v) : value_(v) {}
    T load() const { return value_; }
    void store(T v) { value_ = v; }

   private:
    T value_;
  };

  template <class T>
  struct allocator {
    T* allocate(std::size_t n) {
      scene& s = *the_scene;
      std::size_t& at = s.allocated[s.thread];
      at = (at + 15) & ~std::size_t{15};
      std::byte* const p = s.memory[s.thread] + at;
      at += n * sizeof(T);
      if (at > scene::arena) throw std::bad_alloc();
      return reinterpret_cast<T*>(p);
    }
    void deallocate(T*, std::size_t) {}
  };

  static void fence(std::memory_order o) { ask({.is = step::fence, .mode = from(o)}); }
  static void fence_light() { ask({.is = step::fence_light, .mode = order::seq_cst}); }
  static void fence_heavy() { ask({.is = step::fence_heavy, .mode = order::seq_cst}); }
  static void pause() { ask({.is = step::pause}); }
  static void yield() { pause(); }
};

struct engine {
  using platform = brute::platform;
  static void require(bool, const char*) {}  // the explorer's affair; here executions are counted
};

}  // namespace enumerator::brute
