// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_place: the place for the element of who waits at a channel's seat (chan_seat), on the line of the lock, behind chan_gate.
//
// Edges: those of chan_seat.
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/detail/chan_gate.hpp>
#include <sluice/detail/chan_hand_over.hpp>
#include <sluice/detail/chan_room.hpp>
#include <sluice/detail/lone_task.hpp>
#include <sluice/detail/waiter.hpp>

namespace sluice::detail {

template <class T, class Platform>
class chan_place : public chan_gate<Platform>, public chan_hand_over<T, Platform> {
 public:
  using chan_gate<Platform>::chan_gate;
  using typename chan_hand_over<T, Platform>::cell;

  // Under the lock, by who offered: false if it was taken, or refused. Of the copy there is nothing to destroy.
  bool withdraw() noexcept {
    if (!this->seat_.is_offered()) return false;
    this->seat_.withdraw();
    return true;
  }

 protected:
  ~chan_place() = default;

  // Of a pop.
  // To who sits, and was claimed.
  [[gnu::always_inline]] void serve(T& v) {
    if constexpr (has_seat<T>) std::construct_at(seat_cell_.storage(), std::move(v));
    this->seat_.serve();
  }
  // Without the lock: whether a pop sat there, and has the element now.
  [[gnu::always_inline]] bool push_to_seat(T& v) {
    return has_seat<T> && (!is_task<Platform>() || this->seat_.seems_open()) && this->seat_.claim() && (serve(v), true);
  }

  // Of a push.
  // Under the lock, where the seat is vacant.
  void put_on_offer(const T& v) {
    if constexpr (may_be_offered<T>) {
      std::construct_at(seat_cell_.storage(), v);
      this->seat_.offer();
    }
  }
  // Under the lock: whether there was an offer, whose element `out` has now, and then whom to tell.
  template <class Out>
  bool take_offer(Out& out, served_one<Platform>& served) {
    if constexpr (may_be_offered<T>) {
      if (!this->seat_.is_offered()) return false;
      this->take_from(seat_cell_, out);
      served.asleep = this->seat_.take();
      return true;
    } else {
      return false;
    }
  }
  // Without the lock, before a look at whether pushes are in line: see chan_seat.
  bool offers() const noexcept { return may_be_offered<T> && this->seat_.offers(); }

  [[no_unique_address]] std::conditional_t<has_seat<T>, cell, no_cell> seat_cell_;
};

}  // namespace sluice::detail
