// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <single_flight/single_flight_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::single_flight_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "single_flight",
      sluice::explore::entries<c::two_callers, c::three_callers, c::two_receivers, c::caller_and_receiver,
                               c::thrown_to_all, c::forgotten, c::forgotten_inside, c::cannot_start>(),
      argc, argv);
}
