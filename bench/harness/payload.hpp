// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is moved: numbers, alone or in front of more bytes, and a sum that tells whether each arrived once and whole.
#include <array>
#include <cstddef>
#include <cstdint>

namespace bench {

template <std::size_t Bytes>
struct payload {
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words;
};

inline void fill(std::uint64_t& element, std::uint64_t v) noexcept { element = v; }
template <std::size_t Bytes>
void fill(payload<Bytes>& element, std::uint64_t v) noexcept {
  element.words.fill(v);
}

inline std::uint64_t sum_of(std::uint64_t element) noexcept { return element; }
// All words, so that reading the element counts, and a torn one shows.
template <std::size_t Bytes>
std::uint64_t sum_of(const payload<Bytes>& element) noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t w : element.words) sum += w;
  return sum;
}

inline std::uint64_t number_of(std::uint64_t element) noexcept { return element; }
template <std::size_t Bytes>
std::uint64_t number_of(const payload<Bytes>& element) noexcept {
  return element.words.front();
}
// Whether all of it is there: reading all words is what makes moving them count.
inline bool whole(std::uint64_t) noexcept { return true; }
template <std::size_t Bytes>
bool whole(const payload<Bytes>& element) noexcept {
  return sum_of(element) == element.words.size() * element.words.front();
}

template <class T>
T element_of(std::uint64_t v) noexcept {
  T element;
  fill(element, v);
  return element;
}

}  // namespace bench
