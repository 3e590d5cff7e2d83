// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <task_outcome/task_outcome_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::task_outcome_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of("task_outcome", sluice::explore::entries<c::gives, c::throws>(), argc, argv);
}
