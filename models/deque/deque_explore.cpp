// SPDX-License-Identifier: BSL-1.0
#include <deque/deque_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::deque_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "deque",
      sluice::explore::entries<c::last_element, c::two_thieves, c::in_order, c::grows, c::slot_used_again_one_thief,
                               c::slot_used_again_two_thieves, c::one_for_each, c::emptied_again>(),
      argc, argv);
}
