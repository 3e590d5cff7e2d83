// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <task_outcome/task_outcome_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::task_outcome_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("task_outcome", sluice::relacy::entries<c::gives, c::throws>(), argc, argv);
}
