// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of mpmc_ring. Each client: one property, bounds in its shape.
#include <clients/mpmc_clients.hpp>

#include <sluice/mpmc_ring.hpp>

namespace sluice::models {

template <class Engine>
struct mpmc_ring_subject {
  using platform = typename Engine::platform;
  template <class T>
  using base = mpmc_ring<T, typename platform::template allocator<T>, platform>;
  template <class T>
  struct ring : base<T> {
    ring(std::size_t capacity, std::uint64_t lap) : base<T>(capacity, detail::first_lap{lap}) {}
  };
};

template <class Engine>
struct mpmc_ring_clients {
  template <class T>
  using ring = typename mpmc_ring_subject<Engine>::template ring<T>;

  struct one_to_one_capacity_1 : kit::elements_flow<Engine, ring, {1, 1, 3, 1, 0}> {
    static constexpr const char* name = "one_to_one_capacity_1";
  };
  struct two_to_two_capacity_1 : kit::elements_flow<Engine, ring, {2, 2, 2, 1, kit::near_the_top}> {
    static constexpr const char* name = "two_to_two_capacity_1";
  };
  struct two_to_two_capacity_2 : kit::elements_flow<Engine, ring, {2, 2, 2, 2, kit::near_the_top}> {
    static constexpr const char* name = "two_to_two_capacity_2";
    static constexpr bool long_if_thorough = true;
  };
  struct two_to_two_one_each_capacity_1 : kit::elements_flow<Engine, ring, {2, 2, 1, 1, kit::near_the_top}> {
    static constexpr const char* name = "two_to_two_one_each_capacity_1";
    static constexpr bool by_states = true;
  };
  struct two_to_two_one_each_capacity_2 : kit::elements_flow<Engine, ring, {2, 2, 1, 2, 0}> {
    static constexpr const char* name = "two_to_two_one_each_capacity_2";
    static constexpr bool by_states = true;
  };
  struct two_to_one_capacity_3 : kit::elements_flow<Engine, ring, {2, 1, 3, 3, kit::near_the_top}> {
    static constexpr const char* name = "two_to_one_capacity_3";
  };
  struct empty_is_no_lie : kit::empty_is_no_lie<Engine, ring, true> {
    static constexpr const char* name = "empty_is_no_lie";
  };
  struct full_is_no_lie : kit::full_is_no_lie<Engine, ring> {
    static constexpr const char* name = "full_is_no_lie";
  };
  struct empty_is_not_full : kit::empty_is_not_full<Engine, ring> {
    static constexpr const char* name = "empty_is_not_full";
  };
  struct pushed_is_not_empty : kit::pushed_is_not_empty<Engine, ring> {
    static constexpr const char* name = "pushed_is_not_empty";
  };
  struct popped_is_not_full : kit::popped_is_not_full<Engine, ring> {
    static constexpr const char* name = "popped_is_not_full";
  };
  struct left_overs_are_destroyed : kit::left_overs_are_destroyed<Engine, ring> {
    static constexpr const char* name = "left_overs_are_destroyed";
  };
  struct throwing_moves_lose_nothing : kit::throwing_moves_lose_nothing<Engine, ring> {
    static constexpr const char* name = "throwing_moves_lose_nothing";
  };
  struct rings_compose : kit::rings_compose<Engine, ring> {
    static constexpr const char* name = "rings_compose";
  };
  struct full_rings_compose : kit::full_rings_compose<Engine, ring> {
    static constexpr const char* name = "full_rings_compose";
  };
  struct closes_compose_asked : kit::closes_compose<Engine, ring, kit::closed_seen_by::is_closed> {
    static constexpr const char* name = "closes_compose_asked";
  };
  struct closes_compose_popped : kit::closes_compose<Engine, ring, kit::closed_seen_by::pop> {
    static constexpr const char* name = "closes_compose_popped";
  };
  struct closes_compose_pushed : kit::closes_compose<Engine, ring, kit::closed_seen_by::push> {
    static constexpr const char* name = "closes_compose_pushed";
  };
  struct looks_empty_composes : kit::hints_compose<Engine, ring, true> {
    static constexpr const char* name = "looks_empty_composes";
  };
  struct looks_full_composes : kit::hints_compose<Engine, ring, false> {
    static constexpr const char* name = "looks_full_composes";
  };
  struct throwing_pushes_compose : kit::throwing_pushes_compose<Engine, ring> {
    static constexpr const char* name = "throwing_pushes_compose";
  };
  struct hole_is_passed_on : kit::hole_is_passed_on<Engine, ring> {
    static constexpr const char* name = "hole_is_passed_on";
  };
  struct bulk_flow : kit::bulk_flow<Engine, ring> {
    static constexpr const char* name = "bulk_flow";
    static constexpr bool by_states = true;
  };
  struct close_loses_nothing : kit::close_loses_nothing<Engine, ring> {
    static constexpr const char* name = "close_loses_nothing";
  };
  struct closed_seen_by_is_closed : kit::closed_is_seen_with_its_cause<Engine, ring, kit::closed_seen_by::is_closed> {
    static constexpr const char* name = "closed_seen_by_is_closed";
  };
  struct closed_seen_by_push : kit::closed_is_seen_with_its_cause<Engine, ring, kit::closed_seen_by::push> {
    static constexpr const char* name = "closed_seen_by_push";
  };
  struct closed_seen_by_pop : kit::closed_is_seen_with_its_cause<Engine, ring, kit::closed_seen_by::pop> {
    static constexpr const char* name = "closed_seen_by_pop";
  };
};

}  // namespace sluice::models
