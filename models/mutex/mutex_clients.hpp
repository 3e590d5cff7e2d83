// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of mutex. Each client: one property, bounds in its shape. Time stands still under a checker, so with the
// usual patience nobody is ever hungry; with none, whoever is woken in vain is.
#include <clients/lock_clients.hpp>

#include <sluice/mutex.hpp>

namespace sluice::models {

template <class Engine>
struct mutex_clients {
  using platform = typename Engine::platform;
  using patient = basic_mutex<platform>;
  using impatient = basic_mutex<platform, 0>;

  struct two_threads : kit::everyone_gets_in<Engine, patient, 2, 2> {
    static constexpr const char* name = "two_threads";
  };
  struct three_threads : kit::everyone_gets_in<Engine, patient, 3, 1> {
    static constexpr const char* name = "three_threads";
  };
  struct asleep_late : kit::falling_asleep_late<Engine, patient> {
    static constexpr const char* name = "asleep_late";
    static constexpr bool by_states = true;
  };
  struct asleep_late_hungry : kit::falling_asleep_late<Engine, impatient> {
    static constexpr const char* name = "asleep_late_hungry";
    static constexpr bool by_states = true;
  };
  struct two_hungry : kit::everyone_gets_in<Engine, impatient, 2, 2> {
    static constexpr const char* name = "two_hungry";
  };
  struct three_hungry : kit::everyone_gets_in<Engine, impatient, 3, 1> {
    static constexpr const char* name = "three_hungry";
  };
  struct tried : kit::trying_excludes_too<Engine, patient, 2> {
    static constexpr const char* name = "tried";
  };
  struct tried_beside_waiters : kit::trying_excludes_too<Engine, impatient, 3> {
    static constexpr const char* name = "tried_beside_waiters";
  };
  struct timed : kit::giving_up_costs_nobody<Engine, patient, 3, 1, false> {
    static constexpr const char* name = "timed";
  };
  struct timed_hungry : kit::giving_up_costs_nobody<Engine, impatient, 2, 2, false> {
    static constexpr const char* name = "timed_hungry";
  };
  struct stopped : kit::giving_up_costs_nobody<Engine, patient, 2, 1, true> {
    static constexpr const char* name = "stopped";
  };
  struct stopped_hungry : kit::giving_up_costs_nobody<Engine, impatient, 2, 2, true> {
    static constexpr const char* name = "stopped_hungry";
  };
  struct timed_beside_stopped : kit::two_ways_to_give_up<Engine, patient> {
    static constexpr const char* name = "timed_beside_stopped";
    static constexpr bool by_states = true;
  };
  struct timed_beside_stopped_hungry : kit::two_ways_to_give_up<Engine, impatient> {
    static constexpr const char* name = "timed_beside_stopped_hungry";
    static constexpr bool by_states = true;
  };
  struct destroyed_by_the_next : kit::next_owner_may_destroy<Engine, patient, 2> {
    static constexpr const char* name = "destroyed_by_the_next";
  };
  struct destroyed_by_the_last : kit::next_owner_may_destroy<Engine, patient, 3> {
    static constexpr const char* name = "destroyed_by_the_last";
  };
};

}  // namespace sluice::models
