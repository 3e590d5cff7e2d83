// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <work_pool/work_pool_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::work_pool_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "work_pool",
      sluice::relacy::entries<c::from_outside, c::from_another_worker, c::two_for_two, c::one_kept_one_stolen,
                              c::pushed_in_turn, c::more_left_behind, c::stolen_on, c::taken_along, c::two_taken_along,
                              c::taken_along_by_one_of_two, c::taken_along_again, c::one_there_one_to_come, c::closed,
                              c::closed_by_another, c::next_of_another_worker, c::next_kept_or_stolen,
                              c::next_for_a_patient_thief, c::watched, c::gone>(),
      argc, argv);
}
