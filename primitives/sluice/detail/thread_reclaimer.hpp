// SPDX-License-Identifier: BSL-1.0
#pragma once
// A thread's own reclaimer (sluice/reclaim.hpp): how it comes, and when it ends. The first one is among the thread's thread_local objects,
// so that what is garbage then is freed while most of them are there. Who asks again once it has gone, in the destructor of an older one or
// of a static object, gets another one.
#include <sluice/detail/reclaim_domain.hpp>
#include <sluice/platform_late_end.hpp>

namespace sluice {

template <class Platform>
basic_reclaim_domain<Platform>& default_reclaim_domain();

namespace detail {

// What this_thread_reclaimer gives, or null, if this thread has none. To be read in functions that are never inlined, and in which nobody
// waits: see differs_by_thread.
template <class Platform>
inline constinit thread_local basic_reclaimer<Platform>* reclaimer_here = nullptr;

// Null again where one ends: behind it, for what it frees at its end may ask for it.
template <class Platform>
struct thread_reclaimer {
  struct forgotten {
    ~forgotten() { reclaimer_here<Platform> = nullptr; }
  };
  [[no_unique_address]] forgotten behind_it{};
  basic_reclaimer<Platform> it{default_reclaim_domain<Platform>()};

  static void end(void* late) { delete static_cast<thread_reclaimer*>(late); }
};

template <class Platform>
[[gnu::noinline]] basic_reclaimer<Platform>& new_thread_reclaimer() {
  static constinit thread_local bool has_gone = false;
  if (!has_gone) {
    thread_local thread_reclaimer<Platform> mine;
    has_gone = true;  // when this is asked for the next time
    return mine.it;
  }
  auto* const late = new thread_reclaimer<Platform>;
  late_end<&thread_reclaimer<Platform>::end>::of(late);
  return late->it;
}

}  // namespace detail
}  // namespace sluice
