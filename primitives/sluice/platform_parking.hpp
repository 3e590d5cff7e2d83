// SPDX-License-Identifier: BSL-1.0
#pragma once
// The portable way to sleep on a 32-bit word: a table of buckets, each a mutex and a list of sleepers, found by the
// word's address. Slower than a kernel futex and not lock-free, but it needs nothing outside the standard library.
// Invariant: a sleeper is in its bucket's list if and only if it was not signalled yet; both change under the mutex.
// Edge: the bucket's mutex orders "the word still had the expected value, so I sleep" against "wake".
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <new>
#include <stop_token>
#include <thread>

#include <sluice/wait_result.hpp>

namespace sluice::detail {

class parking_table {
 public:
  using word = std::atomic<std::uint32_t>;
  using time_point = std::chrono::steady_clock::time_point;

  // Sleeps while `w` holds `expected`, until woken, `deadline` or `stop`. May wake for no reason, and does where there is no memory to
  // sleep by: who waits is registered somewhere already, and could not take an exception.
  static wait_result wait(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) {
    try {
      return sleep(w, expected, deadline, stop);
    } catch (const std::bad_alloc&) {
      if (stop.stop_requested()) return wait_result::stopped;
      if (deadline <= time_point::clock::now()) return wait_result::timed_out;
    }
    std::this_thread::yield();
    return wait_result::woken;
  }

  // Wakes up to `count` sleepers of `w`, the longest asleep first; returns how many.
  static std::size_t wake(word& w, std::size_t count) { return wake(&w, count); }
  // By address alone: the word may be gone.
  static std::size_t wake(const word* w, std::size_t count) {
    bucket& b = bucket_of(w);
    const std::lock_guard lock(b.guard);
    std::size_t woken = 0;
    for (auto at = b.sleepers.begin(); at != b.sleepers.end() && woken < count;) {
      sleeper& s = **at;
      if (s.address != w) {
        ++at;
        continue;
      }
      at = b.sleepers.erase(at);
      s.signalled = true;
      s.bell.notify_one();
      ++woken;
    }
    return woken;
  }

 private:
  struct sleeper {
    const word* address;
    bool signalled = false;
    std::condition_variable_any bell{};
  };
  struct bucket {
    std::mutex guard;
    std::list<sleeper*> sleepers;
  };
  static constexpr std::size_t buckets = 64;

  static wait_result sleep(word& w, std::uint32_t expected, time_point deadline, const std::stop_token& stop) {
    bucket& b = bucket_of(&w);
    std::unique_lock lock(b.guard);
    if (w.load(std::memory_order_seq_cst) != expected) return wait_result::woken;
    sleeper self{&w};
    const auto place = b.sleepers.insert(b.sleepers.end(), &self);
    const auto signalled = [&self] { return self.signalled; };
    const bool woken = deadline == time_point::max() ? self.bell.wait(lock, stop, signalled)
                                                     : self.bell.wait_until(lock, stop, deadline, signalled);
    if (woken) return wait_result::woken;  // the waker has already taken us from the list
    b.sleepers.erase(place);
    return stop.stop_requested() ? wait_result::stopped : wait_result::timed_out;
  }

  static bucket& bucket_of(const word* w) {
    const auto bits = reinterpret_cast<std::uintptr_t>(w);
    return all_buckets().at[(bits >> 6 ^ bits >> 12) % buckets];
  }
  // Takes no memory, and is never destroyed: others may sleep, and static objects wake them, until the process ends.
  struct table {
    bucket at[buckets];
  };
  static table& all_buckets() {
    alignas(table) static std::byte place[sizeof(table)];
    static table& all = *::new (static_cast<void*>(place)) table;
    return all;
  }
};

}  // namespace sluice::detail
