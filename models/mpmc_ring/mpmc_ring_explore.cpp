// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <mpmc_ring/mpmc_ring_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::mpmc_ring_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "mpmc_ring",
      sluice::explore::entries<
          c::one_to_one_capacity_1, c::two_to_two_capacity_1, c::two_to_two_capacity_2,
          c::two_to_two_one_each_capacity_1, c::two_to_two_one_each_capacity_2, c::two_to_one_capacity_3,
          c::empty_is_no_lie, c::full_is_no_lie, c::empty_is_not_full, c::pushed_is_not_empty, c::popped_is_not_full,
          c::left_overs_are_destroyed, c::throwing_moves_lose_nothing, c::rings_compose, c::full_rings_compose,
          c::closes_compose_asked, c::closes_compose_popped, c::closes_compose_pushed, c::looks_empty_composes,
          c::looks_full_composes, c::throwing_pushes_compose, c::hole_is_passed_on, c::bulk_flow,
          c::close_loses_nothing, c::closed_seen_by_is_closed, c::closed_seen_by_push, c::closed_seen_by_pop>(),
      argc, argv);
}
