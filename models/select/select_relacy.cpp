// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <select/select_clients.hpp>

int main(int argc, char** argv) {
  using clients = sluice::models::select_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("select", clients::all<sluice::relacy::entries_of>::get(), argc, argv);
}
