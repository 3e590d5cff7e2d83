// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of the marks of a channel without a buffer, which say to who has no lock that somebody is in line, and which stay after
// the last one was served until somebody looks in vain.
#include <kit/client.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

// The first thread insists, without ever waiting in line; the second one waits, twice, in which time the mark may stay, be lifted and
// be set again. `GivesUp`: the first of its two waits may end because its time is up, and lifts the mark itself.
template <class Engine, bool Push, bool GivesUp, class T = int>
struct marked_whenever_in_line {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Push ? "a push that does not wait meets each pop in line, though there was nobody in line before"
           : "a pop that does not wait meets each push in line, though there was nobody in line before";
  static constexpr unsigned threads = 2;

  chan<T, platform> c = make_chan<T, platform>(0);
  int moved = 0;

  void thread(unsigned index) {
    if (index == 0)
      insist();
    else
      wait();
  }
  void insist() {
    constexpr int times = GivesUp ? 1 : 2;
    for (int i = 1; i <= times; ++i) {
      if constexpr (Push)
        while (c.try_push(i) != conqueue_status::success) platform::yield();
      else
        while (!pop_is(c.try_pop(), i)) platform::yield();
    }
  }
  void wait() {
    if constexpr (GivesUp) {
      if constexpr (Push) {
        if (pop_is(c.pop_until(platform::now()), 1)) return;
      } else {
        if (c.push_until(1, platform::now()) == wait_status::success) return;
      }
      if constexpr (Push)
        pop_is(c.pop(), 1);
      else
        c.push(1);
    } else {
      for (int i = 1; i <= 2; ++i) {
        if constexpr (Push)
          pop_is(c.pop(), i);
        else
          c.push(i);
      }
    }
  }
  // Whether something came, which then has to be that.
  template <class Popped>
  bool pop_is(const Popped& got, int which) {
    if (!got.has_value()) return false;
    Engine::require(*got == which, "what is pushed first comes first");
    ++moved;
    return true;
  }
  void finish() { Engine::require(moved == (GivesUp ? 1 : 2), "each push was met by one pop"); }
};

}  // namespace sluice::models
