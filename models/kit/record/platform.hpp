// SPDX-License-Identifier: BSL-1.0
#pragma once
// The Platform (see sluice/platform.hpp) that records: one thread, plain memory, and each operation noted before it happens.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include <kit/record/recorder.hpp>
#include <sluice/platform.hpp>

namespace sluice::record {

using location = std::source_location;

inline void note(const location& at, const char* what, std::memory_order o) {
  recorder::the().note({at, what, recorder::number(o), -1});
}
inline void note(const location& at, const char* what) { recorder::the().note({at, what, -1, -1}); }

template <class T>
class atomic : public detail::std_atomic<T> {
  using base = detail::std_atomic<T>;
  using order = std::memory_order;

 public:
  constexpr atomic() noexcept = default;
  constexpr atomic(T v) noexcept : base(v) {}

  T load(order o, location at = location::current()) const { return note(at, "load", o), base::load(o); }
  void store(T v, order o, location at = location::current()) { note(at, "store", o), base::store(v, o); }
  T exchange(T v, order o, location at = location::current()) { return note(at, "exchange", o), base::exchange(v, o); }
  bool compare_exchange_weak(T& expected, T desired, order ok, order fail, location at = location::current()) {
    recorder::the().note({at, "compare_exchange_weak", recorder::number(ok), recorder::number(fail)});
    return base::compare_exchange_strong(expected, desired, ok, fail);
  }
  bool compare_exchange_strong(T& expected, T desired, order ok, order fail, location at = location::current()) {
    recorder::the().note({at, "compare_exchange_strong", recorder::number(ok), recorder::number(fail)});
    return base::compare_exchange_strong(expected, desired, ok, fail);
  }
  T fetch_add(T v, order o, location at = location::current()) {
    return note(at, "fetch_add", o), base::fetch_add(v, o);
  }
  T fetch_sub(T v, order o, location at = location::current()) {
    return note(at, "fetch_sub", o), base::fetch_sub(v, o);
  }
  T fetch_or(T v, order o, location at = location::current()) { return note(at, "fetch_or", o), base::fetch_or(v, o); }
  T fetch_and(T v, order o, location at = location::current()) {
    return note(at, "fetch_and", o), base::fetch_and(v, o);
  }
  T fetch_xor(T v, order o, location at = location::current()) {
    return note(at, "fetch_xor", o), base::fetch_xor(v, o);
  }
};

template <class T>
class cell : detail::std_cell<T> {
  using base = detail::std_cell<T>;

 public:
  T* storage(location at = location::current()) { return note(at, "storage"), base::storage(); }
  T& value(location at = location::current()) { return note(at, "value"), base::value(); }
};

struct platform : std_platform {
  template <class T>
  using atomic = record::atomic<T>;
  template <class T>
  using cell = record::cell<T>;

  // Sleeps while a peer does what was hung there.
  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point = no_deadline,
                          const stop_token& = {}, location at = location::current()) {
    note(at, "wait");
    (void)word, (void)expected;
    return wait_result::woken;
  }
  static std::size_t wake_one(atomic<std::uint32_t>&, location at = location::current()) {
    return note(at, "wake_one"), 0;
  }
  static std::size_t wake_all(atomic<std::uint32_t>&, location at = location::current()) {
    return note(at, "wake_all"), 0;
  }
  static wake_key key_of(atomic<std::uint32_t>&) noexcept { return nullptr; }
  static std::size_t wake_by_key(wake_key, location at = location::current()) { return note(at, "wake_by_key"), 0; }
  static std::size_t wake_all_by_key(wake_key, location at = location::current()) {
    return note(at, "wake_all_by_key"), 0;
  }
  static void fence(std::memory_order o, location at = location::current()) { note(at, "fence", o); }
  static void fence_light(location at = location::current()) { note(at, "fence_light"); }
  static void fence_heavy(location at = location::current()) { note(at, "fence_heavy"); }
  static void pause() noexcept {}
  static void yield() noexcept {}
  static unsigned cpus() noexcept { return 1; }
};

}  // namespace sluice::record
