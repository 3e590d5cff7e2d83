// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of the seat of a channel without a buffer, where the first pop waits; and elements whose channels have none, so that what
// is checked of the line of pops is checked of them.
#include <utility>

#include <chan/chan_bar_properties.hpp>
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

template <class T>
struct standing;
template <>
struct standing<int> {
  standing(int i) noexcept : v(i) {}  // NOLINT(google-explicit-constructor): an int to whoever pushes,
  operator int() const noexcept { return v; }  // NOLINT(google-explicit-constructor): and to whoever pops
  int v;
};
template <>
struct standing<kit::token> : kit::token {
  using kit::token::token;
  standing(kit::token&& t) noexcept : kit::token(std::move(t)) {}  // NOLINT(google-explicit-constructor): likewise
};

}  // namespace sluice::models

template <class T>
inline constexpr bool sluice::detail::has_seat<sluice::models::standing<T>> = false;

namespace sluice::models {

// One sits, another one stands in line behind and gives up; the third one insists, without ever waiting in line.
template <class Engine>
struct one_gives_up_behind {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "where a pop in line gives up, who sits is still met by a push that does not wait";
  static constexpr unsigned threads = 3;

  chan<int, platform> c = make_chan<int, platform>(0);
  int met = 0;

  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(c.pop() == 1, "the element arrives");
      ++met;
    } else if (index == 1) {
      const auto got = c.pop_until(platform::now());
      Engine::require(!got || c.push(*got), "who got it passes it on");
    } else {
      while (c.try_push(1) != conqueue_status::success) platform::yield();
    }
  }
  void finish() { Engine::require(met == 1 && c.try_push(2) == conqueue_status::full, "each pop was met, or gave up"); }
};

// The second one stands in line by hand, as a select does, and leaves; or stays, and is served before whoever comes later.
template <class Engine, bool Leaves>
struct one_stands_beside {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Leaves ? "where a select leaves the line, who sits is still met by a push that does not wait"
             : "nobody sits down in front of who is in line";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(0);
  place_in_line<platform> place{c};
  int met = 0;

  one_stands_beside() {
    if (!Leaves) place.line_up_to_pop();
  }
  void thread(unsigned index) {
    if (index == 0) {
      met = c.pop().value_or(0);
    } else if (Leaves) {
      place.line_up_to_pop();
      place.leave();
      insist(1);
    } else {
      insist(1);
      Engine::require(place.was_served(), "first come, first served");
      insist(2);
    }
  }
  void insist(int i) {
    while (c.try_push(i) != conqueue_status::success) platform::yield();
  }
  void finish() { Engine::require(met == (Leaves ? 1 : 2), "the element arrived"); }
};

// One waits, one closes, and one who has seen that it is closed pushes.
template <class Engine>
struct none_goes_in_once_closed {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "who has seen that a channel is closed does not push into it, though a pop sits there";
  static constexpr unsigned threads = 3;

  chan<int, platform> c = make_chan<int, platform>(0);
  bool pushed = false;
  bool popped = false;

  void thread(unsigned index) {
    if (index == 0) {
      popped = c.pop().has_value();
    } else if (index == 1) {
      c.close();
    } else {
      const bool was_closed = c.is_closed();
      pushed = c.push(1);
      Engine::require(!pushed || !was_closed, "what is closed takes nothing");
    }
  }
  void finish() { Engine::require(pushed == popped, "what was pushed, and only that, was popped"); }
};

// One is at the seat of the first channel; one closes the second and meets who sits; one closes the first and asks the second.
template <class Engine, bool Push>
struct close_follows_a_meeting {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Push ? "a close that comes after a push to who sits has seen what came before that push"
           : "a close that comes after a pop from who sits has seen what came before that pop";
  static constexpr unsigned threads = 3;

  chan<int, platform> c[2] = {make_chan<int, platform>(0), make_chan<int, platform>(0)};
  bool met = false;
  bool found_open = false;

  void thread(unsigned index) {
    if (index == 0) {
      if constexpr (Push)
        static_cast<void>(c[0].pop());
      else
        static_cast<void>(c[0].push(1));
    } else if (index == 1) {
      c[1].close();
      if constexpr (Push)
        met = c[0].try_push(1) == conqueue_status::success;
      else
        met = c[0].try_pop().has_value();
    } else {
      c[0].close();
      found_open = !c[1].is_closed();
    }
  }
  void finish() { Engine::require(!met || !found_open, "the meeting was before the one close, and after the other"); }
};

// The pop gives up, and comes again; what comes first is a push, or a close, or both.
template <class Engine, bool Stop>
struct gives_the_seat_up {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a pop that gives its seat up was neither served nor refused, and finds the seat vacant when it comes again";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(0);
  typename platform::stop_source stop;
  bool pushed = false;
  int popped = 0;

  void thread(unsigned index) {
    if (index == 0) {
      if constexpr (Stop) stop.request_stop();
      pushed = c.push(kit::token(1));
      c.close();
    } else {
      const auto got = Stop ? c.pop_or_stop(stop.get_token()) : c.pop_until(platform::now());
      popped += int{got.has_value()};
      popped += int{c.pop().has_value()};
    }
  }
  void finish() { Engine::require(pushed && popped == 1, "one push, one element"); }
};

// The second one sits where the first one sat, whom it has not met.
template <class Engine>
struct sits_where_another_sat {
  using platform = typename Engine::platform;
  static constexpr const char* property = "two pops that sit one after the other get an element each";
  static constexpr unsigned threads = 3;
  static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

  chan<kit::token, platform> c = make_chan<kit::token, platform>(0);
  int got[2] = {};

  void thread(unsigned index) {
    if (index < 2) {
      const auto t = c.pop();
      Engine::require(t.has_value(), "a blocking pop of an open channel gives an element");
      got[index] = t->id();
    } else {
      for (int i = 1; i <= 2; ++i) Engine::require(c.push(kit::token(i)), "an open channel accepts");
    }
  }
  void finish() { Engine::require(got[0] + got[1] == 3 && got[0] != 0 && got[1] != 0, "each got one of both"); }
};

// Where there are several CPUs a push looks for a while for who sits down, before it lines up, and who sits looks before it sleeps.
template <class Platform>
struct on_two_cpus : Platform {
  static unsigned cpus() noexcept { return 2; }
};
template <class Engine>
struct meets_soon {
  using platform = on_two_cpus<typename Engine::platform>;
  static constexpr const char* property = "a push that looks for a pop, before it lines up, meets it once";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(0);
  bool popped = false;

  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(c.push(kit::token(1)), "an open channel accepts");
    } else {
      const auto t = c.pop();
      popped = t.has_value() && t->id() == 1;
    }
  }
  void finish() { Engine::require(popped && !c.try_pop(), "the element came once"); }
};

}  // namespace sluice::models
