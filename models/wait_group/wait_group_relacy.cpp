// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <wait_group/wait_group_clients.hpp>
#include <wait_group/wait_group_misuse_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::wait_group_clients<sluice::relacy::engine>;
  using p = sluice::models::parked_wait_group_clients<sluice::relacy::engine>;
  using m = sluice::models::wait_group_misuse_clients<sluice::relacy::engine>;
  using q = sluice::models::parked_wait_group_misuse_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "wait_group",
      sluice::relacy::entries<c::two_workers_one_waiter, c::one_worker_two_waiters, c::tried, c::task_of_a_task,
                              c::destroyed_by_the_waiter, c::destroyed_by_a_timed_waiter, c::timed, c::stopped,
                              c::timed_beside_stopped, m::added_too_late, m::done_too_often, c::reused,
                              p::parked_two_waiters, p::parked_destroyed, p::parked_timed, p::parked_reused,
                              q::parked_added_too_late, q::parked_done_too_often>(),
      argc, argv);
}
