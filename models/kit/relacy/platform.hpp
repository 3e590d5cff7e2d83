// SPDX-License-Identifier: BSL-1.0
#pragma once
// The seam under Relacy: sluice/platform.hpp's members, each a scheduling point with its source location.
#include <kit/relacy/asymmetric.hpp>
#include <kit/relacy/futex.hpp>
#include <kit/relacy/var.hpp>
#include <kit/thread_own.hpp>

#include <chrono>
#include <memory>

namespace sluice::relacy {

template <class T>
struct atomic_for {
  using type = relacy::atomic<T>;
};
template <>
struct atomic_for<std::uint32_t> {
  using type = futex_atomic<std::uint32_t>;
};

// Where a thread's own values stand; those of set-up and finish() are thread 0's.
struct own_place {
  static constexpr unsigned most = most_threads;
  static unsigned self() { return static_cast<unsigned>(rl::ctx().current_thread()); }
  static void changes() {}
};

struct platform {
  template <class T>
  using atomic = typename atomic_for<T>::type;
  template <class T>
  using var = relacy::var<T>;
  template <class T>
  using cell = relacy::cell<T>;
  template <class T>
  using allocator = std::allocator<T>;  // Relacy replaces operator new: leaks and double frees are reported
  template <class T>
  using thread_own = kit::thread_own<T, own_place>;
  using stop_token = relacy::stop_token;
  using stop_source = relacy::stop_source;
  template <class F>
  using stop_callback = relacy::stop_callback<F>;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr time_point no_deadline = time_point::max();

  // Time does not pass here: a wait with a deadline may time out at any moment.
  static time_point now() { return time_point{}; }

  static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline = no_deadline,
                          const stop_token& stop = {}, site at = SLUICE_RELACY_HERE) {
    return word.sleep(expected, deadline != no_deadline, stop, at);
  }
  static std::size_t wake_one(atomic<std::uint32_t>& word, site at = SLUICE_RELACY_HERE) { return word.wake(1, at); }
  static std::size_t wake_all(atomic<std::uint32_t>& word, site at = SLUICE_RELACY_HERE) {
    return word.wake(most_threads, at);
  }

  using wake_key = std::shared_ptr<futex_atomic<std::uint32_t>::life>;
  static wake_key key_of(atomic<std::uint32_t>& word) { return word.key(); }
  static std::size_t wake_by_key(const wake_key& k, site at = SLUICE_RELACY_HERE) {
    scheduling_point();
    return k->word == nullptr ? 0 : k->word->wake_now(1, at);
  }
  static std::size_t wake_all_by_key(const wake_key& k, site at = SLUICE_RELACY_HERE) {
    scheduling_point();
    return k->word == nullptr ? 0 : k->word->wake_now(most_threads, at);
  }

  static void fence(std::memory_order o, site at = SLUICE_RELACY_HERE) {
    o = order_at(at, "fence", o);
    if (o == std::memory_order_relaxed) return;
    const handled_kept keep;
    rl::atomic_thread_fence(to_rl(o), at);
  }
  static void fence_light(site at = SLUICE_RELACY_HERE) {
    if (!fence_at(at, "fence_light")) return;
    rl::context& c = scheduling_point();
    the_fences.light(*c.threadx_, static_cast<unsigned>(c.get_thread_count()));
  }
  static void fence_heavy(site at = SLUICE_RELACY_HERE) {
    if (!fence_at(at, "fence_heavy")) return;
    rl::context& c = scheduling_point();
    the_fences.heavy(*c.threadx_, static_cast<unsigned>(c.get_thread_count()));
  }
  static void pause(site at = SLUICE_RELACY_HERE) { yield(at); }
  static void yield(site at = SLUICE_RELACY_HERE) {
    const handled_kept keep;
    rl::yield(1, at);
  }
  // One: a model explores the schedules, so spinning before a sleep adds executions and no behaviour.
  static unsigned cpus() { return 1; }
};

// What a client is handed (kit/client.hpp).
struct engine {
  using platform = relacy::platform;
  static void require(bool holds, const char* what, site at = SLUICE_RELACY_HERE) {
    if (!holds) rl::ctx().fail_test(what, rl::test_result_user_assert_failed, at);
  }
  static unsigned choose(unsigned n) { return rl::ctx().rand(n, rl::sched_type_user); }
};

}  // namespace sluice::relacy
