// SPDX-License-Identifier: BSL-1.0
// chan and select against a mutex with condition variables, oneTBB's bounded queue, and two limits: two uncontended
// read-modify-writes, and a futex ping-pong.
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include "harness/run.hpp"
#include "harness/select_workloads.hpp"
#include "harness/subjects.hpp"
#include "harness/workloads.hpp"
#include "limits/futex_ping_pong.hpp"
#include "limits/two_rmws.hpp"
#include "peers/mutex_rendezvous.hpp"
#include "peers/mutex_select.hpp"

namespace {

using element = std::uint64_t;

class chan_subject {
 public:
  chan_subject(std::size_t capacity, int) : chan_(sluice::make_chan<element>(capacity)) {}
  [[gnu::always_inline]] void put(element&& v) {
    static_cast<void>(chan_.push(std::move(v)));  // never closed here; the sum would show it
  }
  [[gnu::always_inline]] void get(element& out) {
    if (auto answer = chan_.pop()) out = *answer;
  }

 private:
  sluice::chan<element> chan_;
};

// A select over N channels.
template <std::size_t N>
class chan_select {
 public:
  chan_select(std::size_t, std::size_t capacity) {
    for (auto& c : chans_) c = sluice::make_chan<element>(capacity);
  }
  void put(std::size_t channel, element v) { static_cast<void>(chans_[channel].push(v)); }
  element get() { return get(std::make_index_sequence<N>{}); }

 private:
  template <std::size_t... I>
  element get(std::index_sequence<I...>) {
    element got = 0;
    const auto take = [&got](std::optional<element> v) { got = *v; };
    sluice::select(sluice::on_pop(chans_[I], take)...);
    return got;
  }

  std::array<sluice::chan<element>, N> chans_;
};

// Threads of both kinds, and the two shapes where one side is alone.
std::vector<bench::shape> shapes() {
  auto all = bench::shapes();
  all.push_back({1, 4});
  all.push_back({4, 1});
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  using baseline = bench::mutex_queue_subject<element>;
  bench::register_two_rmws();

  bench::register_pair<chan_subject>("chan");
  bench::register_pair<baseline>("mutex_queue", {1024});
  bench::register_throughput<chan_subject>("chan", shapes(), {0, 1, 64, 1024});
  bench::register_throughput<baseline>("mutex_queue", shapes(), {1, 64, 1024});
  bench::register_throughput<bench::mutex_rendezvous<element>>("mutex_queue", shapes(), {0});
#if defined(SLUICE_BENCH_TBB)
  bench::register_throughput<bench::tbb_queue<element>>("tbb_queue", shapes(), {1, 64, 1024});
#endif

  bench::register_round_trip<chan_subject>("chan", "round_trip", {0, 1, 1024});
  bench::register_round_trip<bench::mutex_rendezvous<element>>("mutex_queue", "round_trip", {0});
  bench::register_round_trip<bench::futex_mailbox>("limit", "round_trip", {0});

  bench::register_select<chan_select<2>>("chan", 2);
  bench::register_select<chan_select<8>>("chan", 8);
  bench::register_select<chan_select<64>>("chan", 64, false);
  for (const std::size_t n : {2U, 8U, 64U}) bench::register_select<bench::mutex_select>("mutex_queue", n, false);
  return bench::run(argc, argv);
}
