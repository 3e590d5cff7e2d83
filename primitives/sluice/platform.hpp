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
//   give_way     a few pauses, for who lost a word to another thread; not under a checker, where nothing takes time
//   wait, wake_one, wake_all on an atomic<uint32_t>; time_point, now, stop_token, stop_source, stop_callback<F>
//   wake_key, key_of, wake_by_key, wake_all_by_key   for a waker whose last access of the word may be the sleeper's leave
//                to destroy it
//   start        runs a callable on a new thread, or, in a task, as a new task; thread, one to join; neither under a checker,
//                whose threads are the client's
//   allocator<T> what a primitive allocates with by default; here a thread keeps small blocks that it freed
#include <sluice/platform_futex.hpp>
#include <sluice/platform_parking.hpp>
#include <sluice/platform_std.hpp>
#include <sluice/platform_tasks.hpp>

namespace sluice {

// The platforms whose waits hold up the thread, whoever runs on it: what schedules tasks is made of these.
using portable_threads = basic_std_platform<detail::parking_table>;
#if defined(__linux__)
using std_threads = basic_std_platform<detail::linux_futex>;
#else
using std_threads = portable_threads;
#endif
// Where a task (sluice/task.hpp) waits on these, its thread goes on with another one.
using portable_platform = basic_std_platform<detail::task_aware<detail::parking_table>>;
#if defined(__linux__)
using std_platform = basic_std_platform<detail::task_aware<detail::linux_futex>>;
#else
using std_platform = portable_platform;
#endif

}  // namespace sluice
