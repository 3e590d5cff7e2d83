// SPDX-License-Identifier: BSL-1.0
#pragma once
// new_of_thread: something of a thread's own, that ends when the thread does. The first one is among its thread_local objects, so that
// what it holds goes while most of them are there. Who asks again once that has gone, in the destructor of an older one or of a static
// object, gets another one, which ends behind them all: by a key of POSIX. Where there is none left, or no POSIX, and in the main thread,
// which ends with the process, that one stays; so does the first one of who asks for it only in the destructor of such a key, when the
// thread_local objects have gone.
#if __has_include(<pthread.h>)
#include <pthread.h>
#define SLUICE_HAS_PTHREAD_KEYS 1
#endif

namespace sluice::detail {

// Calls End(what) when the thread ends, behind its thread_local objects. Of one `End` once, until what was given has ended.
template <void (*End)(void*)>
void late_end(void* what) noexcept {
#if defined(SLUICE_HAS_PTHREAD_KEYS)
  struct key {
    pthread_key_t it{};
    bool made = pthread_key_create(&it, End) == 0;
  };
  static const key mine;
  if (mine.made) static_cast<void>(pthread_setspecific(mine.it, what));
#else
  static_cast<void>(what);
#endif
}

template <class Held>
void end_of_thread(void* held) {
  delete static_cast<Held*>(held);
}

// By a thread that has no `Held`, or whose last one has gone. To be called in functions that are never inlined, and in which nobody waits: see
// differs_by_thread.
template <class Held>
[[gnu::noinline]] Held& new_of_thread() {
  static constinit thread_local bool has_gone = false;
  if (!has_gone) {
    static thread_local Held mine;
    has_gone = true;  // when this is asked for the next time
    return mine;
  }
  auto* const late = new Held;
  late_end<&end_of_thread<Held>>(late);
  return *late;
}

}  // namespace sluice::detail
