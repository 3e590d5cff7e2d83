// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_room: how many elements a channel has room for, and its buffer; and whether one has beside its lock.
#include <cstddef>
#include <type_traits>

namespace sluice::detail {

// How many elements a channel has room for; without a bound, how many in its buffer.
struct chan_room {
  std::size_t capacity = 0;
  bool unbounded = false;
  // Of the buffer. Without a bound there always is one: beside none a push would wait, as at a rendezvous.
  std::size_t near() const noexcept { return unbounded && capacity == 0 ? 1 : capacity; }
};

// How many elements the buffer of a channel without a bound has room for: a few cache lines' worth, or one.
template <class T>
inline constexpr std::size_t near_by = sizeof(T) >= 4096 ? 1
                                       : sizeof(T) <= 64 ? 64
                                                         : 4096 / sizeof(T);

// Whether an element has room beside the lock of a channel without a buffer: then who waits may sit there (chan_seat).
template <class T>
inline constexpr bool has_seat = sizeof(T) <= 16 && alignof(T) <= 16;

// Whether a push may wait there with a copy of its element: it has nothing to undo where it gives up.
template <class T>
inline constexpr bool may_be_offered =
    has_seat<T> && std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T>;

}  // namespace sluice::detail
