// SPDX-License-Identifier: BSL-1.0
#include <err_group/err_group_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::err_group_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "err_group",
      sluice::explore::entries<c::first_failure_against_wait, c::limit_against_try_go, c::limit_against_go,
                               c::limit_after_the_last, c::wait_and_go>(),
      argc, argv);
}
