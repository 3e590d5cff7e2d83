// SPDX-License-Identifier: BSL-1.0
#include <futex_lock/futex_lock_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::futex_lock_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "futex_lock", sluice::relacy::entries<c::two_threads, c::three_threads, c::who_waits_has_seen>(), argc, argv);
}
