// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/command_line.hpp>

namespace sluice::relacy {

int shared_main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv) {
  return main_of(primitive, clients, argc, argv);
}

}  // namespace sluice::relacy
