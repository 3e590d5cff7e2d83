// SPDX-License-Identifier: BSL-1.0
#include <kit/explore/entry.hpp>
#include <select/select_clients.hpp>

namespace {
template <class... Clients>
struct entries_of {
  static auto get() { return sluice::explore::entries<Clients...>(); }
};
}  // namespace

int main(int argc, char** argv) {
  using clients = sluice::models::select_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of("select", clients::all<entries_of>::get(), argc, argv);
}
