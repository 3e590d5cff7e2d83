// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <once/once_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::once_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "once",
      sluice::explore::entries<c::two_callers, c::three_callers, c::asked, c::tried_again,
                               c::tried_again_beside_a_sleeper, c::given_up, c::destroyed_when_done,
                               c::value_made_once>(),
      argc, argv);
}
