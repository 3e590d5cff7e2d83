// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a push and a pop cannot undercut: two uncontended read-modify-writes by one thread, on two words in two cache
// lines, as a ring's tail and head are. In three forms, since they need not cost the same.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>

namespace bench {

struct two_words {
  alignas(64) std::atomic<std::uint64_t> tail{0};
  alignas(64) std::atomic<std::uint64_t> head{0};
};

struct fetch_add {
  static void on(std::atomic<std::uint64_t>& w) noexcept { w.fetch_add(1, std::memory_order_seq_cst); }
};
struct exchange {
  static void on(std::atomic<std::uint64_t>& w) noexcept { w.exchange(1, std::memory_order_seq_cst); }
};
// A ring that claims by CAS has to know what it expects, so the load belongs to it.
struct load_compare_exchange {
  static void on(std::atomic<std::uint64_t>& w) noexcept {
    std::uint64_t v = w.load(std::memory_order_relaxed);
    while (!w.compare_exchange_weak(v, v + 1, std::memory_order_seq_cst, std::memory_order_relaxed)) {
    }
  }
};

template <class Rmw>
void two_rmws(benchmark::State& state) {
  two_words words;
  for (auto _ : state) {
    Rmw::on(words.tail);
    Rmw::on(words.head);
  }
  if (words.tail.load() != words.head.load()) state.SkipWithError("the two words differ");
}

inline void register_two_rmws() {
  benchmark::RegisterBenchmark("limit/fetch_add_x2/one", two_rmws<fetch_add>);
  benchmark::RegisterBenchmark("limit/load_compare_exchange_x2/one", two_rmws<load_compare_exchange>);
  benchmark::RegisterBenchmark("limit/exchange_x2/one", two_rmws<exchange>);
}

}  // namespace bench
