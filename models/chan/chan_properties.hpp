// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of chan that a plain queue does not have: the rendezvous, the line of waiters, close in between, handles.
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <clients/ring_clients.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

// One pushes, one pops, each in the way that its thread's index and the client's parameters say.
enum class way { blocking, trying, timed };

template <class Engine, std::size_t Capacity, way Push, way Pop, class T = kit::token>
struct one_meets_one {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a push and a pop that both insist meet; one that gave up has moved nothing, and the other then finds nothing";
  static constexpr unsigned threads = 2;

  chan<T, platform> c = make_chan<T, platform>(Capacity);
  bool pushed = false;
  bool popped = false;

  void thread(unsigned index) {
    if (index == 0)
      push();
    else
      pop();
  }
  void push() {
    T t(7);
    if constexpr (Push == way::trying) {
      while (c.try_push(std::move(t)) != conqueue_status::success) platform::yield();
      pushed = true;
    } else {
      pushed = Push == way::timed ? c.push_until(std::move(t), platform::now()) == wait_status::success
                                  : c.push(std::move(t));
    }
    Engine::require(pushed == (t.id() == -1), "a push that gave up leaves its argument untouched");
    if (!pushed) c.close();
  }
  void pop() {
    if constexpr (Pop == way::trying) {
      for (;;) {
        auto got = c.try_pop();
        popped = got.has_value();
        if (popped || got.error() == conqueue_status::closed) return;
        platform::yield();
      }
    } else if constexpr (Pop == way::timed) {
      auto got = c.pop_until(platform::now());
      popped = got.has_value();
      if (!popped && got.error() == wait_status::timed_out) c.close();
    } else {
      popped = c.pop().has_value();
    }
  }
  void finish() {
    if (Pop == way::timed && pushed && !popped) popped = c.try_pop().has_value();
    Engine::require(pushed == popped, "what was pushed, and only that, was popped");
  }
};

// A rendezvous has no buffer: when push returns, the pop has begun.
template <class Engine, class T = int>
struct push_returns_when_it_is_met {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a push without a buffer returns only when a pop has the element";
  static constexpr unsigned threads = 2;

  chan<T, platform> c = make_chan<T, platform>(0);
  typename platform::template var<int> from_popper{0};
  typename platform::template var<int> from_pusher{0};

  void thread(unsigned index) {
    if (index == 0) {
      from_pusher.store(1);
      Engine::require(c.push(7), "an open channel accepts");
      Engine::require(from_popper.load() == 1, "what the pop's thread did before is visible to the push's");
    } else {
      from_popper.store(1);
      Engine::require(c.pop() == 7, "the element arrives");
      Engine::require(from_pusher.load() == 1, "what the push's thread did before is visible to the pop's");
    }
  }
  void finish() {}
};

// The pop that meets a full buffer lets the push in line put its element in, and nobody passes it.
template <class Engine>
struct the_line_is_not_passed {
  using platform = typename Engine::platform;
  static constexpr const char* property = "elements of a push that had to wait come out in the order of their pushes";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(1, detail::first_lap{kit::near_the_top});

  the_line_is_not_passed() { Engine::require(c.push(0), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(c.push(1) && c.push(2), "an open channel accepts");
    } else {
      for (int i = 0; i != 2; ++i) Engine::require(c.pop() == i, "first in, first out");
    }
  }
  void finish() { Engine::require(c.pop() == 2 && !c.try_pop(), "the last element is there, and no other"); }
};

template <class Engine, std::size_t Capacity, bool Pop, class T = kit::token>
struct close_reaches_who_waits {
  using platform = typename Engine::platform;
  static constexpr const char* property = Pop ? "close ends a pop, which has seen what the closer did before"
                                              : "close ends a push, which keeps its element";
  static constexpr unsigned threads = 2;

  chan<T, platform> c = make_chan<T, platform>(Capacity);
  typename platform::template var<int> cause{0};

  close_reaches_who_waits() {
    if (!Pop && Capacity != 0) Engine::require(c.push(T(0)), "there is room to begin with");
  }
  void thread(unsigned index) {
    if (index == 0) {
      cause.store(1);
      Engine::require(c.close(), "nobody has closed it before");
    } else if (Pop) {
      Engine::require(!c.pop().has_value(), "there is no element");
      Engine::require(cause.load() == 1, "the cause is visible");
    } else {
      T t(1);
      Engine::require(!c.push(std::move(t)), "there is no room");
      Engine::require(t.id() == 1 && cause.load() == 1, "the argument is untouched, the cause visible");
    }
  }
  void finish() { Engine::require(!c.close() && c.is_closed(), "closing twice reports"); }
};

// Two in line, and a close and a pop: whoever is served and whoever is refused.
template <class Engine, std::size_t Capacity, class T = kit::token>
struct close_meets_a_pop {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a push that meets a pop and a close is accepted and popped, or refused whole";
  static constexpr unsigned threads = 3;

  chan<T, platform> c = make_chan<T, platform>(Capacity);
  bool accepted = false;
  int popped = 0;

  void thread(unsigned index) {
    if (index == 0) {
      T t(1);
      accepted = c.push(std::move(t));
      Engine::require(accepted == (t.id() == -1), "a refused push leaves its argument untouched");
    } else if (index == 1) {
      popped += int{c.pop().has_value()};
    } else {
      c.close();
    }
  }
  void finish() {
    popped += int{c.pop().has_value()};
    Engine::require(popped == int{accepted}, "exactly what was accepted came out");
  }
};

// Each thread has a handle of its own; the last to leave destroys the channel and what is in it.
template <class Engine>
struct the_last_handle_destroys {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "the last handle's end destroys the channel with its elements, whoever has it";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> mine[2];

  the_last_handle_destroys() {
    mine[0] = make_chan<kit::token, platform>(1);
    mine[1] = mine[0];
  }
  void thread(unsigned index) {
    static_cast<void>(mine[index].try_push(kit::token(1)));
    mine[index] = {};
  }
  void finish() {}
};

template <class Engine>
struct the_last_sender_closes {
  using platform = typename Engine::platform;
  static constexpr const char* property = "the end of the last sender closes, and not before its elements are in";
  static constexpr unsigned threads = 3;
  static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

  sender<int, platform> tx[2];
  receiver<int, platform> rx;
  int popped = 0;

  the_last_sender_closes() {
    auto ends = make_pipe<int, platform>(2);
    tx[0] = ends.first;
    tx[1] = std::move(ends.first);
    rx = std::move(ends.second);
  }
  void thread(unsigned index) {
    if (index == 2) {
      while (rx.pop()) ++popped;
    } else {
      Engine::require(tx[index].push(1), "a channel with a sender is open");
      tx[index] = {};
    }
  }
  void finish() { Engine::require(popped == 2, "both elements came out before closed was said"); }
};

}  // namespace sluice::models
