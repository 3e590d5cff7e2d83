// SPDX-License-Identifier: BSL-1.0
#pragma once
// A thread's own reclaimer (sluice/reclaim.hpp): how it comes, and when it ends.
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
};

}  // namespace detail
}  // namespace sluice
