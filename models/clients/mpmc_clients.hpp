// SPDX-License-Identifier: BSL-1.0
#pragma once
// Clients of the ring that has close, bulk operations, answers of its own for a stalled peer, and a total order.
#include <clients/ring_clients.hpp>

namespace sluice::kit {

// Two rings, two threads: each acts on one and then looks at the other. In a total order one of them is first.
template <class Engine, template <class> class Ring>
struct rings_compose {
  static constexpr const char* property =
      "of two threads that each push into one ring and then look into the other, one finds an element";
  static constexpr unsigned threads = 2;

  Ring<int> ring[2] = {Ring<int>{1, 0}, Ring<int>{1, 0}};
  bool found_nothing[2] = {};

  void thread(unsigned index) {
    Engine::require(ring[index].try_push(int(index)) == conqueue_status::success, "there is room");
    auto got = ring[1 - index].try_pop();
    found_nothing[index] = !got && got.error() == conqueue_status::empty;
  }
  void finish() { Engine::require(!found_nothing[0] || !found_nothing[1], "not both found the other ring empty"); }
};

template <class Engine, template <class> class Ring>
struct full_rings_compose {
  static constexpr const char* property =
      "of two threads that each pop from one full ring and then push into the other, one finds room";
  static constexpr unsigned threads = 2;

  Ring<int> ring[2] = {Ring<int>{1, 0}, Ring<int>{1, 0}};
  bool found_full[2] = {};

  full_rings_compose() {
    for (auto& r : ring) Engine::require(r.try_push(7) == conqueue_status::success, "there is room to begin with");
  }
  void thread(unsigned index) {
    Engine::require(ring[index].try_pop().has_value(), "there is an element");
    found_full[index] = ring[1 - index].try_push(8) == conqueue_status::full;
  }
  void finish() { Engine::require(!found_full[0] || !found_full[1], "not both found the other ring full"); }
};

// The same through the hints that a sleeper passes wake-ups on by.
template <class Engine, template <class> class Ring, bool Empty>
struct hints_compose {
  static constexpr const char* property =
      Empty
          ? "of two threads that each push into one ring and then ask whether the other looks empty, one is told no"
          : "of two threads that each pop from one full ring and then ask whether the other looks full, one is told no";
  static constexpr unsigned threads = 2;

  Ring<int> ring[2] = {Ring<int>{1, 0}, Ring<int>{1, 0}};
  bool told_yes[2] = {};

  hints_compose() {
    for (auto& r : ring)
      if (!Empty) Engine::require(r.try_push(7) == conqueue_status::success, "there is room to begin with");
  }
  void thread(unsigned index) {
    if (Empty)
      Engine::require(ring[index].try_push(int(index)) == conqueue_status::success, "there is room");
    else
      Engine::require(ring[index].try_pop().has_value(), "there is an element");
    told_yes[index] = Empty ? ring[1 - index].looks_empty() : ring[1 - index].looks_full();
  }
  void finish() { Engine::require(!told_yes[0] || !told_yes[1], "not both were told yes"); }
};

// The same with pushes that throw: the position that each gives up is room for the other.
template <class Engine, template <class> class Ring>
struct throwing_pushes_compose {
  struct thrower {
    explicit thrower(bool now) {
      if (now) throw 1;
    }
    // NOLINTNEXTLINE(performance-noexcept-move-constructor): that a ring may not count on it is the point
    thrower(thrower&&) {}
    thrower& operator=(thrower&&) = delete;
  };
  static constexpr const char* property =
      "of two threads whose push throws in one ring and that then push into the other, one finds room";
  static constexpr unsigned threads = 2;

  Ring<thrower> ring[2] = {Ring<thrower>{1, 0}, Ring<thrower>{1, 0}};
  bool found_full[2] = {};

  void thread(unsigned index) {
    try {
      const conqueue_status s = ring[index].try_emplace(true);
      Engine::require(s == conqueue_status::busy || s == conqueue_status::full, "no success without an element");
      return;  // the other thread was here first
    } catch (int) {
    }
    found_full[index] = ring[1 - index].try_emplace(false) == conqueue_status::full;
  }
  void finish() { Engine::require(!found_full[0] || !found_full[1], "not both found the other ring full"); }
};

// Who passes over a hole puts the next element into the slot that the throwing push had begun to write.
template <class Engine, template <class> class Ring>
struct hole_is_passed_on {
  using thrower = typename throwing_pushes_compose<Engine, Ring>::thrower;
  static constexpr const char* property = "the slot of a push that threw is another's only once the throw is over";
  static constexpr unsigned threads = 2;

  Ring<thrower> ring{1, 0};

  void thread(unsigned index) {
    if (index == 0) {
      try {
        static_cast<void>(ring.try_emplace(true));
      } catch (int) {
      }
    } else if (!ring.try_pop()) {
      static_cast<void>(ring.try_emplace(false));
    }
  }
  void finish() {}
};

// The same with close, seen by is_closed, by a pop of an empty ring and by a push into a full one.
enum class closed_seen_by { is_closed, pop, push };

template <class Engine, template <class> class Ring, closed_seen_by How>
struct closes_compose {
  static constexpr const char* property =
      "of two threads that each close one ring and then ask whether the other is closed, one is told yes";
  static constexpr unsigned threads = 2;

  Ring<int> ring[2] = {Ring<int>{1, 0}, Ring<int>{1, 0}};
  bool found_open[2] = {};

  closes_compose() {
    for (auto& r : ring)
      if (How == closed_seen_by::push) Engine::require(r.try_push(7) == conqueue_status::success, "there is room");
  }
  void thread(unsigned index) {
    ring[index].close();
    auto& other = ring[1 - index];
    if constexpr (How == closed_seen_by::is_closed) found_open[index] = !other.is_closed();
    if constexpr (How == closed_seen_by::push) found_open[index] = other.try_push(8) == conqueue_status::full;
    if constexpr (How == closed_seen_by::pop) {
      auto got = other.try_pop();
      found_open[index] = !got && got.error() == conqueue_status::empty;
    }
  }
  void finish() { Engine::require(!found_open[0] || !found_open[1], "not both found the other ring open"); }
};

// A slot's release and acquire must carry a bulk claim too, across the wrap of the positions.
template <class Engine, template <class> class Ring>
struct bulk_flow {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "bulk pushes and pops move every element once, adjacent and in order, across the wrap of the positions";
  static constexpr unsigned threads = 2;

  Ring<int> ring{3, near_the_top};

  void thread(unsigned index) {
    constexpr unsigned total = 8;
    if (index == 0) {
      int in[total];
      for (unsigned i = 0; i != total; ++i) in[i] = int(i);
      for (unsigned at = 0; at != total; platform::yield()) at += unsigned(ring.try_push_n(in + at, total - at).count);
    } else {
      int next = 0;
      for (int out[2]; next != int(total); platform::yield()) {
        const auto got = ring.try_pop_n(out, 2);
        for (std::size_t i = 0; i != got.count; ++i, ++next)
          Engine::require(out[i] == next, "elements arrive in order, none missing");
      }
    }
  }
  void finish() { Engine::require(!ring.try_pop(), "the ring is empty in the end"); }
};

// Close against pushers and a popper: what was accepted comes out, nothing else, and "closed" only after it.
template <class Engine, template <class> class Ring>
struct close_loses_nothing {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "after close pushes are refused, accepted elements still come out, and closed is said only once drained";
  static constexpr unsigned threads = 4;
  static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

  Ring<token> ring{2, near_the_top};
  bool accepted[2] = {};
  bool popped[2] = {};

  void thread(unsigned index) {
    if (index < 2) {
      token t(static_cast<int>(index));
      conqueue_status s;
      while ((s = ring.try_push(std::move(t))) == conqueue_status::busy || s == conqueue_status::full)
        platform::yield();
      accepted[index] = s == conqueue_status::success;
      Engine::require(accepted[index] == (t.id() == -1), "a refused push leaves its argument untouched");
    } else if (index == 2) {
      ring.close();
      token t(7);
      Engine::require(ring.try_push(std::move(t)) == conqueue_status::closed, "the closer's own push is refused");
    } else {
      drain();
    }
  }
  void drain() {
    for (;;) {
      auto t = ring.try_pop();
      if (t)
        popped[t->id()] = true;
      else if (t.error() == conqueue_status::closed)
        return;
      else
        platform::yield();
    }
  }
  void finish() {
    for (int i = 0; i != 2; ++i) Engine::require(accepted[i] == popped[i], "exactly what was accepted came out");
  }
};

// Who is told "closed" has seen what the closer did before.
template <class Engine, template <class> class Ring, closed_seen_by How>
struct closed_is_seen_with_its_cause {
  static constexpr const char* property = "what was done before close is visible to whoever is told closed";
  static constexpr unsigned threads = 2;

  Ring<int> ring{1, 0};
  typename Engine::platform::template var<int> cause{0};

  void thread(unsigned index) {
    if (index == 0) {
      cause.store(1);
      ring.close();
    } else if (told()) {
      Engine::require(cause.load() == 1, "the cause is visible");
    }
  }
  bool told() {
    if constexpr (How == closed_seen_by::is_closed) return ring.is_closed();
    if constexpr (How == closed_seen_by::push) return ring.try_push(1) == conqueue_status::closed;
    if constexpr (How == closed_seen_by::pop) {
      auto got = ring.try_pop();
      return !got && got.error() == conqueue_status::closed;
    }
  }
  void finish() {}
};

}  // namespace sluice::kit
