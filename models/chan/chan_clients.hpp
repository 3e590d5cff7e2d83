// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of chan: with a buffer, without one (rendezvous), and its handles. Each client: one property, bounds in
// its shape.
#include <chan/chan_bar_properties.hpp>
#include <chan/chan_mark_properties.hpp>
#include <chan/chan_offer_clients.hpp>
#include <chan/chan_properties.hpp>
#include <chan/chan_room_properties.hpp>
#include <chan/chan_seat_clients.hpp>
#include <chan/chan_signal_clients.hpp>
#include <clients/mpmc_clients.hpp>
#include <clients/queue_clients.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

template <class Engine>
struct chan_clients {
  template <class T>
  using queue = typename chan_subject<Engine>::template queue<T>;
  using seats = chan_seat_clients<Engine>;
  using offers = chan_offer_clients<Engine>;
  using signals = chan_signal_clients<Engine>;

  struct buffered_1_to_1 : kit::blocking_flow<Engine, queue, {1, 1, 2, 1, kit::near_the_top}> {
    static constexpr const char* name = "buffered_1_to_1";
  };
  struct buffered_2_to_1 : kit::blocking_flow<Engine, queue, {2, 1, 1, 1, 0}> {
    static constexpr const char* name = "buffered_2_to_1";
  };
  struct buffered_1_to_2 : kit::blocking_flow<Engine, queue, {1, 2, 2, 1, kit::near_the_top}> {
    static constexpr const char* name = "buffered_1_to_2";
  };
  struct buffered_2_to_2 : kit::blocking_flow<Engine, queue, {2, 2, 2, 2, kit::near_the_top}> {
    static constexpr const char* name = "buffered_2_to_2";
  };
  struct rendezvous_1_to_1 : kit::blocking_flow<Engine, queue, {1, 1, 2, 0, 0}> {
    static constexpr const char* name = "rendezvous_1_to_1";
  };
  struct rendezvous_2_to_1 : kit::blocking_flow<Engine, queue, {2, 1, 1, 0, 0}> {
    static constexpr const char* name = "rendezvous_2_to_1";
    static constexpr bool by_states = true;
  };
  struct rendezvous_2_to_2 : kit::blocking_flow<Engine, queue, {2, 2, 2, 0, 0}> {
    static constexpr const char* name = "rendezvous_2_to_2";
  };
  struct rendezvous_try_push : one_meets_one<Engine, 0, way::trying, way::blocking> {
    static constexpr const char* name = "rendezvous_try_push";
  };
  struct rendezvous_try_pop : one_meets_one<Engine, 0, way::blocking, way::trying> {
    static constexpr const char* name = "rendezvous_try_pop";
  };
  struct rendezvous_try_push_twice : marked_whenever_in_line<Engine, true, false> {
    static constexpr const char* name = "rendezvous_try_push_twice";
    static constexpr bool by_states = true;
  };
  struct rendezvous_try_pop_twice : marked_whenever_in_line<Engine, false, false> {
    static constexpr const char* name = "rendezvous_try_pop_twice";
  };
  struct rendezvous_try_push_again : marked_whenever_in_line<Engine, true, true> {
    static constexpr const char* name = "rendezvous_try_push_again";
  };
  struct rendezvous_try_pop_again : marked_whenever_in_line<Engine, false, true> {
    static constexpr const char* name = "rendezvous_try_pop_again";
  };
  struct rendezvous_timed_push : one_meets_one<Engine, 0, way::timed, way::blocking> {
    static constexpr const char* name = "rendezvous_timed_push";
  };
  struct rendezvous_timed_pop : one_meets_one<Engine, 0, way::blocking, way::timed> {
    static constexpr const char* name = "rendezvous_timed_pop";
  };
  struct buffered_timed_pop : one_meets_one<Engine, 1, way::blocking, way::timed> {
    static constexpr const char* name = "buffered_timed_pop";
  };
  struct rendezvous_is_mutual : push_returns_when_it_is_met<Engine> {
    static constexpr const char* name = "rendezvous_is_mutual";
  };
  struct line_is_not_passed : the_line_is_not_passed<Engine> {
    static constexpr const char* name = "line_is_not_passed";
  };
  struct close_ends_pop : close_reaches_who_waits<Engine, 1, true> {
    static constexpr const char* name = "close_ends_pop";
  };
  struct close_ends_push : close_reaches_who_waits<Engine, 1, false> {
    static constexpr const char* name = "close_ends_push";
  };
  struct close_ends_rendezvous_pop : close_reaches_who_waits<Engine, 0, true> {
    static constexpr const char* name = "close_ends_rendezvous_pop";
  };
  struct close_ends_rendezvous_push : close_reaches_who_waits<Engine, 0, false> {
    static constexpr const char* name = "close_ends_rendezvous_push";
  };
  struct close_meets_pop_buffered : close_meets_a_pop<Engine, 1> {
    static constexpr const char* name = "close_meets_pop_buffered";
    static constexpr bool by_states = true;
  };
  struct close_meets_pop_rendezvous : close_meets_a_pop<Engine, 0> {
    static constexpr const char* name = "close_meets_pop_rendezvous";
  };
  struct close_wakes_poppers : kit::close_wakes_poppers<Engine, queue> {
    static constexpr const char* name = "close_wakes_poppers";
  };
  struct close_wakes_pushers : kit::close_wakes_pushers<Engine, queue> {
    static constexpr const char* name = "close_wakes_pushers";
  };
  struct workers : kit::workers_drain_and_stop<Engine, queue, 1> {
    static constexpr const char* name = "workers";
  };
  struct timed_pop : kit::giving_up_swallows_no_wake_up<Engine, queue, false> {
    static constexpr const char* name = "timed_pop";
  };
  struct stopped_pop : kit::giving_up_swallows_no_wake_up<Engine, queue, true> {
    static constexpr const char* name = "stopped_pop";
  };
  struct timed_push : kit::giving_up_pushes_keeps_the_element<Engine, queue, false> {
    static constexpr const char* name = "timed_push";
  };
  struct stopped_push : kit::giving_up_pushes_keeps_the_element<Engine, queue, true> {
    static constexpr const char* name = "stopped_push";
  };
  struct last_handle_destroys : the_last_handle_destroys<Engine> {
    static constexpr const char* name = "last_handle_destroys";
  };
  struct last_sender_closes : the_last_sender_closes<Engine> {
    static constexpr const char* name = "last_sender_closes";
  };
  struct pushes_compose : kit::rings_compose<Engine, queue> {
    static constexpr const char* name = "pushes_compose";
  };
  struct pops_compose : kit::full_rings_compose<Engine, queue> {
    static constexpr const char* name = "pops_compose";
  };
  struct pushed_is_not_empty : kit::pushed_is_not_empty<Engine, queue> {
    static constexpr const char* name = "pushed_is_not_empty";
  };
  struct popped_is_not_full : kit::popped_is_not_full<Engine, queue> {
    static constexpr const char* name = "popped_is_not_full";
  };
  struct closes_compose : kit::closes_compose<Engine, queue, kit::closed_seen_by::is_closed> {
    static constexpr const char* name = "closes_compose";
  };
  struct closes_compose_for_pop : kit::closes_compose<Engine, queue, kit::closed_seen_by::pop> {
    static constexpr const char* name = "closes_compose_for_pop";
  };
  struct closes_compose_for_push : kit::closes_compose<Engine, queue, kit::closed_seen_by::push> {
    static constexpr const char* name = "closes_compose_for_push";
  };

  struct rendezvous_closes_compose_for_pop : rendezvous_closes_compose<Engine, true> {
    static constexpr const char* name = "rendezvous_closes_compose_for_pop";
  };
  struct rendezvous_closes_compose_for_push : rendezvous_closes_compose<Engine, false> {
    static constexpr const char* name = "rendezvous_closes_compose_for_push";
  };
  struct pop_in_line_composes : acts_in_line_compose<Engine, true> {
    static constexpr const char* name = "pop_in_line_composes";
  };
  struct push_in_line_composes : acts_in_line_compose<Engine, false> {
    static constexpr const char* name = "push_in_line_composes";
  };
  struct line_moves_up : the_line_moves_up<Engine> {
    static constexpr const char* name = "line_moves_up";
  };
  struct line_is_served_first : the_line_is_served_first<Engine> {
    static constexpr const char* name = "line_is_served_first";
  };

  struct push_in_line_is_seen : models::push_in_line_is_seen<Engine> {
    static constexpr const char* name = "push_in_line_is_seen";
  };

  struct unbounded_1_to_1 : unbounded_flow<Engine, 2, 1> {
    static constexpr const char* name = "unbounded_1_to_1";
  };
  struct unbounded_1_to_2 : unbounded_flow<Engine, 2, 2> {
    static constexpr const char* name = "unbounded_1_to_2";
  };
  struct unbounded_2_to_0 : unbounded_pushes_meet<Engine> {
    static constexpr const char* name = "unbounded_2_to_0";
  };
  struct unbounded_closes : unbounded_close<Engine> {
    static constexpr const char* name = "unbounded_closes";
  };
  struct unbounded_left_overs : models::unbounded_left_overs<Engine> {
    static constexpr const char* name = "unbounded_left_overs";
  };
  struct many_at_once : models::many_at_once<Engine> {
    static constexpr const char* name = "many_at_once";
  };
  struct many_meet_a_close : models::many_meet_a_close<Engine> {
    static constexpr const char* name = "many_meet_a_close";
  };

  // For the explorer: all. Relacy gets those that the explorer does not finish, and those that find what a weaker order
  // breaks; each costs its compiler seconds.
  template <template <class...> class List>
  using all = List<
      buffered_1_to_1, buffered_2_to_1, buffered_1_to_2, buffered_2_to_2, rendezvous_1_to_1, rendezvous_2_to_1,
      rendezvous_2_to_2, rendezvous_try_push, rendezvous_try_pop, rendezvous_try_push_twice, rendezvous_try_pop_twice,
      rendezvous_try_push_again, rendezvous_try_pop_again, rendezvous_timed_push, rendezvous_timed_pop,
      buffered_timed_pop, rendezvous_is_mutual, line_is_not_passed, close_ends_pop, close_ends_push,
      close_ends_rendezvous_pop, close_ends_rendezvous_push, close_meets_pop_buffered, close_meets_pop_rendezvous,
      typename seats::in_line_1_to_1, typename seats::in_line_2_to_1, typename seats::in_line_try_push,
      typename seats::in_line_try_push_twice, typename seats::in_line_try_push_again, typename seats::in_line_timed_pop,
      typename seats::in_line_is_mutual, typename seats::close_ends_in_line_pop,
      typename seats::close_meets_pop_in_line, typename seats::seat_gives_up_behind, typename seats::seat_left_beside,
      typename seats::seat_passes_nobody, typename seats::seat_once_closed, typename seats::seat_closes_compose,
      typename seats::seat_timed, typename seats::seat_stopped, typename seats::seat_found_soon,
      typename seats::seat_of_another, typename offers::in_line_timed_push, typename offers::in_line_try_pop_twice,
      typename offers::in_line_try_pop_again, typename offers::close_ends_in_line_push, typename offers::offer_1_to_1,
      typename offers::offer_2_to_1, typename offers::offer_1_to_2, typename offers::offer_timed,
      typename offers::offer_stopped, typename offers::offer_left_beside, typename offers::offer_passes_nobody,
      typename offers::close_ends_offer, typename offers::offer_once_closed, typename offers::offer_taken_is_not_empty,
      typename offers::offer_withdrawn_is_not_empty, typename offers::offer_closes_compose, close_wakes_poppers,
      close_wakes_pushers, workers, timed_pop, stopped_pop, timed_push, stopped_push, last_handle_destroys,
      last_sender_closes, pushes_compose, pops_compose, closes_compose, closes_compose_for_pop, closes_compose_for_push,
      rendezvous_closes_compose_for_pop, rendezvous_closes_compose_for_push, pop_in_line_composes,
      push_in_line_composes, line_moves_up, line_is_served_first, pushed_is_not_empty, popped_is_not_full,
      push_in_line_is_seen, unbounded_1_to_1, unbounded_1_to_2, unbounded_2_to_0, unbounded_closes,
      unbounded_left_overs, many_at_once, many_meet_a_close, typename signals::signals_lock_blocking,
      typename signals::signals_lock_trying, typename signals::signals_carry, typename signals::signal_from_the_line,
      typename signals::signals_are_counted, typename signals::unbounded_signals_are_counted,
      typename signals::signals_pushed_by_a_note, typename signals::signals_popped_by_a_note,
      typename signals::signal_before_the_line, typename signals::signal_popped_in_line,
      typename signals::signal_pushed_in_line, typename signals::signal_pop_in_line_composes,
      typename signals::signal_push_in_line_composes, typename signals::signal_pushes_compose,
      typename signals::signal_pops_compose, typename signals::signal_closes_compose_for_pop,
      typename signals::signal_closes_compose_for_push, typename signals::signal_pushed_is_not_empty,
      typename signals::signal_popped_is_not_full>;
  template <template <class...> class List>
  using for_relacy =
      List<buffered_1_to_1, buffered_2_to_2, rendezvous_2_to_2, rendezvous_is_mutual, line_is_not_passed,
           close_ends_pop, close_meets_pop_buffered, close_wakes_poppers, close_wakes_pushers, workers, timed_pop,
           stopped_push, last_handle_destroys, last_sender_closes, pushes_compose, pops_compose, closes_compose,
           closes_compose_for_pop, closes_compose_for_push, rendezvous_closes_compose_for_pop,
           rendezvous_closes_compose_for_push, pop_in_line_composes, push_in_line_composes, line_moves_up,
           line_is_served_first, pushed_is_not_empty, popped_is_not_full, push_in_line_is_seen, unbounded_1_to_1,
           unbounded_1_to_2, unbounded_closes, many_at_once, typename signals::signals_lock_blocking,
           typename signals::signals_carry, typename signals::signal_from_the_line,
           typename signals::signals_are_counted, typename signals::unbounded_signals_are_counted,
           typename signals::signals_pushed_by_a_note, typename signals::signals_popped_by_a_note,
           typename signals::signal_pushes_compose, typename signals::signal_pops_compose,
           typename signals::signal_popped_is_not_full>;
};

}  // namespace sluice::models
