// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of a channel of signals, which counts them: what threads did before and after a signal stands in plain data.
#include <kit/client.hpp>

#include <chan/chan_bar_properties.hpp>

#include <sluice/chan.hpp>

#include <atomic>
#include <cstddef>

namespace sluice::models {

// A push is the lock, a pop the unlock; one of the two threads tries.
template <class Engine, bool Tries>
struct signals_lock {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "who pushes into the room that a pop made has seen what was done before the pop";
  static constexpr unsigned threads = 2;
  static constexpr unsigned role(unsigned) { return 0; }

  chan<void, platform> c = make_chan<void, platform>(1, detail::first_lap{kit::near_the_top});
  typename platform::template var<int> inside{0};

  void thread(unsigned index) {
    for (int i = 0; i != (Tries ? 2 : 1); ++i) {
      const bool in = Tries ? c.try_push() == conqueue_status::success : c.push();
      if (!in) continue;
      Engine::require(inside.load() == 0, "one at a time");
      inside.store(int(index) + 1);
      inside.store(0);
      Engine::require(c.try_pop().has_value(), "the signal is still there");
    }
  }
  void finish() {}
};

// What each push brings is there when it is popped, past the wrap of the positions.
template <class Engine>
struct signals_carry {
  using platform = typename Engine::platform;
  static constexpr const char* property = "who pops a signal has seen what was done before its push";
  static constexpr unsigned threads = 2;

  chan<void, platform> c = make_chan<void, platform>(2, detail::first_lap{kit::near_the_top});
  typename platform::template var<int> made[3] = {{0}, {0}, {0}};

  void thread(unsigned index) {
    for (int i = 0; i != 3; ++i) {
      if (index == 0) {
        made[i].store(i);
        Engine::require(c.push(), "an open channel accepts");
      } else {
        Engine::require(c.pop().has_value() && made[i].load() == i, "it was made before");
      }
    }
  }
  void finish() { Engine::require(!c.try_pop(), "nothing is left"); }
};

// A pop lets a push in line put its signal in, and another pop takes it.
template <class Engine>
struct signal_from_the_line {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "who pops the signal of a push that stood in line has seen what was done before it";
  static constexpr unsigned threads = 3;

  chan<void, platform> c = make_chan<void, platform>(1);
  typename platform::template var<int> made{0};
  typename platform::template atomic<int> first_is_gone{0};

  signal_from_the_line() { Engine::require(c.push(), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index == 0) {
      made.store(1);
      Engine::require(c.push(), "an open channel accepts");
    } else if (index == 1) {
      Engine::require(c.pop().has_value(), "there is a signal");
      first_is_gone.store(1, std::memory_order_relaxed);
    } else if (first_is_gone.load(std::memory_order_relaxed) == 1) {
      Engine::require(c.pop().has_value() && made.load() == 1, "it was made before");
    }
  }
  void finish() {}
};

// A pop lets a push in line put its signal in, beside a push that needs no lock. (Counted wrongly once: the words were
// moved one after the other, and between the two the free push found room, which the second move then took back.)
template <class Engine, bool Unbounded>
struct signals_are_counted {
  using platform = typename Engine::platform;
  static constexpr const char* property = "as many signals come out as went in";
  static constexpr unsigned threads = 3;

  chan<void, platform> c = Unbounded ? make_chan<void, platform>(unbounded, 1)
                                     : make_chan<void, platform>(1, detail::first_lap{kit::near_the_top});

  signals_are_counted() { Engine::require(c.push(), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index == 0)
      Engine::require(c.push(), "an open channel accepts");
    else if (index == 1 || c.try_push() == conqueue_status::success)
      Engine::require(c.pop().has_value(), "there is a signal");
  }
  void finish() {
    Engine::require(c.try_pop().has_value(), "each that went in comes out");
    Engine::require(!c.try_pop(), "and no other");
  }
};

// Two pushes into the room that two pops made, or two pops of what two pushes brought: one may go by what the other one noted of
// the pops' word, and come first.
template <class Engine, bool Pushes>
struct signals_go_by_a_note {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Pushes ? "who pushes into room that another push noted has seen what was done before the pop"
             : "who pops a signal that another pop noted has seen what was done before its push";
  static constexpr unsigned threads = 3;
  static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }

  chan<void, platform> c = make_chan<void, platform>(2, detail::first_lap{kit::near_the_top});
  typename platform::template var<int> made{0};

  signals_go_by_a_note() {
    for (int i = 0; Pushes && i != 2; ++i) Engine::require(c.push(), "there is room to begin with");
  }
  void thread(unsigned index) {
    const bool pushes = Pushes == (index != 0);
    if (index == 0) made.store(1);
    for (int i = 0; i != (index == 0 ? 2 : 1); ++i) {
      const bool done = pushes ? c.try_push() == conqueue_status::success : c.try_pop().has_value();
      if (index == 0)
        Engine::require(done, "two are there, or two fit");
      else if (done)
        Engine::require(made.load() == 1, "it was made before");
    }
  }
  void finish() {}
};

// One pushes; the other stands in line to push beside it, and pops.
template <class Engine>
struct signal_before_the_line {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "who pops a signal and lets one in has seen what was done before the one it popped";
  static constexpr unsigned threads = 2;

  chan<void, platform> c = make_chan<void, platform>(1);
  place_in_line<platform, void> place{c};
  typename platform::template var<int> made{0};

  void thread(unsigned index) {
    if (index == 0) {
      made.store(1);
      Engine::require(c.push(), "there is room");
    } else if (place.line_up_to_push()) {
      Engine::require(c.pop().has_value() && made.load() == 1, "it was made before");
    }
  }
  void finish() {}
};

// Who stands in line pops, or pushes, itself: and has seen what the other did.
template <class Engine, bool Pop>
struct signal_in_line {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Pop ? "who pops while in line to push has seen what was done before the push"
          : "who pops what was pushed while in line to pop has seen what was done before, and the other way round";
  static constexpr unsigned threads = 2;

  chan<void, platform> c = make_chan<void, platform>(1);
  place_in_line<platform, void> place{c};
  typename platform::template var<int> made{0};

  signal_in_line() {
    if (!Pop) Engine::require(c.push(), "there is room to begin with");
  }
  void thread(unsigned index) {
    if (Pop && index == 0) {
      if (place.pop_while_in_line()) made.store(2);
    } else if (Pop) {
      made.store(1);
      Engine::require(c.try_push() == conqueue_status::success, "there is room");
    } else if (index == 0) {
      if (place.push_while_in_line()) made.store(2);
    } else {
      made.store(1);
      Engine::require(c.try_pop().has_value(), "there is a signal");
    }
  }
  void finish() { place.leave(); }
};

}  // namespace sluice::models
