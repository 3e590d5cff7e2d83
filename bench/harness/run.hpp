// SPDX-License-Identifier: BSL-1.0
#pragma once
// The rest of main: facts that the results should carry, then Google Benchmark.
#include <benchmark/benchmark.h>

#include "../peers/process.hpp"
#include "../peers/third_party.hpp"
#include "crew.hpp"

namespace bench {

// Runs what was registered. The exit status: 2 for options that nobody knows.
inline int run(int argc, char** argv) {
#if defined(__clang__)
  benchmark::AddCustomContext("compiler", "clang " __clang_version__);
#else
  benchmark::AddCustomContext("compiler", "g++ " __VERSION__);
#endif
#if defined(NDEBUG) && defined(__OPTIMIZE__)
  benchmark::AddCustomContext("build", "optimised");
#else
  benchmark::AddCustomContext("build", "not optimised: these times mean nothing");
#endif
  benchmark::AddCustomContext("cpus", std::to_string(sluice::std_platform::cpus()));
  benchmark::AddCustomContext("threads", pinned() ? "pinned, one per CPU in turn" : "placed by the scheduler");
  std::string peers = third_party_peers();
  for (const char* program : {"go_peer", "crossbeam_peer"})
    if (peer_is_there(program)) peers += std::string(", ") + program;
  benchmark::AddCustomContext("peers", peers);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace bench
