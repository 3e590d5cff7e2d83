// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <parking_lot/parking_lot_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::parking_lot_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "parking_lot",
      sluice::explore::entries<c::change_and_wake, c::wakes_all, c::one_each, c::cancelled, c::cancelled_and_woken,
                               c::passed_on, c::counted_sleeper>(),
      argc, argv);
}
