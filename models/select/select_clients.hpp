// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of select. Each client: one property, bounds in its shape. The cases are tried in order here
// (select_biased): which one chance would try first, the schedules decide.
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <chan/chan_seat_properties.hpp>
#include <select/select_line_properties.hpp>
#include <select/select_offer_properties.hpp>

#include <sluice/select.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace sluice::models {

// Two selects that meet on either of two channels, which they name in opposite orders.
template <class Engine, std::size_t Capacity>
struct opposite_orders {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "two selects over the same channels in opposite orders fire once each, and wait neither for ever nor in a circle";
  static constexpr unsigned threads = 2;

  chan<kit::token, platform> c[2] = {make_chan<kit::token, platform>(Capacity),
                                     make_chan<kit::token, platform>(Capacity)};
  int got = 0;
  int sent = 0;

  void thread(unsigned index) {
    if (index == 0) {
      kit::token t[2] = {kit::token(0), kit::token(1)};
      const std::size_t fired = select_biased(on_push(c[0], std::move(t[0])), on_push(c[1], std::move(t[1])));
      sent = int(fired) + 1;
      Engine::require(t[fired].id() == -1 && t[1 - fired].id() != -1, "the element of one case went, the other stayed");
    } else {
      const auto take = [this](int from) {
        return [this, from](std::optional<kit::token> t) {
          Engine::require(t.has_value() && t->id() == from, "the element is the one of its channel");
          got = from + 1;
        };
      };
      select_biased(on_pop(c[1], take(1)), on_pop(c[0], take(0)));
    }
  }
  void finish() {
    Engine::require(sent != 0 && sent == got, "one element went, by the channel where it arrived");
    for (auto& one : c) Engine::require(!one.try_pop().has_value(), "nothing else is there");
  }
};

// Each of two selects offers to push into one channel or to pop from the other.
template <class Engine>
struct push_or_pop {
  using platform = typename Engine::platform;
  static constexpr const char* property = "of two selects that each would push or pop, one pushes and the other pops";
  static constexpr unsigned threads = 2;

  chan<int, platform> c[2] = {make_chan<int, platform>(0), make_chan<int, platform>(0)};
  bool pushed[2] = {};

  void thread(unsigned index) {
    const std::size_t fired = select_biased(on_push(c[index], int(index)), on_pop(c[1 - index], [&](auto v) {
                                              Engine::require(v == int(1 - index), "the peer's element");
                                            }));
    pushed[index] = fired == 0;
  }
  void finish() { Engine::require(pushed[0] != pushed[1], "one pushed and one popped"); }
};

// A select that could push and pop on one channel does not meet itself.
template <class Engine, bool Push>
struct not_with_itself {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a select with both directions of one channel meets another thread, not itself";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(0);
  std::size_t fired = 2;

  void thread(unsigned index) {
    if (index == 0)
      fired = select_biased(on_push(c, 1), on_pop(c, [](auto v) { Engine::require(v == 2, "the peer's element"); }));
    else if (Push)
      Engine::require(c.push(2), "an open channel accepts");
    else
      Engine::require(c.pop() == 1, "the select's element");
  }
  void finish() { Engine::require(fired == (Push ? 1 : 0), "the case that the peer needs fired"); }
};

// Two pushers, one select that takes one element: the other pusher is met by a pop afterwards.
template <class Engine, std::size_t Capacity>
struct takes_one_of_two {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a select takes one element; the losing case leaves its channel as it was";
  static constexpr unsigned threads = 3;

  chan<int, platform> c[2] = {make_chan<int, platform>(Capacity), make_chan<int, platform>(Capacity)};

  void thread(unsigned index) {
    if (index < 2) {
      Engine::require(c[index].push(int(index)), "an open channel accepts");
      return;
    }
    const std::size_t fired = select_biased(on_pop(c[0], [](auto v) { Engine::require(v == 0, "from the first"); }),
                                            on_pop(c[1], [](auto v) { Engine::require(v == 1, "from the second"); }));
    Engine::require(c[1 - fired].pop() == int(1 - fired), "the other element is still there");
  }
  void finish() {
    for (auto& one : c)
      Engine::require(one.try_push(3) == (Capacity == 0 ? conqueue_status::full : conqueue_status::success),
                      "no pop is in line");
  }
};

// The same channel in two cases.
template <class Engine, std::size_t Capacity>
struct one_channel_twice {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a channel in two cases of a select gives it one element";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(Capacity);
  int got = 0;

  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(c.push(1), "an open channel accepts");
    } else {
      const auto take = [this](auto v) { got += *v; };
      select_biased(on_pop(c, take), on_pop(c, take));
    }
  }
  void finish() { Engine::require(got == 1 && !c.try_pop(), "it came once"); }
};

enum class giving_up { by_time, by_stop, by_close };

// One push, and a select that may end otherwise.
template <class Engine, std::size_t Capacity, giving_up How>
struct ends_otherwise {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      How == giving_up::by_time   ? "a select that times out has taken nothing, and one that takes has not timed out"
      : How == giving_up::by_stop ? "a select that is stopped has taken nothing, and one that takes was not stopped"
                                  : "a select that is told of a close has taken nothing, and loses no element";
  static constexpr unsigned threads = How == giving_up::by_time ? 2 : 3;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(Capacity);
  chan<int, platform> other = make_chan<int, platform>(0);
  typename platform::stop_source stop;
  bool pushed = false;
  bool popped = false;

  void thread(unsigned index) {
    if (index == 0)
      look();
    else if (index == 1)
      pushed =
          Capacity == 0 ? c.push_until(kit::token(1), platform::now()) == wait_status::success : c.push(kit::token(1));
    else if (How == giving_up::by_stop)
      stop.request_stop();
    else
      other.close();
  }
  void look() {
    const auto take = [this](std::optional<kit::token> t) { popped = t.has_value(); };
    const auto told = [](std::optional<int> v) { Engine::require(!v.has_value(), "nobody pushes here"); };
    if constexpr (How == giving_up::by_time)
      select_biased(on_pop(other, told), on_pop(c, take), until(platform::now()));
    else if constexpr (How == giving_up::by_stop)
      select_biased(on_pop(other, told), on_pop(c, take), on_stop(stop.get_token()));
    else
      select_biased(on_pop(other, told), on_pop(c, take));
  }
  void finish() {
    if (Capacity != 0 && !popped) popped = c.try_pop().has_value();
    Engine::require(pushed == popped, "what was pushed, and only that, was popped");
  }
};

// At every instant one of the two holds the element: `otherwise` would be a lie.
template <class Engine, std::size_t Capacity>
struct otherwise_is_no_lie {
  using platform = typename Engine::platform;
  static constexpr const char* property = "otherwise does not fire while at every instant some case is ready";
  static constexpr unsigned threads = 2;

  chan<int, platform> c[2] = {make_chan<int, platform>(Capacity), make_chan<int, platform>(Capacity)};
  bool found = false;

  otherwise_is_no_lie() { Engine::require(c[1].push(1), "there is room to begin with"); }
  void thread(unsigned index) {
    if (index == 0) {
      Engine::require(c[0].push(0), "there is room");
      Engine::require(c[1].try_pop().has_value() || true, "the select may have been faster");
    } else {
      const auto take = [this](auto v) { found = v.has_value(); };
      select_biased(on_pop(c[0], take), on_pop(c[1], take), otherwise());
    }
  }
  void finish() { Engine::require(found, "the select found an element"); }
};

template <class Engine>
struct select_clients {
  struct opposite_orders_rendezvous : opposite_orders<Engine, 0> {
    static constexpr const char* name = "opposite_orders_rendezvous";
  };
  struct push_or_pop_rendezvous : push_or_pop<Engine> {
    static constexpr const char* name = "push_or_pop_rendezvous";
  };
  struct not_with_itself_pop : not_with_itself<Engine, true> {
    static constexpr const char* name = "not_with_itself_pop";
  };
  struct not_with_itself_push : not_with_itself<Engine, false> {
    static constexpr const char* name = "not_with_itself_push";
  };
  struct takes_one_rendezvous : takes_one_of_two<Engine, 0> {
    static constexpr const char* name = "takes_one_rendezvous";
    static constexpr bool by_states = true;
  };
  struct takes_one_buffered : takes_one_of_two<Engine, 1> {
    static constexpr const char* name = "takes_one_buffered";
  };
  struct one_channel_twice_rendezvous : one_channel_twice<Engine, 0> {
    static constexpr const char* name = "one_channel_twice_rendezvous";
  };
  struct one_channel_twice_buffered : one_channel_twice<Engine, 1> {
    static constexpr const char* name = "one_channel_twice_buffered";
  };
  struct in_both_lines : waits_in_both_lines<Engine> {
    static constexpr const char* name = "in_both_lines";
  };
  struct in_line_beside_a_pop : beside_a_pop<Engine, standing<int>> {
    static constexpr const char* name = "in_line_beside_a_pop";
    static constexpr bool by_states = true;
  };
  struct beside_one_who_sits : beside_a_pop<Engine> {
    static constexpr const char* name = "beside_one_who_sits";
    static constexpr bool by_states = true;
  };
  struct biased_passes_nothing_by : passes_nothing_by<Engine> {
    static constexpr const char* name = "biased_passes_nothing_by";
    static constexpr bool by_states = true;
  };
  struct passes_no_offer_by_in_a_call : passes_no_offer_by<Engine, cases_in::call> {
    static constexpr const char* name = "passes_no_offer_by_in_a_call";
  };
  struct passes_no_offer_by_in_an_array : passes_no_offer_by<Engine, cases_in::array> {
    static constexpr const char* name = "passes_no_offer_by_in_an_array";
  };
  struct otherwise_is_honest_beside_an_offer : passes_no_offer_by<Engine, cases_in::call_with_otherwise> {
    static constexpr const char* name = "otherwise_is_honest_beside_an_offer";
  };
  struct offer_found_soon : finds_an_offer_soon<Engine> {
    static constexpr const char* name = "offer_found_soon";
    static constexpr bool by_states = true;
  };
  struct times_out_rendezvous : ends_otherwise<Engine, 0, giving_up::by_time> {
    static constexpr const char* name = "times_out_rendezvous";
  };
  struct times_out_buffered : ends_otherwise<Engine, 1, giving_up::by_time> {
    static constexpr const char* name = "times_out_buffered";
  };
  struct stopped_rendezvous : ends_otherwise<Engine, 0, giving_up::by_stop> {
    static constexpr const char* name = "stopped_rendezvous";
  };
  struct stopped_buffered : ends_otherwise<Engine, 1, giving_up::by_stop> {
    static constexpr const char* name = "stopped_buffered";
  };
  struct told_of_close_rendezvous : ends_otherwise<Engine, 0, giving_up::by_close> {
    static constexpr const char* name = "told_of_close_rendezvous";
  };
  struct told_of_close_buffered : ends_otherwise<Engine, 1, giving_up::by_close> {
    static constexpr const char* name = "told_of_close_buffered";
  };
  struct otherwise_is_honest : otherwise_is_no_lie<Engine, 1> {
    static constexpr const char* name = "otherwise_is_honest";
  };

  // For the program of an engine: `entries<...>` of all of them.
  template <template <class...> class List>
  using all = List<opposite_orders_rendezvous, push_or_pop_rendezvous, not_with_itself_pop, not_with_itself_push,
                   takes_one_rendezvous, takes_one_buffered, one_channel_twice_rendezvous, one_channel_twice_buffered,
                   in_both_lines, in_line_beside_a_pop, beside_one_who_sits, biased_passes_nothing_by,
                   times_out_rendezvous, times_out_buffered, stopped_rendezvous, stopped_buffered,
                   told_of_close_rendezvous, told_of_close_buffered, otherwise_is_honest, passes_no_offer_by_in_a_call,
                   passes_no_offer_by_in_an_array, otherwise_is_honest_beside_an_offer, offer_found_soon>;
};

}  // namespace sluice::models
