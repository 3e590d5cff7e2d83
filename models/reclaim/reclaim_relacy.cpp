// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <reclaim/reclaim_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::reclaim_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "reclaim",
      sluice::relacy::entries<c::read_beside_unlink, c::younger_than_the_section, c::next_section, c::leaf_sections,
                              c::two_writers, c::stalled_reader, c::newcomers, c::record_taken_over,
                              c::record_handed_on, c::left_behind, c::two_left_behind, c::two_domains>(),
      argc, argv);
}
