// SPDX-License-Identifier: BSL-1.0
#pragma once
// The seam. Every primitive takes a Platform and touches shared memory through it alone, so the source that ships is
// the source that a checker runs: a checker is one more Platform. std_platform is the one that ships.
//
// A Platform has (a checker's versions take a source location as one more, defaulted, argument):
//   atomic<T>    made with a value, or without: then a read before the first store is an error that a checker reports,
//                though here, as in C++20's std::atomic, it sees T();
//                load, store, exchange, fetch_*, compare_exchange_weak/strong(expected, desired, success, failure);
//                no order is ever implied: leaving one out does not compile
//   var<T>       plain shared data: load, store; free here, race-checked there; made with a value or without, likewise
//   cell<T>      raw room for one T: storage() to construct in, value() for the element; both count as a write, the first
//                one has to be storage()
//   fence, fence_light + fence_heavy (asymmetric, P1202), pause, yield, cpus
//   wait, wake_one, wake_all on an atomic<uint32_t>; time_point, now, stop_token, stop_source, stop_callback<F>
//   wake_key, key_of, wake_by_key, wake_all_by_key   for a waker whose last access of the word may be the sleeper's leave
//                to destroy it
//   start        a callable on a new thread; not under a checker, whose threads are the client's
//   allocator<T> what a primitive allocates with by default; here a thread keeps small blocks that it freed
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stop_token>
#include <thread>
#include <utility>

#include <sluice/platform_barrier.hpp>
#include <sluice/platform_cpu.hpp>
#include <sluice/platform_futex.hpp>
#include <sluice/platform_parking.hpp>
#include <sluice/platform_recycling.hpp>
#include <sluice/wait_result.hpp>

namespace sluice {
namespace detail {

// std::atomic without default orders and without operators. It derives so that a futex can take its address.
template <class T>
class std_atomic : private std::atomic<T> {
  using base = std::atomic<T>;

 public:
  using value_type = T;
  using base::is_always_lock_free;

  constexpr std_atomic() noexcept = default;
  constexpr std_atomic(T v) noexcept : base(v) {}

  T load(std::memory_order o) const noexcept { return base::load(o); }
  void store(T v, std::memory_order o) noexcept { base::store(v, o); }
  T exchange(T v, std::memory_order o) noexcept { return base::exchange(v, o); }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order ok, std::memory_order fail) noexcept {
    return base::compare_exchange_weak(expected, desired, ok, fail);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order ok, std::memory_order fail) noexcept {
    return base::compare_exchange_strong(expected, desired, ok, fail);
  }
  T fetch_add(T v, std::memory_order o) noexcept { return base::fetch_add(v, o); }
  T fetch_sub(T v, std::memory_order o) noexcept { return base::fetch_sub(v, o); }
  T fetch_or(T v, std::memory_order o) noexcept { return base::fetch_or(v, o); }
  T fetch_and(T v, std::memory_order o) noexcept { return base::fetch_and(v, o); }
  T fetch_xor(T v, std::memory_order o) noexcept { return base::fetch_xor(v, o); }

  std::atomic<T>& futex_word() noexcept { return *this; }
};

template <class T>
class std_var {
 public:
  std_var() = default;
  std_var(T v) : value_(std::move(v)) {}
  T load() const { return value_; }
  void store(T v) { value_ = std::move(v); }

 private:
  T value_{};
};

template <class T>
class std_cell {
 public:
  T* storage() noexcept { return reinterpret_cast<T*>(raw_); }  // room for a T, none constructed yet
  T& value() noexcept { return *std::launder(reinterpret_cast<T*>(raw_)); }  // the T that was constructed there

 private:
  alignas(T) std::byte raw_[sizeof(T)];
};

}  // namespace detail

// The platform over `Futex`, which sleeps and wakes.
template <class Futex>
struct basic_std_platform {
  template <class T>
  using atomic = detail::std_atomic<T>;
  template <class T>
  using var = detail::std_var<T>;
  template <class T>
  using cell = detail::std_cell<T>;
  template <class T>
  using allocator = detail::recycling_allocator<T>;
  using stop_token = std::stop_token;
  using stop_source = std::stop_source;
  template <class F>
  using stop_callback = std::stop_callback<F>;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr time_point no_deadline = time_point::max();

  // Sleeps while `word` holds `expected`: the check and the going to sleep are one step with respect to wake_*.
  // Returns on a wake-up, at `deadline`, on a stop request, or for no reason. Creates no happens-before.
  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline = no_deadline,
                          const stop_token& stop = {}) {
    return Futex::wait(word.futex_word(), expected, deadline, stop);
  }
  // Wakes one sleeper of `word`, or all; returns how many. Never blocks.
  static std::size_t wake_one(atomic<std::uint32_t>& word) { return Futex::wake(word.futex_word(), 1); }
  static std::size_t wake_all(atomic<std::uint32_t>& word) { return Futex::wake(word.futex_word(), SIZE_MAX); }

  // A word's name for wake_by_key, which wakes one sleeper, and wake_all_by_key. It may outlive the word: then nobody is
  // woken, or somebody, who sleeps where the word was, for no reason.
  using wake_key = std::atomic<std::uint32_t>*;
  static wake_key key_of(atomic<std::uint32_t>& word) noexcept { return &word.futex_word(); }
  static std::size_t wake_by_key(wake_key word) { return Futex::wake(word, 1); }
  static std::size_t wake_all_by_key(wake_key word) { return Futex::wake(word, SIZE_MAX); }

  static void fence(std::memory_order o) noexcept { std::atomic_thread_fence(o); }
  static void fence_light() noexcept { detail::fence_light(); }
  static void fence_heavy() noexcept { detail::fence_heavy(); }
  static void pause() noexcept { detail::cpu_relax(); }
  static void yield() noexcept { std::this_thread::yield(); }
  // Runs `f` on a thread of its own, which nobody joins.
  template <class F>
  static void start(F f) {
    std::thread(std::move(f)).detach();
  }
  static unsigned cpus() noexcept { return detail::cpus(); }
  static time_point now() noexcept { return std::chrono::steady_clock::now(); }
};

using portable_platform = basic_std_platform<detail::parking_table>;
#if defined(__linux__)
using std_platform = basic_std_platform<detail::linux_futex>;
#else
using std_platform = portable_platform;
#endif

}  // namespace sluice
