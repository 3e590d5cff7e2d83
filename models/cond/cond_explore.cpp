// SPDX-License-Identifier: BSL-1.0
#include <cond/cond_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::cond_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "cond",
      sluice::explore::entries<c::one_wakes_one, c::all_wakes_two, c::two_wake_two, c::to_and_fro,
                               c::late_comers_steal_nothing, c::timed, c::stopped, c::timed_out_or_notified,
                               c::timed_beside_stopped, c::destroyed_by_the_waiter>(),
      argc, argv);
}
