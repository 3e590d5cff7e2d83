// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a sync_map finds its keys: by a hash that is spread; and what it may be asked for.
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace sluice::detail {

// Hash and Eq take what is no key as it is.
template <class Q, class K, class Hash, class Eq>
concept sync_map_lookup = requires {
  typename Hash::is_transparent;
  typename Eq::is_transparent;
} && std::invocable<const Hash&, const Q&> && std::predicate<const Eq&, const K&, const Q&>;

// Spreads what a weak hash has left together, as the identity of integers: slots are found by the first bits. After
// Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4).
constexpr std::uint64_t sync_map_spread(std::uint64_t h) noexcept { return (h ^ (h >> 32)) * 0x9e3779b97f4a7c15U; }

// The hash of a key, spread.
template <class Hash>
struct sync_map_hasher {
  Hash hash;
  template <class Q>
  std::uint64_t operator()(const Q& key) const noexcept(std::is_nothrow_invocable_v<const Hash&, const Q&>) {
    return sync_map_spread(hash(key));
  }
};

}  // namespace sluice::detail
