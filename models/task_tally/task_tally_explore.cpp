// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <task_tally/task_tally_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::task_tally_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "task_tally",
      sluice::explore::entries<c::begins_another, c::begins_one_elsewhere, c::begun_from_outside, c::a_coroutine_waits,
                               c::two_coroutines_end>(),
      argc, argv);
}
