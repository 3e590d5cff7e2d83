// SPDX-License-Identifier: BSL-1.0
#pragma once
// Go's channels and crossbeam's under chan_bench's workloads, where these peers were built.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../harness/done_workloads.hpp"
#include "../harness/workloads.hpp"
#include "process.hpp"

namespace bench {

struct chan_peer {
  std::string program;
  std::string subject;

  void add(const std::string& name, const std::string& what, std::uint64_t items) const {
    register_peer(program, name, what, static_cast<std::int64_t>(items));
  }
  void throughput(const std::vector<shape>& all, const std::vector<std::size_t>& capacities) const {
    for (const shape s : all)
      for (const std::size_t capacity : capacities) {
        const std::uint64_t n = elements_for(capacity);
        add(name_of(subject, "throughput", to_string(s), capacity),
            question("throughput", s.producers, s.consumers, capacity, n), n);
      }
  }
  void unbounded(const std::vector<shape>& all) const {
    for (const shape s : all)
      add(name_of(subject, "throughput_unbounded", to_string(s), 1024),
          question("unbounded", s.producers, s.consumers, elements_for(1024)), elements_for(1024));
  }
  void pairs() const {
    constexpr std::uint64_t times = 1 << 20;
    add(name_of(subject, "pair", "one", 1024), question("pair", 1024, times), times);
  }
  void round_trips(const std::vector<std::size_t>& capacities) const {
    constexpr std::uint64_t trips = 1 << 13;
    for (const std::size_t capacity : capacities)
      add(name_of(subject, "round_trip", "1+1", capacity), question("round_trip", capacity, trips), trips);
  }
  void select(std::size_t channels, const std::vector<shape>& all, bool waiting) const {
    const std::string workload = "select" + std::to_string(channels);
    constexpr std::uint64_t times = 1 << 19;
    constexpr std::uint64_t elements = 1 << 17;
    constexpr std::uint64_t trips = 1 << 13;
    add(name_of(subject, workload + "_pair", "one", 64), question("select_pair", channels, times), times);
    for (const shape s : all)
      add(name_of(subject, workload, to_string(s), 64),
          question("select", s.producers, s.consumers, channels, elements), elements);
    if (waiting)
      add(name_of(subject, workload + "_round_trip", "1+1", 0), question("select_round_trip", channels, trips), trips);
  }
  void select_done() const {
    const shape s = all_cpus();
    for (const done_case d : {done_case{false, false}, {true, false}, {false, true}, {true, true}})
      add(d.name(subject, s), question("select_done", 2 * s.producers, int{d.shared}, int{d.waiting}, d.times()),
          static_cast<std::uint64_t>(d.items(2 * s.producers)));
  }
};

inline void register_chan_processes(const std::vector<shape>& all) {
  const chan_peer go{"go_peer", "go_chan"};
  const chan_peer crossbeam{"crossbeam_peer", "crossbeam"};
  for (const chan_peer& peer : {go, crossbeam}) {
    peer.pairs();
    peer.throughput(all, {0, 1, 64, 1024});
    peer.round_trips({0, 1024});
    peer.select(2, shapes(), true);
    peer.select(8, shapes(), true);
    peer.select_done();
  }
  crossbeam.select(64, shapes(), false);
  crossbeam.unbounded(all);
}

}  // namespace bench
