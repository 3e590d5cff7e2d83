// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of selects in line: with both cases on one channel, and beside a plain pop.
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
template <class Engine>
struct beside_a_pop {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a select and a pop in one line get an element each";
  static constexpr unsigned threads = 3;

  chan<int, platform> c = make_chan<int, platform>(0);
  chan<int, platform> idle = make_chan<int, platform>(0);
  int sum[2] = {};

  void thread(unsigned index) {
    if (index == 0)
      select_biased(on_pop(idle, [](auto) { Engine::require(false, "nobody pushes there"); }),
                    on_pop(c, [this](std::optional<int> v) { sum[0] = v.value_or(0); }));
    else if (index == 1)
      sum[1] = c.pop().value_or(0);
    else
      for (int i = 1; i <= 2; ++i) c.push(i);
  }
  void finish() { Engine::require(sum[0] + sum[1] == 3 && sum[0] != 0 && sum[1] != 0, "each got one of both"); }
};

}  // namespace sluice::models
