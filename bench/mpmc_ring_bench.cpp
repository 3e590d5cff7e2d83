// SPDX-License-Identifier: BSL-1.0
// mpmc_ring against a mutex around a ring buffer, Boost's lock-free queue, and what the machine allows.
#include <cstdint>

#include <sluice/mpmc_ring.hpp>

#include "harness/run.hpp"
#include "harness/subjects.hpp"
#include "harness/workloads.hpp"
#include "limits/shared_line.hpp"
#include "limits/two_rmws.hpp"

namespace bench::mpmc_ring_bench {
namespace {

template <class T>
using ring = bench::spinning<bench::sluice_tries<sluice::mpmc_ring<T>>>;
template <class T>
using baseline = bench::mutex_ring_subject<T>;

}  // namespace
}  // namespace bench::mpmc_ring_bench

int main(int argc, char** argv) {
  using namespace bench::mpmc_ring_bench;
  bench::register_two_rmws();
  bench::register_shared_line();

  bench::register_pair<ring<std::uint64_t>>("mpmc_ring");
  bench::register_pair<baseline<std::uint64_t>>("mutex_ring", {64});

  bench::register_throughput<ring<std::uint64_t>>("mpmc_ring");
  bench::register_throughput<baseline<std::uint64_t>>("mutex_ring");
#if defined(SLUICE_BENCH_BOOST)
  using peer = bench::spinning<bench::boost_queue<std::uint64_t>>;
  bench::register_pair<peer>("boost_queue", {64});
  bench::register_throughput<peer>("boost_queue");
#endif
#if defined(SLUICE_BENCH_ATOMIC_QUEUE)
  using ticket_queue = bench::spinning<bench::atomic_queue_ring<std::uint64_t>>;
  bench::register_throughput<ticket_queue>("atomic_queue", bench::shapes(), {64, 1024});
#endif

  bench::register_bulk<ring<std::uint64_t>>("mpmc_ring");
  bench::register_payloads<ring>("mpmc_ring", {{1, 1}, {2, 2}});
  bench::register_payloads<baseline>("mutex_ring", {{1, 1}, {2, 2}});
  bench::register_round_trip<ring<std::uint64_t>>("mpmc_ring", "round_trip_spinning");
  return bench::run(argc, argv);
}
