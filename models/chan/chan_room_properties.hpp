// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of a channel without a bound, whose buffer holds one element here, and of operations on many elements.
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <clients/ring_clients.hpp>

#include <sluice/chan.hpp>

#include <cstddef>
#include <iterator>
#include <utility>

namespace sluice::models {

// One pushes and never waits, the others pop.
template <class Engine, int Items, unsigned Poppers>
struct unbounded_flow {
  using platform = typename Engine::platform;
  static constexpr const char* property = "what is pushed without a bound is popped once, in order, and nobody sleeps";
  static constexpr unsigned threads = 1 + Poppers;
  static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }

  chan<kit::token, platform> c = make_chan<kit::token, platform>(unbounded, 1);
  int got[Items] = {};

  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 0; i != Items; ++i) Engine::require(c.push(kit::token(i)), "an open channel accepts");
      return;
    }
    for (int i = 0, last = -1; i != Items / int(Poppers); ++i) {
      const auto t = c.pop();
      Engine::require(t.has_value() && last < t->id(), "elements come in the order of their pushes");
      last = t->id();
      ++got[last];
    }
  }
  void finish() {
    for (const int n : got) Engine::require(n == 1, "each element came once");
    Engine::require(!c.try_pop() && c.size() == 0, "nothing is left");
  }
};

// Two push; nobody pops before the end.
template <class Engine>
struct unbounded_pushes_meet {
  using platform = typename Engine::platform;
  static constexpr const char* property = "pushes without a bound do not wait for each other's elements to be popped";
  static constexpr unsigned threads = 2;
  static constexpr unsigned role(unsigned) { return 0; }

  chan<kit::token, platform> c = make_chan<kit::token, platform>(unbounded, 1);

  void thread(unsigned index) {
    for (int i = 0; i != 2; ++i) {
      const conqueue_status s = c.try_push(kit::token(int(index) * 2 + i));
      Engine::require(s == conqueue_status::success, "there is always room");
    }
  }
  void finish() {
    int next[2] = {0, 0};
    for (int i = 0; i != 4; ++i) {
      auto t = c.try_pop();
      Engine::require(t.has_value() && t->id() % 2 == next[t->id() / 2]++, "each thread's elements come in its order");
    }
    Engine::require(!c.try_pop(), "nothing is left");
  }
};

// Closed while elements are beyond the buffer.
template <class Engine>
struct unbounded_close {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "what was accepted without a bound comes out after a close, and then `closed`";
  static constexpr unsigned threads = 3;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(unbounded, 1);
  int accepted = 0;
  int popped = 0;

  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 0; i != 2; ++i) {
        kit::token t(i);
        const bool in = c.push(std::move(t));
        Engine::require(in == (t.id() == -1), "a refused push leaves its argument untouched");
        accepted += int{in};
      }
    } else if (index == 1) {
      c.close();
    } else {
      while (const auto t = c.pop()) Engine::require(t->id() == popped++, "first in, first out");
    }
  }
  void finish() { Engine::require(popped == accepted && !c.pop().has_value(), "all came out before `closed`"); }
};

// The last handle's end destroys what is in the buffer and what is beyond it.
template <class Engine>
struct unbounded_left_overs {
  using platform = typename Engine::platform;
  static constexpr const char* property = "elements beyond the buffer are destroyed with the channel";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> mine[2];

  unbounded_left_overs() {
    mine[0] = make_chan<kit::token, platform>(unbounded, 1);
    mine[1] = mine[0];
  }
  void thread(unsigned index) {
    for (int i = 0; i != 1 + int(index); ++i)
      Engine::require(mine[index].push(kit::token(i)), "an open channel accepts");
    if (index == 1) static_cast<void>(mine[index].try_pop());
    mine[index] = {};
  }
  void finish() {}
};

// Many at once, past the wrap of the positions.
template <class Engine>
struct many_at_once {
  using platform = typename Engine::platform;
  static constexpr const char* property = "many elements pushed and popped at once arrive once and in order";
  static constexpr unsigned threads = 2;
  static constexpr std::size_t total = 3;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(2, detail::first_lap{kit::near_the_top});

  void thread(unsigned index) {
    kit::token t[total] = {kit::token(0), kit::token(1), kit::token(2)};
    if (index == 0) {
      Engine::require(c.push_n(std::make_move_iterator(t), total) == total, "an open channel accepts");
      return;
    }
    for (std::size_t got = 0; got != total;) {
      const std::size_t some = c.pop_n(t, 2);
      Engine::require(some != 0, "an open channel is not drained");
      for (std::size_t i = 0; i != some; ++i, ++got) Engine::require(t[i].id() == int(got), "first in, first out");
    }
  }
  void finish() { Engine::require(!c.try_pop(), "nothing is left"); }
};

// What a close refuses of many stays where it was.
template <class Engine>
struct many_meet_a_close {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "of many elements those that a close refuses are untouched, the others come out";
  static constexpr unsigned threads = 2;
  static constexpr std::size_t total = 3;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(2);
  kit::token t[total] = {kit::token(0), kit::token(1), kit::token(2)};
  std::size_t accepted = 0;

  void thread(unsigned index) {
    if (index == 0)
      accepted = c.push_n(std::make_move_iterator(t), total);
    else
      c.close();
  }
  void finish() {
    for (std::size_t i = 0; i != total; ++i)
      Engine::require((t[i].id() == -1) == (i < accepted), "what was accepted is gone, the rest untouched");
    kit::token out[total] = {kit::token(7), kit::token(7), kit::token(7)};
    Engine::require(c.pop_n(out, total) == accepted && c.pop_n(out, total) == 0, "what was accepted came out");
  }
};

}  // namespace sluice::models
