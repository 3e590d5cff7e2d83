// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <semaphore/semaphore_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::semaphore_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "semaphore",
      sluice::explore::entries<c::two_take_all, c::three_take_all, c::tried, c::one_release_serves_two,
                               c::first_times_out, c::first_is_stopped, c::timed_out_or_granted,
                               c::timed_beside_stopped, c::destroyed_by_the_granted>(),
      argc, argv);
}
