// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <ready_line/ready_line_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::ready_line_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "ready_line", sluice::relacy::entries<c::two_threads, c::three_threads, c::one_is_held_up>(), argc, argv);
}
