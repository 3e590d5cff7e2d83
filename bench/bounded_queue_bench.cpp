// SPDX-License-Identifier: BSL-1.0
// bounded_queue against a mutex with two condition variables, oneTBB's bounded queue, and the ring that it is made of.
#include <cstdint>
#include <memory>

#include <sluice/bounded_queue.hpp>
#include <sluice/mpmc_ring.hpp>

#include "harness/run.hpp"
#include "harness/subjects.hpp"
#include "harness/workloads.hpp"
#include "limits/two_rmws.hpp"

namespace bench::bounded_queue_bench {
namespace {

using element = std::uint64_t;

// A machine on which spinning is pointless: whoever has to wait sleeps at once.
struct parks_at_once : sluice::std_platform {
  static unsigned cpus() noexcept { return 1; }
};

using ring = bench::spinning<bench::sluice_tries<sluice::mpmc_ring<element>>>;
using queue = bench::blocking<sluice::bounded_queue<element>>;
using queue_by_try = bench::spinning<bench::sluice_tries<sluice::bounded_queue<element>>>;
using queue_parking = bench::blocking<sluice::bounded_queue<element, std::allocator<element>, parks_at_once>>;
using baseline = bench::mutex_queue_subject<element>;

}  // namespace
}  // namespace bench::bounded_queue_bench

int main(int argc, char** argv) {
  using namespace bench::bounded_queue_bench;
  bench::register_two_rmws();

  bench::register_pair<ring>("mpmc_ring");
  bench::register_pair<queue>("bounded_queue");
  bench::register_pair<queue_by_try>("bounded_queue", {64}, "pair_try");
  bench::register_pair<baseline>("mutex_queue", {64});

  bench::register_throughput<queue>("bounded_queue");
  bench::register_throughput<baseline>("mutex_queue");
#if defined(SLUICE_BENCH_TBB)
  using peer = bench::tbb_queue<element>;
  bench::register_pair<peer>("tbb_queue", {64});
  bench::register_throughput<peer>("tbb_queue");
#endif

  bench::register_round_trip<queue_by_try>("bounded_queue", "round_trip_spinning");
  bench::register_round_trip<queue>("bounded_queue", "round_trip", {1, 1024});
  bench::register_round_trip<queue_parking>("bounded_queue", "round_trip_parked");
  bench::register_round_trip<baseline>("mutex_queue", "round_trip_parked");
  return bench::run(argc, argv);
}
