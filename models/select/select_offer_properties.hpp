// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of a select beside a push that waits at the seat of a channel without a buffer.
#include <chan/chan_bar_properties.hpp>
#include <chan/chan_seat_properties.hpp>
#include <kit/client.hpp>

#include <sluice/select.hpp>

#include <cstddef>
#include <span>

namespace sluice::models {

enum class cases_in { call, array, call_with_otherwise };

// At the first channel one push is on offer and one lines up behind it, by hand, before the offer is taken. The second one has an element,
// or the select has an `otherwise`.
template <class Engine, cases_in In>
struct passes_no_offer_by {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a select passes by no case at which a push waits at each moment, first at the seat and then in line";
  static constexpr unsigned threads = 2;
  static constexpr bool beside_an_element = In != cases_in::call_with_otherwise;

  chan<int, platform> first = make_chan<int, platform>(0);
  chan<int, platform> second = make_chan<int, platform>(1);
  place_in_line<platform> place{first};

  passes_no_offer_by() {
    Engine::require(place.offer(1), "the seat is vacant");
    if (beside_an_element) Engine::require(second.push(2), "there is room to begin with");
  }
  void thread(unsigned index) {
    if (index == 0) {
      place.line_up_to_push();
      Engine::require(first.try_pop().has_value(), "two wait, and one select is ahead of this pop at most");
    } else {
      Engine::require(select_one() == 0, "the first case was ready");
    }
  }
  std::size_t select_one() {
    const auto take = [](auto v) { Engine::require(v.has_value(), "nothing is closed"); };
    if constexpr (In == cases_in::array) {
      any_case<platform> cases[] = {on_pop(first, take), on_pop(second, take)};
      return select_biased(std::span(cases));
    } else if constexpr (In == cases_in::call_with_otherwise) {
      return select_biased(on_pop(first, take), on_pop(second, take), otherwise());
    } else {
      return select_biased(on_pop(first, take), on_pop(second, take));
    }
  }
  void finish() {}
};

// Where there are several CPUs a select that expects a push at the seat looks for it for a while before it lines up.
template <class Engine>
struct finds_an_offer_soon {
  using platform = on_two_cpus<typename Engine::platform>;
  static constexpr const char* property = "a select that looks for a push, before it lines up, meets it once";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(0);
  int got = 0;

  finds_an_offer_soon() {
    place_in_line<platform> place{c};
    Engine::require(place.offer(1) && place.withdraw(), "the seat is vacant, and vacant again");
  }
  void thread(unsigned index) {
    if (index == 0)
      Engine::require(c.push(1), "an open channel accepts");
    else
      select_biased(on_pop(c, [this](auto v) { got += v.value_or(0); }));
  }
  void finish() { Engine::require(got == 1 && !c.try_pop(), "the element came once"); }
};

}  // namespace sluice::models
