// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <utility>

#include <sluice/detail/chan_handle.hpp>

namespace sluice::detail {

// For what is built on channels: the core of a handle, null for nil.
struct chan_access {
  template <class Chan>
  static auto* core(const Chan& c) noexcept {
    return c.handle_.core();
  }
  template <class Chan>
  static Chan make(chan_room room, closes when, first_lap first) {
    return Chan(Chan::handle::make(room, when, first));
  }
  // The sender that a new channel's count begins with, and a receiver beside it.
  template <class Sender, class Receiver>
  static std::pair<Sender, Receiver> make_pipe(chan_room room) {
    auto tx = make<Sender>(room, closes::with_last_sender, {});
    auto rx = Receiver(typename Receiver::handle(tx.handle_));
    return {std::move(tx), std::move(rx)};
  }
};

}  // namespace sluice::detail
