// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of the bars of a channel's buffer: what holds across two channels where an operation goes by the lock, and
// that nobody is told "empty" or "full" beside who stands in line. Who stands in line, or pops and pushes there at once
// as a select may, is put there by hand: so two threads are enough.
#include <kit/client.hpp>

#include <clients/ring_clients.hpp>

#include <sluice/chan.hpp>

namespace sluice::models {

// A select's node at one channel, without the select.
template <class Platform, class T = int>
class place_in_line {
 public:
  using element = typename chan<T, Platform>::value_type;
  using core = detail::chan_core<element, Platform>;
  explicit place_in_line(const chan<T, Platform>& c) : core_(detail::chan_access::core(c)) {}

  // Where the channel is full, or empty; each may fail for no reason.
  bool line_up_to_push() {
    return under_lock([&] { return core_->line_up_sender(push_); });
  }
  bool line_up_to_pop() {
    return under_lock([&] { return core_->line_up_receiver(pop_); });
  }
  bool was_served() { return push_served_.load() || pop_served_.load(); }

  // As a select with both cases on a full channel that pops after all. False if it is not full, or for no reason.
  bool pop_while_in_line() {
    return under_lock([&] {
      std::optional<element> out;
      detail::served_one<Platform> served;
      return core_->line_up_sender(push_) && core_->pop_locked(out, served, &self_) == conqueue_status::success;
    });
  }
  // The same on an empty one that pushes after all.
  bool push_while_in_line() {
    return under_lock([&] {
      detail::served_one<Platform> served;
      return core_->line_up_receiver(pop_) && core_->push_locked(v_, served, &self_) == conqueue_status::success;
    });
  }
  // At the seat of a channel without a buffer, as a push that has found it full.
  bool offer(int i) {
    return under_lock([&] { return core_->offer(i); });
  }
  bool withdraw() {
    return under_lock([&] { return core_->withdraw(); });
  }
  void leave() {
    under_lock([&] { return core_->leave_senders(push_) || core_->leave_receivers(pop_); });
  }

 private:
  using node = detail::wait_node<Platform>;
  using waiter = detail::waiter<Platform>;

  template <class F>
  bool under_lock(F f) {
    const detail::lock_held<detail::chan_gate<Platform>> held(*core_);
    return f();
  }

  core* core_;
  element v_{};
  typename core::cell element_;
  waiter self_{waiter::kind::select};
  typename node::flag push_served_{false};
  typename node::flag pop_served_{false};
  node push_{self_, 0, &v_, push_served_};
  node pop_{self_, 1, &element_, pop_served_};
};

// Two channels, two threads: each closes one, and asks the other one by an operation.
template <class Engine, bool Pop>
struct rendezvous_closes_compose {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "of two threads that each close one rendezvous and then find nobody at the other, one is told that it is closed";
  static constexpr unsigned threads = 2;

  chan<int, platform> c[2] = {make_chan<int, platform>(0), make_chan<int, platform>(0)};
  bool found_open[2] = {};

  void thread(unsigned index) {
    c[index].close();
    if (Pop)
      found_open[index] = c[1 - index].try_pop().error() == conqueue_status::empty;
    else
      found_open[index] = c[1 - index].try_push(8) == conqueue_status::full;
  }
  void finish() { Engine::require(!found_open[0] || !found_open[1], "not both found the other one open"); }
};

// The first thread pops, or pushes, under the lock, where it stands in line itself; then each looks at the other channel.
template <class Engine, bool Pop, class T = int>
struct acts_in_line_compose {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      Pop ? "of two pops from full channels, one of them by who is in line to push, a push finds the room"
          : "of two pushes into empty channels, one of them by who is in line to pop, a pop finds the element";
  static constexpr unsigned threads = 2;

  chan<T, platform> c[2] = {make_chan<T, platform>(1), make_chan<T, platform>(1)};
  place_in_line<platform, T> place{c[0]};
  bool found_none[2] = {};

  acts_in_line_compose() {
    for (auto& one : c) Engine::require(one.emplace() && (Pop || one.pop()), "there is room to begin with");
  }
  void thread(unsigned index) {
    if (index == 0)
      while (!(Pop ? place.pop_while_in_line() : place.push_while_in_line())) continue;
    else
      Engine::require(Pop ? c[1].try_pop().has_value() : c[1].try_emplace() == conqueue_status::success,
                      "nobody else takes it");
    if (Pop)
      found_none[index] = c[1 - index].try_emplace() == conqueue_status::full;
    else
      found_none[index] = is_empty(c[1 - index]);
  }
  static bool is_empty(const chan<T, platform>& one) {
    const auto got = one.try_pop();
    return !got && got.error() == conqueue_status::empty;
  }
  void finish() {
    place.leave();
    Engine::require(!found_none[0] || !found_none[1], "not both found the other one as it was");
  }
};

// Both threads pop and then push; the one that finds the channel empty pushes from where it stands in line to pop.
template <class Engine>
struct push_in_line_is_seen {
  using platform = typename Engine::platform;
  static constexpr const char* property = "who pushes after popping is not told full where all push after popping";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(2);
  place_in_line<platform> place{c};

  push_in_line_is_seen() { Engine::require(c.push(7) && c.push(8), "there is room to begin with"); }
  void thread(unsigned index) {
    Engine::require(c.try_pop().has_value(), "there is an element for both");
    if (index == 0)
      static_cast<void>(place.push_while_in_line()), place.leave();
    else
      Engine::require(c.try_push(9) == conqueue_status::success, "there is room for both");
  }
  void finish() {}
};

// A push stands in line at a full channel: there are as many elements as pops.
template <class Engine>
struct the_line_moves_up {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a pop is not told `empty` beside a push in line, whose element comes last";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(1, detail::first_lap{kit::near_the_top});
  place_in_line<platform> place{c};
  int got[2] = {};

  the_line_moves_up() {
    Engine::require(c.push(7), "there is room for one");
    while (!place.line_up_to_push()) continue;
  }
  void thread(unsigned index) {
    const auto v = c.try_pop();
    Engine::require(v.has_value(), "there is an element for each");
    got[index] = *v;
  }
  void finish() {
    Engine::require(place.was_served() && got[0] + got[1] == 7, "each element came once");
    Engine::require(c.try_push(2) == conqueue_status::success, "there is room again");
  }
};

// A pop stands in line at an empty channel: the first push is its, the second one's element stays.
template <class Engine>
struct the_line_is_served_first {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a push is not told `full` where one of two goes to a pop in line";
  static constexpr unsigned threads = 2;

  chan<int, platform> c = make_chan<int, platform>(1, detail::first_lap{kit::near_the_top});
  place_in_line<platform> place{c};

  the_line_is_served_first() {
    while (!place.line_up_to_pop()) continue;
  }
  void thread(unsigned index) {
    Engine::require(c.try_push(int(index)) == conqueue_status::success, "there is room for each");
  }
  void finish() {
    Engine::require(place.was_served() && c.try_pop() && !c.try_pop(), "one was handed over, the other stayed");
  }
};

}  // namespace sluice::models
