// SPDX-License-Identifier: BSL-1.0
// Clients that must fail under Relacy: structures broken on purpose, one fault each. A check that cannot fail is none.
#include <clients/queue_clients.hpp>
#include <kit/relacy/run.hpp>

#include <sluice/bounded_queue.hpp>
#include <sluice/mpmc_ring.hpp>
#include <sluice/scq_ring.hpp>

namespace {

using engine = sluice::relacy::engine;
using platform = engine::platform;
using sluice::conqueue_status;

enum class fault { announces_first, looks_once, forgets_the_others };

// A blocking queue as it is often written, from the ring and the event count that ship.
template <class T, fault Fault>
class broken_queue {
 public:
  broken_queue(std::size_t capacity, std::uint64_t lap) : ring_(capacity, sluice::detail::first_lap{lap}) {}

  bool push(T&& v) {
    if (Fault == fault::announces_first) sleepers_.notify_one();
    while (ring_.try_push(std::move(v)) != conqueue_status::success) platform::yield();
    if (Fault != fault::announces_first) announce();
    return true;
  }

  std::optional<T> pop() {
    for (;;) {
      std::optional<T> out = attempt();
      if (out) return out;
      const auto key = sleepers_.prepare();
      if (Fault != fault::looks_once && (out = attempt())) return out;
      static_cast<void>(sleepers_.wait(key, platform::no_deadline, {}));
    }
  }
  sluice::expected<T, conqueue_status> try_pop() { return ring_.try_pop(); }

 private:
  void announce() {
    platform::fence_light();
    sleepers_.notify_one();
  }
  std::optional<T> attempt() {
    platform::fence_heavy();
    std::optional<T> out;
    static_cast<void>(ring_.try_consume([&out](T&& v) noexcept { out.emplace(std::move(v)); }));
    return out;
  }
  sluice::mpmc_ring<T, std::allocator<T>, platform> ring_;
  sluice::detail::event_count<platform> sleepers_;
};

template <class T>
using announces_first_queue = broken_queue<T, fault::announces_first>;
template <class T>
using looks_once_queue = broken_queue<T, fault::looks_once>;
template <class T>
using forgets_the_others_queue = broken_queue<T, fault::forgets_the_others>;

struct announcing_before_publishing : sluice::kit::blocking_flow<engine, announces_first_queue, {1, 1, 1, 1, 0}> {
  static constexpr const char* name = "announcing_before_publishing_loses_the_wake_up";
};
struct sleeping_without_a_second_look : sluice::kit::blocking_flow<engine, looks_once_queue, {1, 1, 1, 1, 0}> {
  static constexpr const char* name = "sleeping_without_a_second_look_loses_the_wake_up";
};
// Push ticket 1 is filled before ticket 0; its wake-up meets an unfinished head and is spent. Nobody hands it on.
struct waking_one_without_passing_it_on
    : sluice::kit::blocking_flow<engine, forgets_the_others_queue, {2, 2, 1, 2, 0}> {
  static constexpr const char* name = "waking_one_without_passing_it_on_leaves_one_asleep";
};

// scq_ring's threshold counts on max_threads: three pops in flight use it up where one was promised.
struct more_threads_than_promised {
  static constexpr const char* name = "more_threads_in_scq_ring_than_promised_hide_an_element";
  static constexpr const char* property = "a thread's own completed push is found by somebody";
  static constexpr unsigned threads = 4;

  sluice::scq_ring<int, std::allocator<int>, platform> ring{1, 1};
  int found[threads] = {};

  more_threads_than_promised() {
    engine::require(ring.try_push(1) == conqueue_status::success && ring.try_pop(), "a first lap");
  }
  void thread(unsigned index) {
    if (index == 3) engine::require(ring.try_push(2) == conqueue_status::success, "there is room");
    found[index] = ring.try_pop() ? 1 : 0;
  }
  void finish() { engine::require(found[0] + found[1] + found[2] + found[3] == 1, "somebody found the element"); }
};

// Not broken: the price that scq_ring's header states. Its "full" counts the place that a pop in flight still holds.
template <class T>
struct scq_of_two_threads : sluice::scq_ring<T, std::allocator<T>, platform> {
  scq_of_two_threads(std::size_t capacity, std::uint64_t)
      : sluice::scq_ring<T, std::allocator<T>, platform>(capacity, 2) {}
};
struct full_of_scq_ring_is_not_linearizable : sluice::kit::empty_is_not_full<engine, scq_of_two_threads> {
  static constexpr const char* name = "full_of_scq_ring_is_not_linearizable";
};

}  // namespace

int main(int argc, char** argv) {
  return sluice::relacy::shared_main_of(
      "wrong",
      sluice::relacy::entries<announcing_before_publishing, sleeping_without_a_second_look,
                              waking_one_without_passing_it_on, more_threads_than_promised,
                              full_of_scq_ring_is_not_linearizable>(),
      argc, argv);
}
