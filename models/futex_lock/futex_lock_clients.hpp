// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of futex_lock. Each client: one property, bounds in its shape.
#include <cstdint>

#include <clients/lock_clients.hpp>
#include <clients/watched_platform.hpp>

#include <sluice/detail/futex_lock.hpp>

namespace sluice::models {

template <class Engine>
struct futex_lock_clients {
  using platform = typename Engine::platform;
  using lock = detail::futex_lock<platform>;

  struct two_threads : kit::everyone_gets_in<Engine, lock, 2, 2> {
    static constexpr const char* name = "two_threads";
  };
  struct three_threads : kit::everyone_gets_in<Engine, lock, 3, 1> {
    static constexpr const char* name = "three_threads";
  };

  // The other one comes twice, so that thread 0 may have found the lock taken, or free.
  struct who_waits_has_seen final : kit::watched_platform<platform>::watcher {
    using watched = kit::watched_platform<platform>;
    static constexpr const char* name = "who_waits_has_seen";
    static constexpr const char* property = "who sleeps has seen what the holder did before it took the lock";
    static constexpr unsigned threads = 2;

    detail::futex_lock<watched> guard;
    typename platform::template var<int> before{0};

    void sleeps(std::uint32_t) override { Engine::require(before.load() == 1, "the holder had done it"); }
    void thread(unsigned index) {
      if (index == 0) {
        before.store(1);
        const detail::lock_held held(guard);
        return;
      }
      for (int i = 0; i != 2; ++i) {
        const detail::lock_held held(guard);
      }
    }
    void finish() {}
  };
};

}  // namespace sluice::models
