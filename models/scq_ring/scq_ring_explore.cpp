// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <scq_ring/scq_ring_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::scq_ring_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "scq_ring",
      sluice::explore::entries<c::one_to_one_capacity_1, c::one_to_one_capacity_2, c::two_to_one_capacity_3,
                               c::two_to_two_capacity_1, c::two_to_two_capacity_2, c::empty_is_no_lie,
                               c::left_overs_are_destroyed, c::throwing_moves_lose_nothing, c::alone_full_is_exact,
                               c::misses_are_passed_on, c::own_push_is_found, c::threshold_used_up, c::threshold_holds,
                               c::unsafe_entry_is_left_alone>(),
      argc, argv);
}
