// SPDX-License-Identifier: BSL-1.0
#include <chan/chan_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using clients = sluice::models::chan_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("chan", clients::for_relacy<sluice::relacy::entries_of>::get(), argc, argv);
}
