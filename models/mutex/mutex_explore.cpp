// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <mutex/mutex_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::mutex_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "mutex",
      sluice::explore::entries<c::two_threads, c::three_threads, c::asleep_late, c::asleep_late_hungry, c::two_hungry,
                               c::three_hungry, c::tried, c::tried_beside_waiters, c::timed, c::timed_hungry,
                               c::stopped, c::stopped_hungry, c::timed_beside_stopped, c::timed_beside_stopped_hungry,
                               c::destroyed_by_the_next, c::destroyed_by_the_last>(),
      argc, argv);
}
