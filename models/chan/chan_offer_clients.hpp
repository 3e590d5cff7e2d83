// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of a push that waits at the seat of a channel without a buffer, and of one whose element is not offered there: then
// every push that waits is in line.
#include <chan/chan_mark_properties.hpp>
#include <chan/chan_offer_properties.hpp>
#include <chan/chan_properties.hpp>
#include <chan/chan_seat_clients.hpp>
#include <clients/queue_clients.hpp>

namespace sluice::models {

template <class Engine>
struct chan_offer_clients {
  template <class>
  using number_queue = typename chan_subject<Engine>::template queue<number>;

  struct in_line_timed_push : one_meets_one<Engine, 0, way::timed, way::blocking, standing<kit::token>> {
    static constexpr const char* name = "in_line_timed_push";
  };
  struct in_line_try_pop_twice : marked_whenever_in_line<Engine, false, false, standing<int>> {
    static constexpr const char* name = "in_line_try_pop_twice";
  };
  struct in_line_try_pop_again : marked_whenever_in_line<Engine, false, true, standing<int>> {
    static constexpr const char* name = "in_line_try_pop_again";
  };
  struct close_ends_in_line_push : close_reaches_who_waits<Engine, 0, false, standing<kit::token>> {
    static constexpr const char* name = "close_ends_in_line_push";
  };

  struct offer_1_to_1 : kit::blocking_flow<Engine, number_queue, {1, 1, 2, 0, 0}> {
    static constexpr const char* name = "offer_1_to_1";
    static constexpr bool by_states = true;
  };
  struct offer_2_to_1 : kit::blocking_flow<Engine, number_queue, {2, 1, 1, 0, 0}> {
    static constexpr const char* name = "offer_2_to_1";
    static constexpr bool by_states = true;
  };
  struct offer_1_to_2 : kit::blocking_flow<Engine, number_queue, {1, 2, 2, 0, 0}> {
    static constexpr const char* name = "offer_1_to_2";
    static constexpr bool by_states = true;
  };
  struct offer_timed : gives_the_offer_up<Engine, false> {
    static constexpr const char* name = "offer_timed";
    static constexpr bool by_states = true;
  };
  struct offer_stopped : gives_the_offer_up<Engine, true> {
    static constexpr const char* name = "offer_stopped";
    static constexpr bool by_states = true;
  };
  struct offer_left_beside : one_stands_behind_an_offer<Engine, true> {
    static constexpr const char* name = "offer_left_beside";
  };
  struct offer_passes_nobody : one_stands_behind_an_offer<Engine, false> {
    static constexpr const char* name = "offer_passes_nobody";
  };
  struct close_ends_offer : close_reaches_who_waits<Engine, 0, false, number> {
    static constexpr const char* name = "close_ends_offer";
  };
  struct offer_once_closed : none_comes_out_once_closed<Engine> {
    static constexpr const char* name = "offer_once_closed";
    static constexpr bool by_states = true;
  };
  struct offer_taken_is_not_empty : gone_is_not_empty<Engine, true> {
    static constexpr const char* name = "offer_taken_is_not_empty";
  };
  struct offer_withdrawn_is_not_empty : gone_is_not_empty<Engine, false> {
    static constexpr const char* name = "offer_withdrawn_is_not_empty";
  };
  struct offer_closes_compose : close_follows_a_meeting<Engine, false> {
    static constexpr const char* name = "offer_closes_compose";
  };
};

}  // namespace sluice::models
