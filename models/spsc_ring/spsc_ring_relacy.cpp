// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <spsc_ring/spsc_ring_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::spsc_ring_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "spsc_ring",
      sluice::relacy::entries<c::flow_capacity_1, c::flow_capacity_2, c::flow_capacity_3, c::bulk_flow,
                              c::answers_are_exact>(),
      argc, argv);
}
