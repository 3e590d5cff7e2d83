// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <timer_heap/timer_heap_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::timer_heap_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "timer_heap",
      sluice::relacy::entries<c::stop_against_fire, c::none_left, c::none_left_by_disarm, c::again_against_disarm,
                              c::earlier_one, c::no_rest_while_one_waits>(),
      argc, argv);
}
