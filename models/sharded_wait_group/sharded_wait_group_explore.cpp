// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <sharded_wait_group/sharded_wait_group_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::sharded_wait_group_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "sharded_wait_group",
      sluice::explore::entries<c::one_in_each, c::half_moves, c::moved_on, c::done_many_times, c::task_of_a_task,
                               c::added_by_both, c::destroyed_by_the_waiter, c::reused>(),
      argc, argv);
}
