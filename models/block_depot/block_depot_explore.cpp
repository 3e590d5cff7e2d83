// SPDX-License-Identifier: BSL-1.0
#include <block_depot/block_depot_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::block_depot_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "block_depot", sluice::explore::entries<c::taken_once, c::one_place_for_two, c::passed_on>(), argc, argv);
}
