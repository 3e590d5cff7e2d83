// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of a channel whose elements are all alike.
#include <chan/chan_bar_properties.hpp>
#include <chan/chan_signal_properties.hpp>
#include <clients/mpmc_clients.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

// Elements that are all alike: such a channel counts.
struct alike {
  alike() = default;
  alike(int) noexcept {}  // NOLINT(google-explicit-constructor): whatever a client pushes is one
};

template <class Engine>
struct chan_signal_clients {
  template <class>
  struct alikes : chan<alike, typename Engine::platform> {
    alikes(std::size_t capacity, std::uint64_t lap)
        : chan<alike, typename Engine::platform>(
              make_chan<alike, typename Engine::platform>(capacity, detail::first_lap{lap})) {}
  };

  struct signals_lock_blocking : signals_lock<Engine, false> {
    static constexpr const char* name = "signals_lock_blocking";
  };
  struct signals_lock_trying : signals_lock<Engine, true> {
    static constexpr const char* name = "signals_lock_trying";
  };
  struct signals_carry : models::signals_carry<Engine> {
    static constexpr const char* name = "signals_carry";
    static constexpr bool by_states = true;
  };
  struct signal_from_the_line : models::signal_from_the_line<Engine> {
    static constexpr const char* name = "signal_from_the_line";
  };
  struct signals_are_counted : models::signals_are_counted<Engine, false> {
    static constexpr const char* name = "signals_are_counted";
  };
  struct unbounded_signals_are_counted : models::signals_are_counted<Engine, true> {
    static constexpr const char* name = "unbounded_signals_are_counted";
    static constexpr bool by_states = true;
  };
  struct signals_pushed_by_a_note : signals_go_by_a_note<Engine, true> {
    static constexpr const char* name = "signals_pushed_by_a_note";
  };
  struct signals_popped_by_a_note : signals_go_by_a_note<Engine, false> {
    static constexpr const char* name = "signals_popped_by_a_note";
  };
  struct signal_before_the_line : models::signal_before_the_line<Engine> {
    static constexpr const char* name = "signal_before_the_line";
  };
  struct signal_popped_in_line : signal_in_line<Engine, true> {
    static constexpr const char* name = "signal_popped_in_line";
  };
  struct signal_pushed_in_line : signal_in_line<Engine, false> {
    static constexpr const char* name = "signal_pushed_in_line";
  };
  struct signal_pop_in_line_composes : acts_in_line_compose<Engine, true, void> {
    static constexpr const char* name = "signal_pop_in_line_composes";
  };
  struct signal_push_in_line_composes : acts_in_line_compose<Engine, false, void> {
    static constexpr const char* name = "signal_push_in_line_composes";
  };
  struct signal_pushes_compose : kit::rings_compose<Engine, alikes> {
    static constexpr const char* name = "signal_pushes_compose";
  };
  struct signal_pops_compose : kit::full_rings_compose<Engine, alikes> {
    static constexpr const char* name = "signal_pops_compose";
  };
  struct signal_closes_compose_for_pop : kit::closes_compose<Engine, alikes, kit::closed_seen_by::pop> {
    static constexpr const char* name = "signal_closes_compose_for_pop";
  };
  struct signal_closes_compose_for_push : kit::closes_compose<Engine, alikes, kit::closed_seen_by::push> {
    static constexpr const char* name = "signal_closes_compose_for_push";
  };
  struct signal_pushed_is_not_empty : kit::pushed_is_not_empty<Engine, alikes> {
    static constexpr const char* name = "signal_pushed_is_not_empty";
  };
  struct signal_popped_is_not_full : kit::popped_is_not_full<Engine, alikes> {
    static constexpr const char* name = "signal_popped_is_not_full";
  };
};

}  // namespace sluice::models
