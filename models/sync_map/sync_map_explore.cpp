// SPDX-License-Identifier: BSL-1.0
#include <clients/sync_map_clients.hpp>
#include <clients/sync_map_resize_clients.hpp>
#include <kit/explore/entry.hpp>
#include <sync_map/sync_map_slots.hpp>

int main(int argc, char** argv) {
  using slots = sluice::models::sync_map_slots<sluice::explore::platform>;
  using c = sluice::models::sync_map_clients<sluice::explore::engine, slots>;
  using r = sluice::models::sync_map_resize_clients<sluice::explore::engine, slots>;
  return sluice::explore::shared_main_of(
      "sync_map",
      sluice::explore::entries<c::put_once, c::put_beside, c::erased_once, c::read_beside_writes, c::erased_before,
                               c::cleared_before, c::cleared, c::any_two_there, c::any_two_absent,
                               r::grows_beside_a_reader, r::grows_beside_a_writer, r::both_grow,
                               r::shrinks_beside_a_writer, r::reads_across_two_resizes, r::resizes_beside_two_resizes,
                               r::walk_beside_growth, r::cleared_once>(),
      argc, argv);
}
