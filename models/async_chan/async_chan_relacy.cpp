// SPDX-License-Identifier: BSL-1.0
#include <async_chan/async_chan_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using clients = sluice::models::async_chan_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("async_chan", clients::all<sluice::relacy::entries_of>::get(), argc, argv);
}
