// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <manual_time/manual_time_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::manual_time_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "manual_time", sluice::relacy::entries<c::is_moved, c::someone_waits, c::one_comes_one_goes>(), argc, argv);
}
