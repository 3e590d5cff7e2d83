// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of selects in line: with both cases on one channel, and beside a plain pop; and what a biased one never passes by.
#include <kit/client.hpp>

#include <sluice/select.hpp>

#include <cstddef>
#include <optional>

namespace sluice::models {

// A select that would push into a full channel, or pop from an empty one.
template <class Engine>
struct waits_in_both_lines {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a select in line at a full and at an empty channel is served by one of them";
  static constexpr unsigned threads = 3;

  chan<int, platform> full = make_chan<int, platform>(1);
  chan<int, platform> empty = make_chan<int, platform>(1);
  std::size_t fired = 2;
  int popped = 0;

  waits_in_both_lines() { Engine::require(full.push(0), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index == 0)
      fired =
          select_biased(on_push(full, 1), on_pop(empty, [](auto v) { Engine::require(v == 2, "the only element"); }));
    else if (index == 1)
      Engine::require(full.pop() == 0, "first in, first out");
    else
      Engine::require(empty.push(2), "there is room");
  }
  void finish() {
    const auto f = full.try_pop();
    const auto e = empty.try_pop();
    Engine::require(fired == 0 ? f && *f == 1 && e && *e == 2 : !f && !e, "what fired took effect, the other did not");
  }
};

// A select and a plain pop stand in one line.
template <class Engine, class T = int>
struct beside_a_pop {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a select and a pop in one line get an element each";
  static constexpr unsigned threads = 3;

  chan<T, platform> c = make_chan<T, platform>(0);
  chan<T, platform> idle = make_chan<T, platform>(0);
  int sum[2] = {};

  void thread(unsigned index) {
    if (index == 0)
      select_biased(on_pop(idle, [](auto) { Engine::require(false, "nobody pushes there"); }),
                    on_pop(c, [this](std::optional<T> v) { sum[0] = v.value_or(0); }));
    else if (index == 1)
      sum[1] = c.pop().value_or(0);
    else
      for (int i = 1; i <= 2; ++i) c.push(i);
  }
  void finish() { Engine::require(sum[0] + sum[1] == 3 && sum[0] != 0 && sum[1] != 0, "each got one of both"); }
};

// The first case is ready before the select begins, and nobody else is at that end of its channel. Of the second select that is not
// so: it may look at its first case before the push, and at the other one after the close that follows.
template <class Engine>
struct passes_nothing_by {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a biased select passes no case by that was ready when it began";
  static constexpr unsigned threads = 2;

  chan<int, platform> first = make_chan<int, platform>(1);
  chan<int, platform> second = make_chan<int, platform>(1);

  passes_nothing_by() { Engine::require(first.push(1), "there is room to begin with"); }
  std::size_t select_one(int wanted) {
    return select_biased(on_pop(first, [wanted](auto v) { Engine::require(v == wanted, "first in, first out"); }),
                         on_pop(second, [](auto v) { Engine::require(!v, "nobody pushes there"); }));
  }
  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(select_one(1) == 0, "the first case was ready");
      if (select_one(2) == 1) Engine::require(select_one(2) == 0, "what was pushed before the close that was seen");
    } else {
      Engine::require(first.push(2), "room comes");
      second.close();
    }
  }
  void finish() {}
};

}  // namespace sluice::models
