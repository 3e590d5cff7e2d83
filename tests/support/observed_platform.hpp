// SPDX-License-Identifier: BSL-1.0
#pragma once
// A real platform that tells how many threads went to sleep and how many wake-ups were sent, so that a test can wait
// until a peer sleeps, or is about to, instead of hoping so. One CPU: nobody spins before.
#include <cstddef>
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::test {

template <class Base>
struct observed_platform : Base {
  static unsigned cpus() noexcept { return 1; }
  static wait_result wait(typename Base::template atomic<std::uint32_t>& word, std::uint32_t expected,
                          typename Base::time_point deadline = Base::no_deadline,
                          const typename Base::stop_token& stop = {}) {
    sleeps.fetch_add(1);
    return Base::wait(word, expected, deadline, stop);
  }
  static std::size_t wake_one(typename Base::template atomic<std::uint32_t>& word) {
    wakes.fetch_add(1);
    return Base::wake_one(word);
  }
  static std::size_t wake_all(typename Base::template atomic<std::uint32_t>& word) {
    wakes.fetch_add(1);
    return Base::wake_all(word);
  }
  static std::size_t wake_by_key(typename Base::wake_key word) {
    wakes.fetch_add(1);
    return Base::wake_by_key(word);
  }
  static std::size_t wake_all_by_key(typename Base::wake_key word) {
    wakes.fetch_add(1);
    return Base::wake_all_by_key(word);
  }

  static inline std::atomic<std::uint64_t> sleeps{0};
  static inline std::atomic<std::uint64_t> wakes{0};
  static void reset() noexcept {
    sleeps = 0;
    wakes = 0;
  }
  // Returns once `n` calls of wait were begun since reset().
  static void wait_for_sleepers(std::uint64_t n) {
    while (sleeps.load() < n) Base::yield();
  }
};

}  // namespace sluice::test
