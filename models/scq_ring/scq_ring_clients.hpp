// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of scq_ring. Each client: one property, bounds in its shape. The bound on threads is
// the client's own, so that the threshold is tight.
#include <clients/ring_clients.hpp>

#include <sluice/scq_ring.hpp>

namespace sluice::models {

template <class Engine, std::size_t Threads>
struct scq_ring_subject {
  using platform = typename Engine::platform;
  template <class T>
  using base = scq_ring<T, typename platform::template allocator<T>, platform>;
  template <class T>
  struct ring : base<T> {
    ring(std::size_t capacity, std::uint64_t cycle) : base<T>(capacity, Threads, detail::first_lap{cycle}) {}
  };
};

// A ring that lets pushes fail while a pop is in flight still accepts once it is alone.
template <class Engine, template <class> class Ring>
struct alone_full_is_exact {
  static constexpr const char* property = "with no operation in flight, full and empty are exact";
  static constexpr unsigned threads = 2;
  static constexpr unsigned role(unsigned) { return 0; }

  Ring<kit::token> ring{2, kit::near_the_top};
  int inside[2] = {};

  void thread(unsigned index) {
    for (int i = 0; i != 2; ++i) {
      kit::token t(i);
      if (ring.try_push(std::move(t)) == conqueue_status::success) ++inside[index];
      if (ring.try_pop()) --inside[index];
    }
  }
  void finish() {
    const int before = inside[0] + inside[1];
    Engine::require(before >= 0 && before <= 2, "what came out had gone in");
    for (int i = before; i != 2; ++i) {
      kit::token t(i);
      Engine::require(ring.try_push(std::move(t)) == conqueue_status::success, "there is room");
    }
    kit::token t(9);
    Engine::require(ring.try_push(std::move(t)) == conqueue_status::full && t.id() == 9, "the ring is full");
    for (int i = 0; i != 2; ++i) Engine::require(ring.try_pop().has_value(), "there is an element");
    Engine::require(!ring.try_pop(), "the ring is empty");
  }
};

// A thread's own completed push cannot be missed by its pop, however others fail around it: the threshold's promise.
template <class Engine, template <class> class Ring, int Pops>
struct own_push_is_found {
  static constexpr const char* property =
      "a pop finds the element that its own thread has just pushed, while another thread's pops use up the threshold";
  static constexpr unsigned threads = 2;

  Ring<int> ring{1, 0};
  int stolen = 0;

  own_push_is_found() {
    Engine::require(ring.try_push(1) == conqueue_status::success, "there is room to begin with");
    Engine::require(ring.try_pop().has_value(), "there is an element to begin with");
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 0; i != Pops; ++i) stolen += int{ring.try_pop().has_value()};
    } else {
      const conqueue_status s = ring.try_push(2);
      Engine::require(s == conqueue_status::success, "there is room");
      found = ring.try_pop().has_value();
    }
  }
  bool found = false;
  void finish() { Engine::require(int{found} + stolen == 1, "one of them found the element"); }
};

// As many threads as the ring was promised, each with a pop under way that may use up the threshold.
template <class Engine, template <class> class Ring>
struct threshold_holds_for_every_thread {
  static constexpr const char* property =
      "with as many pops in flight as were promised, a completed push is found by one of them";
  static constexpr unsigned threads = 4;
  static constexpr unsigned role(unsigned index) { return index == 3 ? 1 : 0; }

  Ring<int> ring{1, kit::near_the_top};
  int found[threads] = {};

  threshold_holds_for_every_thread() {
    Engine::require(ring.try_push(1) == conqueue_status::success && ring.try_pop(), "a first lap");
  }
  void thread(unsigned index) {
    if (index == 3) Engine::require(ring.try_push(2) == conqueue_status::success, "there is room");
    found[index] = int{ring.try_pop().has_value()};
  }
  void finish() { Engine::require(found[0] + found[1] + found[2] + found[3] == 1, "one of them found the element"); }
};

// A dequeuer that stands between its ticket and its entry makes the next lap's dequeuer mark the entry unsafe; an
// enqueuer with that lap's ticket must then see that its dequeuer has gone by, or its index is lost.
template <class Engine>
struct unsafe_entry_is_left_alone {
  using platform = typename Engine::platform;
  static constexpr const char* property = "no index is put into an entry that its dequeuer has already passed";
  static constexpr unsigned threads = 3;

  detail::scq_index_ring<typename platform::template allocator<int>, platform> ring{2, 3, 0, {}};
  int found[threads] = {};

  unsafe_entry_is_left_alone() { ring.enqueue(0); }
  void thread(unsigned index) {
    if (index == 2) return ring.enqueue(1);
    for (int i = 0; i != (index == 0 ? 1 : 5); ++i) found[index] += int{ring.dequeue().has_value()};
  }
  void finish() {
    int all = found[0] + found[1];
    while (ring.dequeue()) ++all;
    Engine::require(all == 2, "both indices come out");
  }
};

// An enqueuer that comes to an entry from which an index was taken must see the misses that were counted before that:
// 2n tickets later, they and those since then use up the threshold. `in` and `out` set the pace: tickets 0, 4, 8 and 12
// bear an index, the three behind each miss, which is one miss more than the threshold pays for. What `out` says is
// not acquired; the ring alone may order its indices, which here are all new.
template <class Engine>
struct misses_are_passed_on {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "an index put where another was taken out is found, however many dequeues missed before it was taken";
  static constexpr unsigned threads = 2;
  static constexpr int rounds = 3;

  detail::scq_index_ring<typename platform::template allocator<int>, platform> ring{4, 1, 0, {}};
  typename platform::template atomic<int> in{0};
  typename platform::template atomic<int> out{0};

  void thread(unsigned index) {
    for (int round = 1; round <= rounds; ++round) index == 0 ? put(round) : take(round);
    if (index == 0) ring.enqueue(0);
  }
  void put(int round) {
    ring.enqueue(static_cast<std::uint64_t>(round));
    in.store(round, std::memory_order_release);
    while (out.load(std::memory_order_relaxed) != round) platform::yield();
  }
  void take(int round) {
    while (in.load(std::memory_order_acquire) != round) platform::yield();
    Engine::require(ring.dequeue().has_value(), "the index is found");
    for (int i = 0; i != 3; ++i) Engine::require(!ring.dequeue(), "nothing else is inside");
    out.store(round, std::memory_order_relaxed);
  }
  void finish() { Engine::require(ring.dequeue().has_value(), "the last index is found"); }
};

template <class Engine>
struct scq_ring_clients {
  template <class T>
  using ring2 = typename scq_ring_subject<Engine, 2>::template ring<T>;
  template <class T>
  using ring4 = typename scq_ring_subject<Engine, 4>::template ring<T>;

  struct one_to_one_capacity_1 : kit::elements_flow<Engine, ring2, {1, 1, 3, 1, kit::near_the_top}> {
    static constexpr const char* name = "one_to_one_capacity_1";
  };
  struct one_to_one_capacity_2 : kit::elements_flow<Engine, ring2, {1, 1, 6, 2, 0}> {
    static constexpr const char* name = "one_to_one_capacity_2";
  };
  struct two_to_one_capacity_3 : kit::elements_flow<Engine, ring4, {2, 1, 3, 3, kit::near_the_top}> {
    static constexpr const char* name = "two_to_one_capacity_3";
  };
  struct two_to_two_capacity_1 : kit::elements_flow<Engine, ring4, {2, 2, 2, 1, kit::near_the_top}> {
    static constexpr const char* name = "two_to_two_capacity_1";
  };
  struct two_to_two_capacity_2 : kit::elements_flow<Engine, ring4, {2, 2, 2, 2, 0}> {
    static constexpr const char* name = "two_to_two_capacity_2";
  };
  struct empty_is_no_lie : kit::empty_is_no_lie<Engine, ring2, false> {
    static constexpr const char* name = "empty_is_no_lie";
  };
  struct left_overs_are_destroyed : kit::left_overs_are_destroyed<Engine, ring2> {
    static constexpr const char* name = "left_overs_are_destroyed";
  };
  struct throwing_moves_lose_nothing : kit::throwing_moves_lose_nothing<Engine, ring4> {
    static constexpr const char* name = "throwing_moves_lose_nothing";
  };
  struct alone_full_is_exact : models::alone_full_is_exact<Engine, ring2> {
    static constexpr const char* name = "alone_full_is_exact";
    static constexpr bool by_states = true;
  };
  struct threshold_holds : threshold_holds_for_every_thread<Engine, ring4> {
    static constexpr const char* name = "threshold_holds";
  };
  struct unsafe_entry_is_left_alone : models::unsafe_entry_is_left_alone<Engine> {
    static constexpr const char* name = "unsafe_entry_is_left_alone";
  };
  struct misses_are_passed_on : models::misses_are_passed_on<Engine> {
    static constexpr const char* name = "misses_are_passed_on";
  };
  struct own_push_is_found : models::own_push_is_found<Engine, ring2, 5> {
    static constexpr const char* name = "own_push_is_found";
    static constexpr bool by_states = true;
  };
  struct threshold_used_up : models::own_push_is_found<Engine, ring2, 3> {
    static constexpr const char* name = "threshold_used_up";
    static constexpr bool by_states = true;
  };
};

}  // namespace sluice::models
