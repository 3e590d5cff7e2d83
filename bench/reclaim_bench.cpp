// SPDX-License-Identifier: BSL-1.0
// What a read section costs, and what it costs to retire instead of to delete, beside what cannot be beaten: no section, one
// read-modify-write, a plain delete. Names are <subject>/<workload>/one; an iteration is one operation.
#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <string>

#include <sluice/reclaim.hpp>

#include "harness/run.hpp"

namespace bench::reclaim_bench {
namespace {

struct number : sluice::reclaim_obj {
  explicit number(sluice::reclaimer& maker) : sluice::reclaim_obj(maker) {}
  long value = 1;
};

template <class Run>
void register_one(const std::string& name, Run run) {
  benchmark::RegisterBenchmark((name + "/one").c_str(), [run](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(run());
  });
}

}  // namespace
}  // namespace bench::reclaim_bench

int main(int argc, char** argv) {
  using namespace bench::reclaim_bench;
  static sluice::reclaim_domain domain;
  static sluice::reclaimer mine(domain);
  static sluice::std_platform::atomic<number*> link(new number(mine));
  static std::atomic<long> word{0};

  register_one("reclaim/section", [] {
    mine.lock();
    mine.unlock();
    return 0;
  });
  register_one("reclaim/section_of_this_thread", [] {
    sluice::reclaimer& own = sluice::this_thread_reclaimer();
    own.lock();
    own.unlock();
    return 0;
  });
  register_one("reclaim/read", [] {
    mine.lock();
    const long v = mine.protect(link, std::memory_order_acquire)->value;
    mine.unlock();
    return v;
  });
  register_one("limit/nothing", [] { return 0; });
  register_one("limit/read", [] { return link.load(std::memory_order_acquire)->value; });
  register_one("limit/two_rmws", [] {
    word.fetch_add(1, std::memory_order_acquire);
    return word.fetch_sub(1, std::memory_order_release);
  });
  register_one("reclaim/retire", [] {
    mine.retire(new number(mine));
    return 0;
  });
  register_one("limit/retire", [] {
    delete new number(mine);
    return 0;
  });
  return bench::run(argc, argv);
}
