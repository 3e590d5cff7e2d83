// SPDX-License-Identifier: BSL-1.0
#pragma once
// A real platform whose threads now and then give up their turn in the middle of an operation: beside an atomic access,
// and before sleeping or waking. On a machine with few CPUs this is what makes short programs overlap at all.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

#include <sluice/platform.hpp>

namespace sluice::kit {

// Decides when the calling thread yields: one access in `one_in`, drawn from `seed`. 0: never.
class perturbation {
 public:
  static void set(std::uint64_t seed, unsigned one_in) noexcept {
    mine().state_ = seed * 0x9E3779B97F4A7C15U + 0xD1B54A32D192ED03U;
    mine().one_in_ = one_in;
  }
  static void maybe_yield() noexcept {
    perturbation& p = mine();
    if (p.one_in_ == 0) return;
    p.state_ ^= p.state_ << 13U;  // xorshift64
    p.state_ ^= p.state_ >> 7U;
    p.state_ ^= p.state_ << 17U;
    if (p.state_ % p.one_in_ == 0)
      std::this_thread::yield();  // a task stays: it may hold a lock, and this is its thread's
  }

 private:
  static perturbation& mine() noexcept {
    thread_local perturbation p;
    return p;
  }
  std::uint64_t state_ = 1;
  unsigned one_in_ = 0;
};

template <class Base = std_platform>
struct perturbed_platform : Base {
  template <class T>
  class atomic : public Base::template atomic<T> {
    using base = typename Base::template atomic<T>;

   public:
    constexpr atomic() noexcept = default;
    constexpr atomic(T v) noexcept : base(v) {}

    T load(std::memory_order o) const noexcept { return turn(), base::load(o); }
    void store(T v, std::memory_order o) noexcept { turn(), base::store(v, o); }
    T exchange(T v, std::memory_order o) noexcept { return turn(), base::exchange(v, o); }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order ok, std::memory_order fail) noexcept {
      return turn(), base::compare_exchange_weak(expected, desired, ok, fail);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order ok, std::memory_order fail) noexcept {
      return turn(), base::compare_exchange_strong(expected, desired, ok, fail);
    }
    T fetch_add(T v, std::memory_order o) noexcept { return turn(), base::fetch_add(v, o); }
    T fetch_sub(T v, std::memory_order o) noexcept { return turn(), base::fetch_sub(v, o); }
    T fetch_or(T v, std::memory_order o) noexcept { return turn(), base::fetch_or(v, o); }
    T fetch_and(T v, std::memory_order o) noexcept { return turn(), base::fetch_and(v, o); }
    T fetch_xor(T v, std::memory_order o) noexcept { return turn(), base::fetch_xor(v, o); }

   private:
    static void turn() noexcept { perturbation::maybe_yield(); }
  };

  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                          typename Base::time_point deadline = Base::no_deadline,
                          const typename Base::stop_token& stop = {}) {
    perturbation::maybe_yield();
    return Base::wait(word, expected, deadline, stop);
  }
  static std::size_t wake_one(atomic<std::uint32_t>& word) {
    perturbation::maybe_yield();
    return Base::wake_one(word);
  }
  static std::size_t wake_all(atomic<std::uint32_t>& word) {
    perturbation::maybe_yield();
    return Base::wake_all(word);
  }
  static std::size_t wake_by_key(typename Base::wake_key word) {
    perturbation::maybe_yield();
    return Base::wake_by_key(word);
  }
  static std::size_t wake_all_by_key(typename Base::wake_key word) {
    perturbation::maybe_yield();
    return Base::wake_all_by_key(word);
  }
};

}  // namespace sluice::kit
