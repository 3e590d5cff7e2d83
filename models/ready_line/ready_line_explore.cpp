// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <ready_line/ready_line_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::ready_line_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of("ready_line", sluice::explore::entries<c::two_threads, c::one_is_held_up>(),
                                         argc, argv);
}
