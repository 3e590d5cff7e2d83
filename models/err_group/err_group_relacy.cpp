// SPDX-License-Identifier: BSL-1.0
#include <err_group/err_group_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::err_group_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of("err_group",
                                        sluice::relacy::entries<c::first_failure_against_wait, c::limit_against_try_go,
                                                                c::limit_against_go, c::wait_and_go>(),
                                        argc, argv);
}
