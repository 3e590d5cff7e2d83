// SPDX-License-Identifier: BSL-1.0
// spsc_ring against Boost's, against mpmc_ring where one producer and one consumer use it, and a mutex.
#include <cstdint>
#include <vector>

#include <sluice/mpmc_ring.hpp>
#include <sluice/spsc_ring.hpp>

#include "harness/run.hpp"
#include "harness/subjects.hpp"
#include "harness/workloads.hpp"
#include "limits/shared_line.hpp"
#include "limits/two_rmws.hpp"

namespace bench::spsc_ring_bench {
namespace {

template <class T>
using ring = bench::spinning<bench::sluice_tries<sluice::spsc_ring<T>>>;
using for_many = bench::spinning<bench::sluice_tries<sluice::mpmc_ring<std::uint64_t>>>;
using baseline = bench::mutex_ring_subject<std::uint64_t>;

}  // namespace
}  // namespace bench::spsc_ring_bench

int main(int argc, char** argv) {
  using namespace bench::spsc_ring_bench;
  const std::vector<bench::shape> one_each{{1, 1}};
  bench::register_two_rmws();
  bench::register_shared_line();

  bench::register_pair<ring<std::uint64_t>>("spsc_ring");
  bench::register_pair<for_many>("mpmc_ring", {64});
  bench::register_pair<baseline>("mutex_ring", {64});

  bench::register_throughput<ring<std::uint64_t>>("spsc_ring", one_each);
  bench::register_throughput<for_many>("mpmc_ring", one_each);
  bench::register_throughput<baseline>("mutex_ring", one_each);
  bench::register_bulk<ring<std::uint64_t>>("spsc_ring", one_each);
  bench::register_bulk<ring<std::uint64_t>, 32>("spsc_ring", one_each);
#if defined(SLUICE_BENCH_BOOST)
  using peer = bench::spinning<bench::boost_spsc<std::uint64_t>>;
  bench::register_pair<peer>("boost_spsc", {64});
  bench::register_throughput<peer>("boost_spsc", one_each);
  bench::register_bulk<peer>("boost_spsc", one_each);
#endif

  bench::register_payloads<ring>("spsc_ring", one_each);
  bench::register_round_trip<ring<std::uint64_t>>("spsc_ring", "round_trip_spinning");
  return bench::run(argc, argv);
}
