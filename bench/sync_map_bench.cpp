// SPDX-License-Identifier: BSL-1.0
// sync_map against a mutex around std::unordered_map, 64 of them, oneTBB's, libcuckoo's and xenium's maps, and Go's sync.Map.
// A workload is <reads in percent>_<keys>[_zipf]; half of the keys are there, and half of the other operations put, half
// erase. Names are <subject>/<workload>/<one or P+C>, P and C being two halves of the threads; an item is one operation.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/crew.hpp"
#include "harness/run.hpp"
#include "peers/maps.hpp"
#include "peers/process.hpp"

namespace bench::sync_map_bench {
namespace {

constexpr std::size_t operations = std::size_t{1} << 18;

struct workload {
  unsigned reads;
  std::uint64_t keys;
  bool zipf;
  std::string name() const {
    return std::to_string(reads) + "_" + (keys >= 1'000'000 ? "1M" : "1k") + (zipf ? "_zipf" : "");
  }
};

class generator {
 public:
  explicit generator(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return state_ * 0x2545F4914F6CDD1DU;
  }

 private:
  std::uint64_t state_;
};

// The keys that a thread asks for, drawn beforehand: uniform, or with a frequency that falls as 1/rank^0.99 (as YCSB's).
const std::vector<std::uint32_t>& drawn(const workload& w, int thread) {
  static std::map<std::pair<std::string, int>, std::vector<std::uint32_t>> all;
  auto& keys = all[{(w.zipf ? "zipf" : "uniform") + std::to_string(w.keys), thread}];
  if (!keys.empty()) return keys;
  generator random(static_cast<std::uint64_t>(thread) + 1);
  std::vector<double> upto;
  double sum = 0;
  for (std::uint64_t rank = 1; w.zipf && rank <= w.keys; ++rank)
    upto.push_back(sum += std::pow(static_cast<double>(rank), -0.99));
  for (std::size_t i = 0; i != operations; ++i) {
    const std::uint64_t r = random.next() >> 11U;
    if (w.zipf) {
      const double at = static_cast<double>(r) * 0x1p-53 * sum;
      keys.push_back(static_cast<std::uint32_t>(std::lower_bound(upto.begin(), upto.end(), at) - upto.begin()));
    } else {
      keys.push_back(static_cast<std::uint32_t>(r % w.keys));
    }
  }
  return keys;
}

template <class Map>
void work(Map& map, const workload& w, int thread) {
  generator random(static_cast<std::uint64_t>(thread) + 77);
  std::uint64_t sum = 0;
  for (const std::uint32_t key : drawn(w, thread)) {
    const std::uint64_t what = (random.next() >> 32U) % 200;
    std::uint64_t value = 0;
    if (what < 2 * w.reads) {
      map.find(key, value);
      sum += value;  // of what is absent, 0: no branch here that nothing can foretell
    } else if (what % 2 == 0) {
      map.put(key, what);
    } else {
      map.drop(key);
    }
  }
  benchmark::DoNotOptimize(sum);
}

// One map for each number of keys, half full: what the workloads do to it leaves it so.
template <class Map>
Map& filled(std::uint64_t keys) {
  static std::map<std::uint64_t, std::unique_ptr<Map>> all;
  auto& map = all[keys];
  if (map == nullptr) {
    map = std::make_unique<Map>();
    for (std::uint64_t k = 0; k < keys; k += 2) map->put(k, k);
  }
  return *map;
}

template <class Map>
void register_workload(const std::string& name, const workload& w) {
  benchmark::RegisterBenchmark((name + "/one").c_str(), [w](benchmark::State& state) {
    auto& map = filled<Map>(w.keys);
    drawn(w, 0);
    for (auto _ : state) work(map, w, 0);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(operations));
  })->Iterations(1);
  for (const bench::shape s : bench::crews())
    benchmark::RegisterBenchmark(
        (name + "/" + to_string(s)).c_str(),
        [w, s](benchmark::State& state) {
          auto& map = filled<Map>(w.keys);
          const int threads = s.producers + s.consumers;
          for (int t = 0; t != threads; ++t) drawn(w, t);
          for (auto _ : state)
            state.SetIterationTime(bench::run_together(threads, [&](int who) { work(map, w, who); }));
          state.SetItemsProcessed(state.iterations() * threads * static_cast<std::int64_t>(operations));
        })
        ->UseManualTime()
        ->Iterations(1);
}

std::vector<workload> workloads() {
  std::vector<workload> all;
  for (const unsigned reads : {99U, 90U, 50U})
    for (const std::uint64_t keys : {1'000U, 1'000'000U})
      for (const bool zipf : {false, true}) all.push_back({reads, keys, zipf});
  return all;
}

template <class Map>
void register_map(const std::string& subject) {
  for (const workload& w : workloads()) register_workload<Map>(subject + "/" + w.name(), w);
}

void register_go_map() {
  for (const workload& w : workloads()) {
    const auto with = [&](int threads, const std::string& who) {
      bench::register_peer("go_peer", "go_sync_map/" + w.name() + "/" + who,
                           bench::question("map", threads, w.reads, w.keys, int{w.zipf}, operations),
                           threads * static_cast<std::int64_t>(operations));
    };
    with(1, "one");
    for (const bench::shape s : bench::crews()) with(s.producers + s.consumers, to_string(s));
  }
}

}  // namespace
}  // namespace bench::sync_map_bench

int main(int argc, char** argv) {
  using namespace bench::sync_map_bench;
  bench::find_peers(argv[0]);
  register_map<bench::sluice_map>("sync_map");
  register_map<bench::locked_map>("mutex_map");
  register_map<bench::sharded_map>("sharded_map");
#if defined(SLUICE_BENCH_TBB)
  register_map<bench::tbb_map>("tbb_hash_map");
#endif
#if defined(SLUICE_BENCH_CUCKOO)
  register_map<bench::cuckoo_map>("cuckoo_map");
#endif
#if defined(SLUICE_BENCH_XENIUM)
  register_map<bench::xenium_map>("xenium_map");
#endif
  register_go_map();
  return bench::run(argc, argv);
}
