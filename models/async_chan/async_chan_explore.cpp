// SPDX-License-Identifier: BSL-1.0
#include <async_chan/async_chan_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using clients = sluice::models::async_chan_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of("async_chan", clients::all<sluice::explore::entries_of>::get(), argc, argv);
}
