// SPDX-License-Identifier: BSL-1.0
#include <block_depot/block_depot_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::block_depot_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "block_depot", sluice::relacy::entries<c::taken_once, c::one_place_for_two, c::passed_on>(), argc, argv);
}
