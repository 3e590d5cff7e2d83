// SPDX-License-Identifier: BSL-1.0
#include <futex_lock/futex_lock_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::futex_lock_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "futex_lock", sluice::explore::entries<c::two_threads, c::three_threads, c::who_waits_has_seen>(), argc, argv);
}
