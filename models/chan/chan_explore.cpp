// SPDX-License-Identifier: BSL-1.0
#include <chan/chan_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using clients = sluice::models::chan_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of("chan", clients::all<sluice::explore::entries_of>::get(), argc, argv);
}
