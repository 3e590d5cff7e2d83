// SPDX-License-Identifier: BSL-1.0
#include <clients/sync_map_clients.hpp>
#include <clients/sync_map_resize_clients.hpp>
#include <kit/relacy/run.hpp>
#include <sync_map_lines/sync_map_lines_clients.hpp>

int main(int argc, char** argv) {
  using engine = sluice::relacy::engine;
  using slots = sluice::models::sync_map_line_slots<sluice::relacy::platform, 2>;
  using c = sluice::models::sync_map_clients<engine, slots>;
  using r = sluice::models::sync_map_resize_clients<engine, slots>;
  using one = sluice::models::sync_map_lines_clients<engine, 1>;
  using two = sluice::models::sync_map_lines_clients<engine, 2>;
  return sluice::relacy::shared_main_of(
      "sync_map_lines",
      sluice::relacy::entries<
          c::put_once, c::put_beside, c::erased_once, c::read_beside_writes, c::erased_before, c::cleared_before,
          c::cleared, c::any_two_there, c::any_two_absent, two::read_beside_reuse, two::read_beside_arrival,
          two::walk_beside_reuse, two::read_beside_replacement, two::both_replace, two::put_beside_erasure,
          one::read_beside_reuse, one::read_beside_replacement, one::both_replace, one::put_beside_erasure,
          r::grows_beside_a_reader, r::grows_beside_a_writer, r::both_grow, r::shrinks_beside_a_writer,
          r::reads_across_two_resizes, r::resizes_beside_two_resizes, r::walk_beside_growth, r::cleared_once>(),
      argc, argv);
}
