// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <stillness/stillness_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::stillness_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "stillness",
      sluice::relacy::entries<c::ended, c::waits, c::passes_on, c::leaves_one_behind, c::last_of_two, c::two_wait,
                              c::ends_while_counted, c::stops_a_timer, c::waits_no_longer, c::sleeps, c::reset,
                              c::in_vain, c::by_a_thread, c::handed_over, c::arms_and_goes, c::starts_another>(),
      argc, argv);
}
