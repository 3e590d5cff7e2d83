// SPDX-License-Identifier: BSL-1.0
#include <bell/bell_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::bell_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "bell",
      sluice::relacy::entries<c::rings_a_thread, c::rings_a_task, c::rings_a_task_that_gave_up,
                              c::stays_until_it_is_changed, c::gone_is_not_woken>(),
      argc, argv);
}
