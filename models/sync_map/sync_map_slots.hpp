// SPDX-License-Identifier: BSL-1.0
#pragma once
// The slots of the map that the clients use here: words with nodes. Keys and values are read as shared data, so that one that
// is not whole, or gone, is seen.
#include <clients/sync_map_subject.hpp>
#include <sluice/detail/sync_map_nodes.hpp>

namespace sluice::models {

template <class Platform>
struct sync_map_number {
  sync_map_number(int v) : is(v) {}
  typename Platform::template var<int> is;
};
template <class Platform>
using sync_map_slots =
    detail::sync_map_nodes<sync_map_number<Platform>, sync_map_number<Platform>, sync_map_hash, Platform, 1>;

}  // namespace sluice::models
