// SPDX-License-Identifier: BSL-1.0
#include <sys/syscall.h>
#include <unistd.h>

#include <kit/explore/main.hpp>

namespace sluice::explore {

int shared_main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv) {
  return main_of(primitive, clients, argc, argv);
}

}  // namespace sluice::explore

// A client finds these before those of the C library, which call no handler: who ended the process with status 0 and without
// a word would seem to have passed.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" void _exit(int status) {
  sluice::explore::detail::lookout::process_ends();
  for (;;) syscall(SYS_exit_group, status);
}
extern "C" void _Exit(int status) noexcept { _exit(status); }
// NOLINTEND(bugprone-reserved-identifier)
