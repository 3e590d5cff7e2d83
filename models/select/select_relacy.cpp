// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <select/select_clients.hpp>

namespace {
template <class... Clients>
struct entries_of {
  static auto get() { return sluice::relacy::entries<Clients...>(); }
};
}  // namespace

int main(int argc, char** argv) {
  using clients = sluice::models::select_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("select", clients::all<entries_of>::get(), argc, argv);
}
