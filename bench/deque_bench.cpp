// SPDX-License-Identifier: BSL-1.0
// deque against a mutex around std::deque: what its owner pays alone, and how fast one who pushes and others who steal are.
#include <cstddef>
#include <cstdint>

#include <sluice/deque.hpp>

#include "harness/run.hpp"
#include "harness/subjects.hpp"
#include "harness/workloads.hpp"
#include "limits/two_rmws.hpp"
#include "peers/mutex_deque.hpp"

namespace bench::deque_bench {
namespace {

// Ours under the peer's interface.
class ours {
 public:
  void push(std::uint64_t v) { deque_.push(v); }
  bool try_pop(std::uint64_t& out) { return give(deque_.try_pop(), out); }
  bool try_steal(std::uint64_t& out) { return give(deque_.try_steal(), out); }

 private:
  static bool give(sluice::expected<std::uint64_t, sluice::conqueue_status> answer, std::uint64_t& out) {
    if (answer) out = *answer;
    return answer.has_value();
  }
  sluice::deque<std::uint64_t> deque_;
};

// What is put is taken by the owner, or stolen.
template <class Deque, bool Steals>
class taken_from {
 public:
  taken_from(std::size_t, int) {}
  bool try_put(std::uint64_t v) { return deque_.push(v), true; }
  bool try_get(std::uint64_t& out) {
    if constexpr (Steals)
      return deque_.try_steal(out);
    else
      return deque_.try_pop(out);
  }

 private:
  Deque deque_;
};
template <class Deque>
using owned = bench::spinning<taken_from<Deque, false>>;
template <class Deque>
using stolen = bench::spinning<taken_from<Deque, true>>;

template <class Deque>
void register_deque(const char* name) {
  bench::register_pair<owned<Deque>>(name, {64});
  bench::register_pair<stolen<Deque>>(name, {64}, "pair_stolen");
  bench::register_throughput<stolen<Deque>>(name, {{1, 1}, {1, 3}}, {64}, "stolen");
}

}  // namespace
}  // namespace bench::deque_bench

int main(int argc, char** argv) {
  using namespace bench::deque_bench;
  bench::register_two_rmws();
  register_deque<ours>("deque");
  register_deque<bench::mutex_deque<std::uint64_t>>("mutex_deque");
  return bench::run(argc, argv);
}
