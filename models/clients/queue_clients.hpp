// SPDX-License-Identifier: BSL-1.0
#pragma once
// Clients of a blocking queue: flow, close, time-outs, stop requests, throwing elements. A lost wake-up is a deadlock
// of the client. `Queue<T>` is made of a capacity and the lap to start from.
#include <clients/ring_clients.hpp>

namespace sluice::kit {

template <class Engine, template <class> class Queue, ring_shape S>
struct blocking_flow {
  static constexpr const char* property =
      "every pushed element is popped exactly once, in each producer's order, and nobody sleeps for ever";
  static constexpr unsigned threads = S.producers + S.consumers;
  static constexpr unsigned role(unsigned index) { return index < S.producers ? 0 : 1; }
  static constexpr unsigned total = S.producers * S.items;
  static_assert(total % S.consumers == 0);

  Queue<token> queue{S.capacity, S.first_lap};
  unsigned seen[total] = {};

  void thread(unsigned index) {
    if (index < S.producers) {
      for (unsigned i = 0; i != S.items; ++i)
        Engine::require(queue.push(token(static_cast<int>(index * S.items + i))), "an open queue accepts");
      return;
    }
    int last[S.producers];
    for (int& l : last) l = -1;
    for (unsigned i = 0; i != total / S.consumers; ++i) {
      const auto t = queue.pop();
      Engine::require(t.has_value(), "a blocking pop of an open queue gives an element");
      const int id = t->id();
      Engine::require(id >= 0 && id < static_cast<int>(total), "a popped element is one that was pushed");
      Engine::require(++seen[id] == 1, "no element is popped twice");
      int& before = last[static_cast<unsigned>(id) / S.items];
      Engine::require(before < id, "elements of one producer are popped in its order");
      before = id;
    }
  }
  void finish() {
    for (const unsigned n : seen) Engine::require(n == 1, "every element was popped");
    Engine::require(!queue.try_pop(), "the queue is empty in the end");
  }
};

template <class Engine, template <class> class Queue, unsigned Poppers = 2>
struct close_wakes_poppers {
  static constexpr const char* property = "close wakes every blocked popper, and one element goes to exactly one";
  static constexpr unsigned threads = Poppers + 2;
  static constexpr unsigned role(unsigned index) { return index < Poppers ? 0 : index; }

  Queue<token> queue{2, 0};
  int got[Poppers] = {};
  bool accepted = false;

  void thread(unsigned index) {
    if (index < Poppers)
      got[index] = queue.pop().has_value() ? 1 : 0;
    else if (index == Poppers)
      accepted = queue.push(token(1));
    else
      queue.close();
  }
  void finish() {
    int all = 0;
    for (const int g : got) all += g;
    Engine::require(all == int{accepted}, "exactly what was accepted came out");
    Engine::require(!queue.pop().has_value(), "a closed and drained queue gives nothing");
  }
};

template <class Engine, template <class> class Queue, unsigned Pushers = 2>
struct close_wakes_pushers {
  static constexpr const char* property =
      "close wakes every blocked pusher; refused ones keep their elements, accepted ones come out";
  static constexpr unsigned threads = Pushers + 2;
  static constexpr unsigned role(unsigned index) { return index < Pushers ? 0 : index; }

  Queue<token> queue{1, near_the_top};
  bool accepted[Pushers] = {};
  int popped = 0;

  close_wakes_pushers() { Engine::require(queue.push(token(7)), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index < Pushers) {
      token t(static_cast<int>(index));
      accepted[index] = queue.push(std::move(t));
      Engine::require(accepted[index] == (t.id() == -1), "a refused push leaves its argument untouched");
    } else if (index == Pushers) {
      queue.close();
    } else {
      Engine::require(queue.pop().has_value(), "an element accepted before close comes out");
      ++popped;
    }
  }
  void finish() {
    while (queue.pop()) ++popped;
    int all = 1;
    for (const bool a : accepted) all += int{a};
    Engine::require(popped == all, "exactly what was accepted came out");
    Engine::require(queue.is_closed() && !queue.push(token(8)), "a closed queue refuses");
  }
};

// Two workers until the queue is closed and drained: the way a queue is used.
template <class Engine, template <class> class Queue, std::size_t Capacity>
struct workers_drain_and_stop {
  static constexpr const char* property = "workers that pop until closed get every accepted element, and all end";
  static constexpr unsigned threads = 4;
  static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

  Queue<token> queue{Capacity, 0};
  int got[2] = {};
  int accepted = 0;

  void thread(unsigned index) {
    if (index < 2) {
      while (queue.pop()) ++got[index];
    } else if (index == 2) {
      for (int i = 0; i != 2; ++i) accepted += int{queue.push(token(i))};
    } else {
      queue.close();
    }
  }
  void finish() { Engine::require(got[0] + got[1] == accepted, "exactly what was accepted came out"); }
};

// A timed (or stoppable) pop competes with a plain one for a single element. If it gets the element it puts it back:
// so the plain pop must end, whichever of them a wake-up had reached.
template <class Engine, template <class> class Queue, bool Stop>
struct giving_up_swallows_no_wake_up {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Stop ? "a stop request that races with an element loses neither the element nor another's wake-up"
           : "a time-out that races with an element loses neither the element nor another's wake-up";
  static constexpr unsigned threads = Stop ? 4 : 3;

  Queue<token> queue{1, 0};
  typename platform::stop_source stop;
  bool arrived = false;

  void thread(unsigned index) {
    if (index == 0) {
      auto t = Stop ? queue.pop_or_stop(stop.get_token()) : queue.pop_until(platform::now());
      if (t) Engine::require(queue.push(std::move(*t)), "an open queue accepts");
    } else if (index == 1) {
      arrived = queue.pop().has_value();
    } else if (index == 2) {
      Engine::require(queue.push(token(1)), "an open queue accepts");
    } else {
      stop.request_stop();
    }
  }
  void finish() { Engine::require(arrived && !queue.try_pop(), "the element arrived, once"); }
};

// The mirror image at a full queue.
template <class Engine, template <class> class Queue, bool Stop>
struct giving_up_pushes_keeps_the_element {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Stop ? "a push that is stopped keeps its element, and another's wake-up is not lost with it"
           : "a push that times out keeps its element, and another's wake-up is not lost with it";
  static constexpr unsigned threads = Stop ? 4 : 3;

  Queue<token> queue{1, 0};
  typename platform::stop_source stop;
  bool pushed = false;
  int popped = 0;

  giving_up_pushes_keeps_the_element() { Engine::require(queue.push(token(7)), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index == 0) {
      token t(0);
      const bool in = succeeded(Stop ? queue.push_or_stop(std::move(t), stop.get_token())
                                     : queue.push_until(std::move(t), platform::now()));
      Engine::require(in == (t.id() == -1), "a push that gave up leaves its argument untouched");
      pushed = in;
      if (in) popped += int{queue.pop().has_value()};
    } else if (index == 1) {
      Engine::require(queue.push(token(1)), "an open queue accepts");
    } else if (index == 2) {
      Engine::require(queue.pop().has_value(), "there is an element");
    } else {
      stop.request_stop();
    }
  }
  template <class Status>
  static bool succeeded(Status s) {
    return s == Status::success;
  }
  void finish() {
    while (queue.try_pop()) ++popped;
    Engine::require(popped == 1 + int{pushed}, "what went in and only that came out");
  }
};

// One thread's push throws; the other's may have found its slot taken, and must not sleep beside the room.
template <class Engine, template <class> class Queue>
struct throwing_push_makes_room {
  struct thrower {
    explicit thrower(bool now) {
      if (now) throw 1;
    }
    // NOLINTNEXTLINE(performance-noexcept-move-constructor): that a queue may not count on it is the point
    thrower(thrower&&) {}
    thrower& operator=(thrower&&) = delete;
  };
  static constexpr const char* property = "a push that waits for the place of one whose element throws gets it";
  static constexpr unsigned threads = 2;

  Queue<thrower> queue{1, 0};

  void thread(unsigned index) {
    if (index == 1) {
      Engine::require(queue.emplace(false), "an open queue accepts");
    } else {
      try {
        Engine::require(queue.try_emplace(true) != conqueue_status::success, "no success without an element");
      } catch (int) {
      }
    }
  }
  void finish() { Engine::require(queue.try_pop().has_value(), "the other one's element is inside"); }
};

// A push whose element throws gives up a position that others may be waiting at, asleep.
template <class Engine, template <class> class Queue>
struct throwing_push_wakes_the_others {
  static constexpr const char* property = "a push whose element throws leaves nobody asleep beside an element or room";
  static constexpr unsigned threads = 4;
  static constexpr unsigned role(unsigned index) { return index / 2; }

  Queue<fragile<Engine>> queue{1, 0};

  void thread(unsigned index) {
    if (index < 2)
      push_until_in(static_cast<int>(index));
    else
      consume();
  }
  void push_until_in(int id) {
    for (;;) {
      try {
        queue.push(fragile<Engine>(id));
        return;
      } catch (int) {
      }
    }
  }
  void consume() {
    try {
      Engine::require(queue.pop().has_value(), "a blocking pop of an open queue gives an element");
    } catch (int) {
    }
  }
  void finish() { Engine::require(!queue.try_pop(), "two were deposited and two popped"); }
};

}  // namespace sluice::kit
