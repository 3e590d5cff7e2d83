// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <timer/timer_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::timer_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("timer",
                                        sluice::relacy::entries<c::stop_against_fire, c::reset_against_fire,
                                                                c::a_waiter_gets_it, c::one_of_two_waiters>(),
                                        argc, argv);
}
