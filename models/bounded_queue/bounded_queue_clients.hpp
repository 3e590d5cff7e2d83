// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of bounded_queue. Each client: one property, bounds in its shape.
#include <clients/mpmc_clients.hpp>
#include <clients/queue_clients.hpp>

#include <sluice/bounded_queue.hpp>

namespace sluice::models {

template <class Engine>
struct bounded_queue_subject {
  using platform = typename Engine::platform;
  template <class T>
  using base = bounded_queue<T, typename platform::template allocator<T>, platform>;
  template <class T>
  struct queue : base<T> {
    queue(std::size_t capacity, std::uint64_t lap) : base<T>(capacity, detail::first_lap{lap}) {}
  };
};

template <class Engine>
struct bounded_queue_clients {
  template <class T>
  using queue = typename bounded_queue_subject<Engine>::template queue<T>;

  struct one_to_one_capacity_1 : kit::blocking_flow<Engine, queue, {1, 1, 3, 1, 0}> {
    static constexpr const char* name = "one_to_one_capacity_1";
    static constexpr bool by_states = true;
  };
  struct one_to_one_one_item : kit::blocking_flow<Engine, queue, {1, 1, 1, 1, kit::near_the_top}> {
    static constexpr const char* name = "one_to_one_one_item";
    static constexpr bool by_states = true;
  };
  struct one_to_one_two_items : kit::blocking_flow<Engine, queue, {1, 1, 2, 1, kit::near_the_top}> {
    static constexpr const char* name = "one_to_one_two_items";
    static constexpr bool by_states = true;
  };
  struct two_to_one_one_each : kit::blocking_flow<Engine, queue, {2, 1, 1, 2, 0}> {
    static constexpr const char* name = "two_to_one_one_each";
    static constexpr bool by_states = true;
  };
  struct two_to_one_capacity_1 : kit::blocking_flow<Engine, queue, {2, 1, 1, 1, kit::near_the_top}> {
    static constexpr const char* name = "two_to_one_capacity_1";
    static constexpr bool by_states = true;
  };
  struct two_to_two_capacity_1 : kit::blocking_flow<Engine, queue, {2, 2, 2, 1, kit::near_the_top}> {
    static constexpr const char* name = "two_to_two_capacity_1";
  };
  struct two_to_two_one_each : kit::blocking_flow<Engine, queue, {2, 2, 1, 1, kit::near_the_top}> {
    static constexpr const char* name = "two_to_two_one_each";
    static constexpr bool by_states_if_thorough = true;
  };
  struct two_to_two_capacity_2 : kit::blocking_flow<Engine, queue, {2, 2, 1, 2, 0}> {
    static constexpr const char* name = "two_to_two_capacity_2";
    static constexpr bool by_states_if_thorough = true;
  };
  struct three_to_one_capacity_1 : kit::blocking_flow<Engine, queue, {3, 1, 1, 1, 0}> {
    static constexpr const char* name = "three_to_one_capacity_1";
  };
  struct two_to_three_capacity_2 : kit::blocking_flow<Engine, queue, {2, 3, 3, 2, kit::near_the_top}> {
    static constexpr const char* name = "two_to_three_capacity_2";
  };
  struct close_wakes_poppers : kit::close_wakes_poppers<Engine, queue> {
    static constexpr const char* name = "close_wakes_poppers";
    static constexpr bool by_states_if_thorough = true;
  };
  struct close_wakes_pushers : kit::close_wakes_pushers<Engine, queue> {
    static constexpr const char* name = "close_wakes_pushers";
    static constexpr bool by_states = true;
  };
  struct close_wakes_one_popper : kit::close_wakes_poppers<Engine, queue, 1> {
    static constexpr const char* name = "close_wakes_one_popper";
    static constexpr bool by_states = true;
  };
  struct close_wakes_one_pusher : kit::close_wakes_pushers<Engine, queue, 1> {
    static constexpr const char* name = "close_wakes_one_pusher";
    static constexpr bool by_states = true;
  };
  struct workers_capacity_1 : kit::workers_drain_and_stop<Engine, queue, 1> {
    static constexpr const char* name = "workers_capacity_1";
  };
  struct workers_capacity_2 : kit::workers_drain_and_stop<Engine, queue, 2> {
    static constexpr const char* name = "workers_capacity_2";
  };
  struct timed_pop : kit::giving_up_swallows_no_wake_up<Engine, queue, false> {
    static constexpr const char* name = "timed_pop";
    static constexpr bool by_states = true;
  };
  struct stopped_pop : kit::giving_up_swallows_no_wake_up<Engine, queue, true> {
    static constexpr const char* name = "stopped_pop";
    static constexpr bool by_states = true;
  };
  struct timed_push : kit::giving_up_pushes_keeps_the_element<Engine, queue, false> {
    static constexpr const char* name = "timed_push";
    static constexpr bool by_states = true;
  };
  struct stopped_push : kit::giving_up_pushes_keeps_the_element<Engine, queue, true> {
    static constexpr const char* name = "stopped_push";
    static constexpr bool by_states = true;
  };
  struct throwing_push : kit::throwing_push_wakes_the_others<Engine, queue> {
    static constexpr const char* name = "throwing_push";
  };
  struct throwing_push_makes_room : kit::throwing_push_makes_room<Engine, queue> {
    static constexpr const char* name = "throwing_push_makes_room";
  };
  struct queues_compose : kit::rings_compose<Engine, queue> {
    static constexpr const char* name = "queues_compose";
  };
};

}  // namespace sluice::models
