// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a thread looks up a key in a sync_map_core by its own reclaimer, most often in one look and in a section that is not counted.
// For keys that are known by their bits, in slots that hold values themselves: then nothing of others is called in between.
//
// Never inlined: what is the thread's is read in place (reclaimer_here).
#include <cstdint>

#include <sluice/reclaim.hpp>

namespace sluice::detail {

template <class Platform, class Core, class IsIt>
[[gnu::noinline, gnu::cold]] typename Core::seen find_again(Core& map, std::uint64_t hash, IsIt is_it) {
  basic_reclaimer<Platform>& mine = this_thread_reclaimer<Platform>();
  mine.lock();
  const auto it = map.find(mine, hash, is_it);
  mine.unlock();
  return it;
}

template <class Platform, class Core, class IsIt>
[[gnu::noinline]] typename Core::seen find_at_a_glance(Core& map, std::uint64_t hash, IsIt is_it) {
  basic_reclaimer<Platform>* const mine = reclaimer_here<Platform>;
  if (mine != nullptr && mine->try_lock_leaf()) [[likely]] {
    typename Core::seen it;
    const bool is_whole = map.glance(*mine, hash, is_it, it);
    mine->unlock_leaf();
    if (is_whole) [[likely]]
      return it;
  }
  return find_again<Platform>(map, hash, is_it);
}

}  // namespace sluice::detail
