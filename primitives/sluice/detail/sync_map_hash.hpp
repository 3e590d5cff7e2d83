// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a sync_map finds its keys, by a hash that is spread, and knows them; and what it may be asked for.
#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>

#include <sluice/detail/sync_map_bits.hpp>

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

// Knows a key that was asked for as a `Q`; by its bits, where those that are equal have the same.
template <class Q, class K, class Eq>
struct sync_map_same {
  static constexpr bool by_bits = std::same_as<Q, K> &&
                                  (std::integral<K> || std::is_enum_v<K> || std::is_pointer_v<K>) &&
                                  (std::same_as<Eq, std::equal_to<K>> || std::same_as<Eq, std::equal_to<>>);
  [[no_unique_address]] std::conditional_t<by_bits, const Eq, const Eq&> equal;  // then it has no state
  std::conditional_t<by_bits, const Q, const Q&> key;
  bool operator()(const K& k) const { return equal(k, key); }
  std::uint64_t bits() const noexcept
    requires by_bits
  {
    return sync_map_bits<K>::of(key).bits();
  }
};

}  // namespace sluice::detail
