// SPDX-License-Identifier: BSL-1.0
#pragma once
// The platform of real threads, over what sleeps and wakes; sluice/platform.hpp says what a Platform has.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <source_location>
#include <stop_token>
#include <thread>
#include <utility>

#include <sluice/platform_barrier.hpp>
#include <sluice/platform_cpu.hpp>
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
  // Wakes one sleeper of `word`, where both threads and tasks sleep one of each, or all; returns how many. Waits for nobody but the
  // holder of a short lock: where tasks sleep, or without futexes.
  static std::size_t wake_one(atomic<std::uint32_t>& word) { return Futex::wake(word.futex_word(), 1); }
  static std::size_t wake_all(atomic<std::uint32_t>& word) { return Futex::wake(word.futex_word(), SIZE_MAX); }

  // A word's name for wake_by_key, which wakes one sleeper, and wake_all_by_key. It may outlive the word: then nobody is
  // woken, or somebody, who sleeps where the word was, for no reason.
  using wake_key = std::atomic<std::uint32_t>*;
  static wake_key key_of(atomic<std::uint32_t>& word) noexcept { return &word.futex_word(); }
  static std::size_t wake_by_key(wake_key word) { return Futex::wake(word, 1); }
  static std::size_t wake_all_by_key(wake_key word) { return Futex::wake(word, SIZE_MAX); }

  // Where Futex knows of tasks: the one that calls, or null. See detail/lone_task.hpp.
  static auto* this_task() noexcept
    requires requires { Futex::this_task(); }
  {
    return Futex::this_task();
  }
  // Until what this gives ends, the caller waits as a thread. See detail/on_this_thread.hpp.
  static auto stay_on_thread() noexcept
    requires requires { Futex::this_task(); }
  {
    return typename Futex::stays_on_thread();
  }
  // Leaves the thread to others until `word` is not `from` any more, or, once it was changed to `to`, until wake_task.
  template <class Task>
  static void park(Task& caller, atomic<std::uint32_t>& word, std::uint32_t from, std::uint32_t to) {
    caller.park(word.futex_word(), from, to);
  }
  // By who has changed the word from `to`. Waits for nobody but the holder of a short lock.
  template <class Task>
  static void wake_task(Task& t) {
    t.wake();
  }

  static void fence(std::memory_order o) noexcept { detail::real_fence(o); }
  static void fence_light() noexcept { detail::fence_light(); }
  static void fence_heavy() noexcept { detail::fence_heavy(); }
  static void pause() noexcept { detail::cpu_relax(); }
  // As many pauses, by who lost a word to a thread that runs beside it; none where there is one CPU.
  static void give_way(unsigned pauses) noexcept { detail::give_way(pauses); }
  static void yield() noexcept {
    if constexpr (requires { Futex::yield(); })
      Futex::yield();
    else
      std::this_thread::yield();
  }
  // Runs `f` on a thread of its own, which nobody joins; in a task, as a task of its own, which reports say was started at `at`.
  template <class F>
  static void start(F f, std::source_location at = std::source_location::current()) {
    if constexpr (requires { Futex::start(std::move(f), at); })
      Futex::start(std::move(f), at);
    else
      std::thread(std::move(f)).detach();
  }
  // How many CPUs there are for whoever the caller waits for, and itself.
  static unsigned cpus() noexcept {
    if constexpr (requires { Futex::cpus(); })
      return Futex::cpus();
    else
      return detail::cpus();
  }
  using thread = std::thread;  // not under a checker
  static time_point now() noexcept { return std::chrono::steady_clock::now(); }
};

}  // namespace sluice
