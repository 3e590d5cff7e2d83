// SPDX-License-Identifier: BSL-1.0
// scq_ring, which is lock-free, against mpmc_ring, which is not, and a mutex around a ring buffer.
#include <cstdint>

#include <sluice/mpmc_ring.hpp>
#include <sluice/scq_ring.hpp>

#include "harness/run.hpp"
#include "harness/subjects.hpp"
#include "harness/workloads.hpp"
#include "limits/two_rmws.hpp"

namespace bench::scq_ring_bench {
namespace {

template <class T>
using ring = bench::spinning<bench::sluice_tries<sluice::scq_ring<T>>>;
using blocked_by_stalls = bench::spinning<bench::sluice_tries<sluice::mpmc_ring<std::uint64_t>>>;
using baseline = bench::mutex_ring_subject<std::uint64_t>;

}  // namespace
}  // namespace bench::scq_ring_bench

int main(int argc, char** argv) {
  using namespace bench::scq_ring_bench;
  bench::register_two_rmws();

  bench::register_pair<ring<std::uint64_t>>("scq_ring");
  bench::register_pair<blocked_by_stalls>("mpmc_ring", {64});
  bench::register_pair<baseline>("mutex_ring", {64});

  bench::register_throughput<ring<std::uint64_t>>("scq_ring");
  bench::register_throughput<blocked_by_stalls>("mpmc_ring", bench::shapes(), {64});
  bench::register_throughput<baseline>("mutex_ring", bench::shapes(), {64});

  bench::register_payloads<ring>("scq_ring", {{1, 1}, {2, 2}});
  bench::register_round_trip<ring<std::uint64_t>>("scq_ring", "round_trip_spinning");
  return bench::run(argc, argv);
}
