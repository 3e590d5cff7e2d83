// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <manual_time/manual_time_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::manual_time_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "manual_time", sluice::explore::entries<c::is_moved, c::someone_waits, c::one_comes_one_goes>(), argc, argv);
}
