// SPDX-License-Identifier: BSL-1.0
#pragma once
// A buffered channel, or one without a bound, as the queue that tests of queues expect: made in place from a capacity and the lap to start from.
#include <cstddef>

#include <sluice/chan.hpp>

namespace sluice::test {

template <class T, class Platform = std_platform>
struct chan_queue : chan<T, Platform> {
  explicit chan_queue(std::size_t capacity, detail::first_lap first = {})
      : chan<T, Platform>(make_chan<T, Platform>(capacity, first)) {}
};

// Without a bound; `near` elements lie in its buffer.
template <class T, class Platform = std_platform>
struct unbounded_queue : chan<T, Platform> {
  explicit unbounded_queue(std::size_t near, detail::first_lap first = {})
      : chan<T, Platform>(make_chan<T, Platform>(unbounded, near, first)) {}
};

}  // namespace sluice::test
