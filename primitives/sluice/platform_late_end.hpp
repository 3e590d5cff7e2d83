// SPDX-License-Identifier: BSL-1.0
#pragma once
// late_end: has something of a thread's own end when the thread does, but behind its thread_local objects, whose destructors may still
// use it. By a key of POSIX. Where there is none left, or no POSIX, and in the main thread, which ends with the process, it stays.
#if __has_include(<pthread.h>)
#include <pthread.h>
#define SLUICE_HAS_PTHREAD_KEYS 1
#endif

namespace sluice::detail {

// `End`: called by the thread with what it was given, behind its thread_local objects.
template <void (*End)(void*)>
class late_end {
 public:
  // By the thread that `what`, not null, is to end with. Once until that has ended.
  static void of(void* what) noexcept {
#if defined(SLUICE_HAS_PTHREAD_KEYS)
    static const key mine;
    if (mine.made) static_cast<void>(pthread_setspecific(mine.it, what));
#else
    static_cast<void>(what);
#endif
  }

 private:
#if defined(SLUICE_HAS_PTHREAD_KEYS)
  struct key {
    pthread_key_t it{};
    bool made = pthread_key_create(&it, End) == 0;
  };
#endif
};

}  // namespace sluice::detail
