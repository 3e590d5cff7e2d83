// SPDX-License-Identifier: BSL-1.0
#include <context/context_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::context_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "context",
      sluice::explore::entries<c::cancel_against_attach, c::cancel_against_drop, c::one_reason, c::done_and_err,
                               c::cause_is_seen, c::stop_against_run, c::done_against_parent, c::attach_below,
                               c::cancel_against_inner_drop, c::last_one>(),
      argc, argv);
}
