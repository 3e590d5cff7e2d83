// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of a push that waits at the seat of a channel without a buffer, with its element on offer there; and elements that may be
// offered, for the clients that push tokens.
#include <chan/chan_bar_properties.hpp>
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

// What a token says, without its block.
struct number {
  explicit number(int i) noexcept : v(i) {}
  number(const kit::token& t) noexcept : v(t.id()) {}  // NOLINT(google-explicit-constructor): a token to whoever pushes
  int id() const noexcept { return v; }
  int v;
};
static_assert(detail::may_be_offered<number>);

// The push gives up, and comes again; what comes first is a pop, or a stop, or both.
template <class Engine, bool Stop>
struct gives_the_offer_up {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a push that gives its seat up has moved nothing, and finds the seat vacant when it comes again";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(0);
  typename platform::stop_source stop;
  typename platform::template var<int> from_popper{0};
  bool pushed = false;
  bool popped = false;

  void thread(unsigned index) {
    if (index == 0) {
      pushed = (Stop ? c.push_or_stop(1, stop.get_token()) : c.push_until(1, platform::now())) == wait_status::success;
      if (pushed) Engine::require(from_popper.load() == 1, "what the pop's thread did before is visible to the push's");
      Engine::require(c.push(2), "an open channel accepts");
    } else {
      if constexpr (Stop) stop.request_stop();
      from_popper.store(1);
      auto got = c.pop();
      popped = got == 1;
      if (popped) got = c.pop();
      Engine::require(got == 2, "the second element comes last");
    }
  }
  void finish() { Engine::require(pushed == popped && !c.try_pop(), "what was pushed, and only that, was popped"); }
};

// The second one stands in line by hand, as a select does, and leaves; or stays, and is served before whoever comes later.
template <class Engine, bool Leaves>
struct one_stands_behind_an_offer {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Leaves ? "where a select leaves the line, a push at the seat is still met by a pop that does not wait"
             : "no push sits down in front of who is in line";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(0);
  place_in_line<platform> place{c};

  one_stands_behind_an_offer() {
    if (!Leaves) place.line_up_to_push();
  }
  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(c.push(1), "an open channel accepts");
    } else if (Leaves) {
      place.line_up_to_push();
      place.leave();
      insist(1);
    } else {
      insist(0);
      Engine::require(place.was_served(), "first come, first served");
      insist(1);
    }
  }
  void insist(int i) {
    auto got = c.try_pop();
    for (; !got; got = c.try_pop()) platform::yield();
    Engine::require(*got == i, "the elements come in the order of their pushes");
  }
  void finish() { Engine::require(!c.try_pop(), "nothing is left"); }
};

// One waits with its element, one closes, and one who has seen that it is closed pops.
template <class Engine>
struct none_comes_out_once_closed {
  using platform = typename Engine::platform;
  static constexpr const char* property = "who has seen that a channel is closed takes nothing from a push at its seat";
  static constexpr unsigned threads = 3;

  chan<int, platform> c = make_chan<int, platform>(0);
  bool pushed = false;
  bool popped = false;

  void thread(unsigned index) {
    if (index == 0) {
      pushed = c.push(1);
    } else if (index == 1) {
      c.close();
    } else {
      const bool was_closed = c.is_closed();
      popped = c.pop().has_value();
      Engine::require(!popped || !was_closed, "what is closed gives nothing");
    }
  }
  void finish() { Engine::require(pushed == popped, "what was pushed, and only that, was popped"); }
};

// One is at the seat and one lines up behind it, by hand; then the first one is taken, or withdraws.
template <class Engine, bool Taken>
struct gone_is_not_empty {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Taken ? "where at each moment a push waits, a pop that does not wait finds one though that at the seat is taken"
            : "where at each moment a push waits, a pop that does not wait finds one though that at the seat gives up";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(0);
  place_in_line<platform> place{c};

  gone_is_not_empty() { Engine::require(place.offer(1), "the seat is vacant"); }
  void thread(unsigned index) {
    if (index == 0) {
      place.line_up_to_push();
      if (Taken)
        Engine::require(c.try_pop().has_value(), "two wait, and one pop is ahead of this one at most");
      else
        place.withdraw();
    } else {
      Engine::require(c.try_pop().has_value(), "one waits");
    }
  }
  void finish() {}
};

}  // namespace sluice::models
