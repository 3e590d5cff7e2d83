// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of the seat of a channel without a buffer, and of one whose elements have none: then every pop that waits is in line.
#include <chan/chan_mark_properties.hpp>
#include <chan/chan_properties.hpp>
#include <chan/chan_seat_properties.hpp>
#include <clients/queue_clients.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

template <class Engine>
struct chan_subject {
  using platform = typename Engine::platform;
  template <class T>
  struct queue : chan<T, platform> {
    queue(std::size_t capacity, std::uint64_t lap)
        : chan<T, platform>(make_chan<T, platform>(capacity, detail::first_lap{lap})) {}
  };
};

template <class Engine>
struct chan_seat_clients {
  template <class T>
  using standing_queue = typename chan_subject<Engine>::template queue<standing<T>>;

  struct in_line_1_to_1 : kit::blocking_flow<Engine, standing_queue, {1, 1, 2, 0, 0}> {
    static constexpr const char* name = "in_line_1_to_1";
  };
  struct in_line_2_to_1 : kit::blocking_flow<Engine, standing_queue, {2, 1, 1, 0, 0}> {
    static constexpr const char* name = "in_line_2_to_1";
    static constexpr bool by_states = true;
  };
  struct in_line_try_push : one_meets_one<Engine, 0, way::trying, way::blocking, standing<kit::token>> {
    static constexpr const char* name = "in_line_try_push";
  };
  struct in_line_try_push_twice : marked_whenever_in_line<Engine, true, false, standing<int>> {
    static constexpr const char* name = "in_line_try_push_twice";
  };
  struct in_line_try_push_again : marked_whenever_in_line<Engine, true, true, standing<int>> {
    static constexpr const char* name = "in_line_try_push_again";
  };
  struct in_line_timed_pop : one_meets_one<Engine, 0, way::blocking, way::timed, standing<kit::token>> {
    static constexpr const char* name = "in_line_timed_pop";
  };
  struct in_line_is_mutual : push_returns_when_it_is_met<Engine, standing<int>> {
    static constexpr const char* name = "in_line_is_mutual";
  };
  struct close_ends_in_line_pop : close_reaches_who_waits<Engine, 0, true, standing<kit::token>> {
    static constexpr const char* name = "close_ends_in_line_pop";
  };
  struct close_meets_pop_in_line : close_meets_a_pop<Engine, 0, standing<kit::token>> {
    static constexpr const char* name = "close_meets_pop_in_line";
  };

  struct seat_gives_up_behind : one_gives_up_behind<Engine> {
    static constexpr const char* name = "seat_gives_up_behind";
    static constexpr bool by_states = true;
  };
  struct seat_left_beside : one_stands_beside<Engine, true> {
    static constexpr const char* name = "seat_left_beside";
  };
  struct seat_passes_nobody : one_stands_beside<Engine, false> {
    static constexpr const char* name = "seat_passes_nobody";
  };
  struct seat_once_closed : none_goes_in_once_closed<Engine> {
    static constexpr const char* name = "seat_once_closed";
    static constexpr bool by_states = true;
  };
  struct seat_closes_compose : close_follows_a_meeting<Engine, true> {
    static constexpr const char* name = "seat_closes_compose";
  };
  struct seat_timed : gives_the_seat_up<Engine, false> {
    static constexpr const char* name = "seat_timed";
  };
  struct seat_stopped : gives_the_seat_up<Engine, true> {
    static constexpr const char* name = "seat_stopped";
  };
  struct seat_found_soon : meets_soon<Engine> {
    static constexpr const char* name = "seat_found_soon";
    static constexpr bool by_states = true;
  };
  struct seat_of_another : sits_where_another_sat<Engine> {
    static constexpr const char* name = "seat_of_another";
    static constexpr bool by_states = true;
  };
};

}  // namespace sluice::models
