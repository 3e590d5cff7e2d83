// SPDX-License-Identifier: BSL-1.0
// chan and select against a mutex with two condition variables (which a rendezvous can be made of too), other libraries' and
// other languages' channels, and a futex ping-pong. Capacity 0 is a rendezvous. `task_chan`: between tasks, not threads.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include "harness/done_workloads.hpp"
#include "harness/run.hpp"
#include "harness/select_workloads.hpp"
#include "harness/subjects.hpp"
#include "harness/tasks.hpp"
#include "harness/waiting_workloads.hpp"
#include "harness/workloads.hpp"
#include "limits/futex_ping_pong.hpp"
#include "limits/two_rmws.hpp"
#include "peers/chan_processes.hpp"
#include "peers/mutex_rendezvous.hpp"
#include "peers/mutex_select.hpp"

namespace bench::chan_bench {
namespace {

using element = std::uint64_t;

// One element at a time, or many.
class chan_subject {
 public:
  chan_subject(std::size_t capacity, int) : chan_subject(sluice::make_chan<element>(capacity)) {}
  [[gnu::always_inline]] void put(element&& v) {
    static_cast<void>(chan_.push(std::move(v)));  // never closed here; the sum would show it
  }
  [[gnu::always_inline]] void get(element& out) {
    if (auto answer = chan_.pop()) out = *answer;
  }
  void put_n(const element* first, std::size_t n) { static_cast<void>(chan_.push_n(first, n)); }
  void get_n(element* out, std::size_t n) {
    for (std::size_t done = 0; done != n;) done += chan_.pop_n(out + done, n - done);
  }

 protected:
  explicit chan_subject(sluice::chan<element> c) : chan_(std::move(c)) {}

 private:
  sluice::chan<element> chan_;
};

struct unbounded_subject : chan_subject {
  unbounded_subject(std::size_t near, int) : chan_subject(sluice::make_chan<element>(sluice::unbounded, near)) {}
};

class void_subject {
 public:
  void_subject(std::size_t capacity, int) : chan_(sluice::make_chan<void>(capacity)) {}
  void put() { static_cast<void>(chan_.push()); }
  void get() { static_cast<void>(chan_.pop()); }

 private:
  sluice::chan<void> chan_;
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

class chan_done {
 public:
  chan_done(std::size_t threads, bool shared, std::size_t capacity) {
    const auto common = sluice::make_chan<void>();
    for (std::size_t i = 0; i != threads; ++i)
      lanes_.push_back({sluice::make_chan<element>(capacity), shared ? common : sluice::make_chan<void>()});
  }
  void put(std::size_t who, element v) { static_cast<void>(lanes_[who].work.push(v)); }
  element get(std::size_t who) {
    element got = bench::wrong_case;
    sluice::select(sluice::on_pop(lanes_[who].work, [&got](std::optional<element> v) { got = *v; }),
                   sluice::on_pop(lanes_[who].done, [](std::optional<sluice::unit>) {}));
    return got;
  }

 private:
  struct alignas(64) lane {
    sluice::chan<element> work;
    sluice::chan<void> done;
  };
  std::vector<lane> lanes_;
};

// Receivers to which nothing comes, each of one channel or of two.
struct waiting_receivers {
  sluice::chan<element> one;
  sluice::chan<element> other;
  bool select;
  void waits() const {
    if (select)
      sluice::select(sluice::on_pop(one, [](std::optional<element>) {}),
                     sluice::on_pop(other, [](std::optional<element>) {}));
    else
      static_cast<void>(one.pop());
  }
  void ends() const { static_cast<void>(one.close()); }
};
void register_waits() {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{64}})
    for (const bool select : {false, true})
      bench::register_waiting("chan", select ? "waiting_select" : "waiting", 100, capacity, [=] {
        return waiting_receivers{sluice::make_chan<element>(capacity), sluice::make_chan<element>(capacity), select};
      });
}

// Threads of both kinds, and the two shapes where one side is alone.
std::vector<bench::shape> shapes() {
  auto all = bench::shapes();
  all.push_back({1, 4});
  all.push_back({4, 1});
  return all;
}

void register_throughputs() {
  using baseline = bench::mutex_queue_subject<element>;
  bench::register_throughput<chan_subject>("chan", shapes(), {0, 1, 64, 1024});
  bench::register_throughput<bench::by_tasks<chan_subject>>("task_chan", shapes(), {0, 1, 64, 1024});
  bench::register_throughput<baseline>("mutex_queue", shapes(), {1, 64, 1024});
  bench::register_throughput<bench::mutex_rendezvous<element>>("mutex_queue", {{1, 1}, {2, 2}, {4, 4}}, {0});
#if defined(SLUICE_BENCH_TBB)
  bench::register_throughput<bench::tbb_queue<element>>("tbb_queue", shapes(), {1, 64, 1024});
#endif
  bench::register_throughput<unbounded_subject>("chan", shapes(), {1024}, "throughput_unbounded");
#if defined(SLUICE_BENCH_MOODYCAMEL)
  bench::register_throughput<bench::moodycamel_queue<element>>("moodycamel", shapes(), {1024}, "throughput_unbounded");
#endif
  bench::register_throughput<void_subject, bench::just_counted>("chan", bench::shapes(), {64, 1024}, "throughput_void");
  bench::register_bulk<chan_subject, 32>("chan");
}

}  // namespace
}  // namespace bench::chan_bench

int main(int argc, char** argv) {
  using namespace bench::chan_bench;
  bench::find_peers(argv[0]);
  bench::register_two_rmws();
  bench::register_pair<chan_subject>("chan");
  bench::register_pair<bench::mutex_queue_subject<element>>("mutex_queue", {1024});
  register_throughputs();

  bench::register_round_trip<chan_subject>("chan", "round_trip", {0, 1, 1024});
  bench::register_round_trip<bench::by_tasks<chan_subject>>("task_chan", "round_trip", {0, 1, 1024});
  bench::register_round_trip<bench::mutex_rendezvous<element>>("mutex_queue", "round_trip", {0});
  bench::register_round_trip<bench::futex_mailbox>("limit", "round_trip", {0});

  bench::register_select<chan_select<2>>("chan", 2);
  bench::register_select<chan_select<8>>("chan", 8);
  bench::register_select<chan_select<64>>("chan", 64);
  bench::register_select_of_many<bench::by_tasks<chan_select<2>>>("task_chan", 2);
  bench::register_select_of_many<bench::by_tasks<chan_select<8>>>("task_chan", 8);
  bench::register_select_of_many<bench::by_tasks<chan_select<64>>>("task_chan", 64);
  // Its threads wake each other all; with many that takes minutes and tells nothing more.
  for (const std::size_t n : {2U, 8U, 64U})
    bench::register_select<bench::mutex_select>("mutex_queue", n, false, {{1, 1}, {2, 2}, {4, 4}});
  bench::register_select_done<chan_done>("chan");
  register_waits();
  bench::register_chan_processes(shapes());
  return bench::run(argc, argv);
}
