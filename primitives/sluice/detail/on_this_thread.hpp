// SPDX-License-Identifier: BSL-1.0
#pragma once
// on_this_thread: while one lives, its maker waits as a thread does, also where it is a task (sluice/task.hpp): so it comes out of a
// wait on the thread on which it went in. For what is the thread's own and runs code of others in between. Nothing where Platform
// has no tasks.
//
// Whoever waits so keeps its worker from other tasks: for a lock that is held for a short time, not for what one of them has to do.

namespace sluice::detail {

template <class Platform>
struct on_this_thread {};

template <class Platform>
  requires requires { Platform::stay_on_thread(); }
struct on_this_thread<Platform> {
  decltype(Platform::stay_on_thread()) here = Platform::stay_on_thread();
};

}  // namespace sluice::detail
