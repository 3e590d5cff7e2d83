// SPDX-License-Identifier: BSL-1.0
#pragma once
// A small key or value as a word, which an atomic can hold.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>

namespace sluice::detail {

// What fits, and whose copies are as good as it is.
template <class T>
concept sync_map_word =
    std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T> && std::is_trivially_destructible_v<T> &&
    sizeof(T) <= sizeof(std::uint64_t) && alignof(T) <= alignof(std::uint64_t);

template <class T>
class sync_map_bits {
 public:
  sync_map_bits() noexcept = default;
  explicit sync_map_bits(std::uint64_t bits) noexcept { std::memcpy(raw_, &bits, sizeof(bits)); }
  static sync_map_bits of(const T& value) noexcept {
    sync_map_bits made;
    std::memcpy(made.raw_, &value, sizeof(T));
    return made;
  }
  std::uint64_t bits() const noexcept {
    std::uint64_t b = 0;
    std::memcpy(&b, raw_, sizeof(b));
    return b;
  }
  // A copy; of a whole word one that is read from no memory, or GCC makes a branch of what the caller chooses by.
  T copy() const noexcept {
    if constexpr (sizeof(T) == sizeof(raw_)) return std::bit_cast<T>(bits());
    return get();
  }
  const T& get() const noexcept { return *std::launder(reinterpret_cast<const T*>(raw_)); }

 private:
  alignas(std::uint64_t) std::byte raw_[sizeof(std::uint64_t)]{};
};

}  // namespace sluice::detail
