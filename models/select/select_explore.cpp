// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <select/select_clients.hpp>

int main(int argc, char** argv) {
  using clients = sluice::models::select_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of("select", clients::all<sluice::explore::entries_of>::get(), argc, argv);
}
