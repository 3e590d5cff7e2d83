// SPDX-License-Identifier: BSL-1.0
#pragma once
// The Platform (see sluice/platform.hpp) whose threads take turns on a stage: each operation is noted with the value that it found
// and the one that it left.
#include <atomic>
#include <cstdint>
#include <source_location>

#include <kit/record/stage.hpp>
#include <sluice/platform.hpp>

namespace sluice::record {

template <class T>
class staged_atomic : public detail::std_atomic<T> {
  using base = detail::std_atomic<T>;
  using order = std::memory_order;
  using location = std::source_location;

 public:
  constexpr staged_atomic() noexcept = default;
  constexpr staged_atomic(T v) noexcept : base(v) {}

  T load(order, location at = location::current()) const {
    stage::the().step();
    const T v = now();
    return note(at, "load", v, v), v;
  }
  void store(T v, order, location at = location::current()) {
    change(at, "store", [v](T) { return v; });
  }
  T exchange(T v, order, location at = location::current()) {
    return change(at, "exchange", [v](T) { return v; });
  }
  bool compare_exchange_weak(T& expected, T desired, order, order, location at = location::current()) {
    return compare(at, "compare_exchange_weak", expected, desired);
  }
  bool compare_exchange_strong(T& expected, T desired, order, order, location at = location::current()) {
    return compare(at, "compare_exchange_strong", expected, desired);
  }
  T fetch_add(T v, order, location at = location::current()) {
    return change(at, "fetch_add", [v](T was) { return T(was + v); });
  }
  T fetch_sub(T v, order, location at = location::current()) {
    return change(at, "fetch_sub", [v](T was) { return T(was - v); });
  }
  T fetch_or(T v, order, location at = location::current()) {
    return change(at, "fetch_or", [v](T was) { return T(was | v); });
  }
  T fetch_and(T v, order, location at = location::current()) {
    return change(at, "fetch_and", [v](T was) { return T(was & v); });
  }

  T now() const { return base::load(std::memory_order_seq_cst); }
  void note(const location& at, const char* what, T found, T left) const {
    if (number_ == 0) number_ = stage::the().new_word();
    stage::note(at, what, static_cast<std::uint64_t>(found), static_cast<std::uint64_t>(left), number_);
  }

 private:
  template <class F>
  T change(const location& at, const char* what, F f) {
    stage::the().step();
    const T was = now();
    base::store(f(was), std::memory_order_seq_cst);
    return note(at, what, was, now()), was;
  }
  bool compare(const location& at, const char* what, T& expected, T desired) {
    bool same = false;
    const T was = change(at, what, [&](T v) { return (same = v == expected) ? desired : v; });
    if (!same) expected = was;
    return same;
  }

  // Given at the first operation; 0 before.
  mutable unsigned number_ = 0;
};

// What sleeps is woken by who changes its word: no time-outs and no stops.
struct staged_platform : std_platform {
  using location = std::source_location;
  template <class T>
  using atomic = staged_atomic<T>;

  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point = no_deadline,
                          const stop_token& = {}, location at = location::current()) {
    stage::the().step();
    const bool sleeps = word.now() == expected;
    word.note(at, "wait", word.now(), sleeps ? 1 : 0);
    if (sleeps) stage::the().sleep(&word);
    return wait_result::woken;
  }
  using wake_key = const void*;
  static wake_key key_of(atomic<std::uint32_t>& word) noexcept { return &word; }
  static std::size_t wake_all_by_key(wake_key key, location at = location::current()) {
    stage::the().step();
    const std::size_t n = stage::the().wake(key);
    return stage::note(at, "wake_all_by_key", n, 0), n;
  }
  static std::size_t wake_by_key(wake_key key, location at = location::current()) {
    stage::the().step();
    const std::size_t n = stage::the().wake_one(key);
    return stage::note(at, "wake_by_key", n, 0), n;
  }
  static std::size_t wake_one(atomic<std::uint32_t>& word, location at = location::current()) {
    stage::the().step();
    const std::size_t n = stage::the().wake_one(&word);
    return stage::note(at, "wake_one", n, 0), n;
  }
  static void fence(std::memory_order) noexcept {}
  static void fence_light() noexcept {}
  static void fence_heavy() noexcept {}
  static void pause() noexcept {}
  static void yield() noexcept {}
  static unsigned cpus() noexcept { return 1; }
};

}  // namespace sluice::record
