// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_hand_over: how an element gets from a push to a pop that waits, and from there to who asked for it.
#include <memory>
#include <utility>

#include <sluice/detail/waiter.hpp>

namespace sluice::detail {

template <class T, class Platform>
struct chan_hand_over {
  using cell = typename Platform::template cell<T>;
  using node = wait_node<Platform>;

  // To a pop that the caller has claimed; `alone`: as has_one_alone said of it.
  static void hand_over(T& v, node& receiver, bool alone) {
    if (alone) {
      auto& to = lone_node<Platform, cell>::of(receiver);
      std::construct_at(to.cell.storage(), std::move(v));
      to.told.store(true);
    } else {
      std::construct_at(static_cast<cell*>(receiver.element)->storage(), std::move(v));
      receiver.served.store(true);
    }
  }
  // What was handed over moves on to its reader.
  template <class Out>
  static void take_from(cell& element, Out& out) {
    T& v = element.value();
    out.emplace(std::move(v));
    std::destroy_at(std::addressof(v));
  }
};

}  // namespace sluice::detail
