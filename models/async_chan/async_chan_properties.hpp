// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of coroutines that pop, push, and are told of a close.
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <async_chan/started.hpp>

#include <sluice/async_chan.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace sluice::models {

// A coroutine pops, a thread or another coroutine pushes.
template <class Engine, std::size_t Capacity, bool PushesAsync>
struct coroutine_pops {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a coroutine that pops is resumed once, with the element and with what its pusher did before";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(Capacity);
  typename platform::template var<int> from_pusher{0};
  typename platform::template var<int> from_popper{0};
  int resumed = 0;
  bool pushed = false;

  void thread(unsigned index) {
    if (index == 0) {
      from_popper.store(1);
      pop();
    } else {
      from_pusher.store(1);
      if (PushesAsync)
        push();
      else
        pushed = c.push(kit::token(7)), met();
    }
  }
  started<Engine> pop() {
    const std::optional<kit::token> t = co_await c.async_pop();
    Engine::require(t.has_value() && t->id() == 7, "the element arrives");
    Engine::require(from_pusher.load() == 1, "what the pusher did before is visible");
    ++resumed;
  }
  started<Engine> push() {
    kit::token t(7);
    pushed = co_await c.async_push(std::move(t));
    Engine::require(t.id() == -1, "the element went");
    met();
  }
  void met() {
    if (Capacity == 0) Engine::require(from_popper.load() == 1, "what the popper did before is visible");
  }
  void finish() { Engine::require(resumed == 1 && pushed, "both have ended"); }
};

// A coroutine pushes where there is no room.
template <class Engine, std::size_t Capacity>
struct coroutine_pushes {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a coroutine that pushes is resumed once its element has room, in order";
  static constexpr unsigned threads = 2;
  static constexpr int inside = static_cast<int>(Capacity);

  chan<int, platform> c = make_chan<int, platform>(Capacity);
  bool done = false;

  coroutine_pushes() {
    for (int i = 0; i != inside; ++i) Engine::require(c.push(i), "there is room to begin with");
  }
  void thread(unsigned index) {
    if (index == 0)
      push();
    else
      for (int i = 0; i != inside + 1; ++i) Engine::require(c.pop() == i, "first in, first out");
  }
  started<Engine> push() {
    Engine::require(co_await c.async_push(inside), "an open channel accepts");
    done = true;
  }
  void finish() { Engine::require(done && !c.try_pop(), "all went, once"); }
};

// The coroutine has the last handle of its channel: what resumes it ends the channel and the frame.
template <class Engine>
struct frame_dies_at_once {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "who suspends touches neither its frame nor its channel once it can be resumed";
  static constexpr unsigned threads = 2;

  chan<int, platform> mine[2];
  int got = 0;

  frame_dies_at_once() { mine[0] = mine[1] = make_chan<int, platform>(0); }
  void thread(unsigned index) {
    if (index == 0) {
      pop(std::move(mine[0]));
    } else {
      Engine::require(mine[1].push(7), "an open channel accepts");
      mine[1] = {};
    }
  }
  started<Engine> pop(receiver<int, platform> rx) {
    const std::optional<int> v = co_await rx.async_pop();
    got = v.value_or(-1);
  }
  void finish() { Engine::require(got == 7, "the coroutine has ended"); }
};

// Two threads push, each into its channel, to one coroutine, which so goes on by a second thread, or a third.
template <class Engine>
struct two_resume_one {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a coroutine that waits twice is resumed once each time, by whoever serves it";
  static constexpr unsigned threads = 3;

  chan<int, platform> c[2] = {make_chan<int, platform>(0), make_chan<int, platform>(0)};
  typename platform::template var<int> sum{0};

  void thread(unsigned index) {
    if (index == 0)
      pop();
    else
      Engine::require(c[index - 1].push(static_cast<int>(index)), "an open channel accepts");
  }
  started<Engine> pop() {
    for (const auto& one : c) {
      const std::optional<int> v = co_await one.async_pop();
      sum.store(sum.load() + *v);
    }
  }
  void finish() { Engine::require(sum.load() == 3, "both elements came"); }
};

// A coroutine that waits is destroyed, beside a thread that waits behind it or before it.
template <class Engine, std::size_t Capacity>
struct gone_while_it_waits {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a coroutine that is destroyed while it waits leaves the line to the others";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(Capacity);

  void thread(unsigned index) {
    if (index == 1) {
      Engine::require(c.pop() == 7, "the element is the other thread's");
      return;
    }
    const kept<Engine> waits = pop();
    waits.handle.destroy();
    Engine::require(c.push(7), "an open channel accepts");
  }
  kept<Engine> pop() {
    static_cast<void>(co_await c.async_pop());
    Engine::require(false, "nobody pushes while it lives");
  }
  void finish() {
    Engine::require(c.try_push(1) == (Capacity == 0 ? conqueue_status::full : conqueue_status::success),
                    "nobody is in line");
  }
};

// Close, and who waits.
template <class Engine, std::size_t Capacity, bool Pop>
struct close_resumes {
  using platform = typename Engine::platform;
  static constexpr const char* property = "close resumes a coroutine, which has seen what the closer did before";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(Capacity);
  typename platform::template var<int> cause{0};
  bool done = false;

  close_resumes() {
    if (!Pop && Capacity != 0) Engine::require(c.push(kit::token(0)), "there is room to begin with");
  }
  void thread(unsigned index) {
    if (index == 0) {
      wait();
    } else {
      cause.store(1);
      c.close();
    }
  }
  started<Engine> wait() {
    if constexpr (Pop) {
      const std::optional<kit::token> t = co_await c.async_pop();
      Engine::require(!t.has_value(), "there is no element");
    } else {
      kit::token t(1);
      Engine::require(!co_await c.async_push(std::move(t)), "there is no room");
      Engine::require(t.id() == 1, "the argument is untouched");
    }
    Engine::require(cause.load() == 1, "the cause is visible");
    done = true;
  }
  void finish() { Engine::require(done, "the coroutine has ended"); }
};

}  // namespace sluice::models
