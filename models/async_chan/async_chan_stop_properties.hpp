// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of coroutines that may be stopped, that select, and that are resumed elsewhere.
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <async_chan/started.hpp>

#include <sluice/async_chan.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace sluice::models {

// A stop, with and without somebody who would serve it.
template <class Engine, bool Pop, bool Met>
struct stop_resumes {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a coroutine that is stopped is resumed once and has moved nothing, and one that is served was not stopped";
  static constexpr unsigned threads = Met ? 3 : 2;

  chan<kit::token, platform> c = make_chan<kit::token, platform>(0);
  typename platform::stop_source stop;
  bool mine = false;  // the coroutine's operation succeeded
  bool others = false;
  int resumed = 0;

  void thread(unsigned index) {
    if (index == 0) {
      if constexpr (Pop)
        pop();
      else
        push();
    } else if (index == 1) {
      stop.request_stop();
    } else if (Pop) {
      others = c.push_until(kit::token(1), platform::now()) == wait_status::success;
    } else {
      others = c.pop_until(platform::now()).has_value();
    }
  }
  started<Engine> pop() {
    auto t = co_await c.async_pop_or_stop(stop.get_token());
    mine = t.has_value();
    Engine::require(mine ? t->id() == 1 : t.error() == wait_status::stopped, "an element, or a stop");
    ++resumed;
  }
  started<Engine> push() {
    kit::token t(1);
    const wait_status s = co_await c.async_push_or_stop(std::move(t), stop.get_token());
    mine = s == wait_status::success;
    Engine::require(mine ? t.id() == -1 : s == wait_status::stopped && t.id() == 1, "it went, or stayed");
    ++resumed;
  }
  void finish() {
    Engine::require(resumed == 1 && mine == others, "what was pushed, and only that, was popped");
    Engine::require(!c.try_pop() && c.try_push(kit::token(2)) == conqueue_status::full, "nobody is in line");
  }
};

// An asynchronous select against a thread's, over the same channels in opposite orders.
template <class Engine>
struct selects_of_both_kinds {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a select of a coroutine and one of a thread fire once each, for each other, and leave no trace";
  static constexpr unsigned threads = 2;

  chan<int, platform> c[2] = {make_chan<int, platform>(0), make_chan<int, platform>(0)};
  std::size_t sent = 2;
  std::size_t got = 2;

  void thread(unsigned index) {
    if (index == 0)
      pop();
    else
      sent = select_biased(on_push(c[0], 0), on_push(c[1], 1));
  }
  started<Engine> pop() {
    const auto take = [](int from) {
      return [from](std::optional<int> v) { Engine::require(v == from, "the element of its channel"); };
    };
    got = 1 - co_await async_select_biased(on_pop(c[1], take(1)), on_pop(c[0], take(0)));
  }
  void finish() {
    Engine::require(sent != 2 && sent == got, "they met, on one channel");
    for (auto& one : c)
      Engine::require(!one.try_pop() && one.try_push(3) == conqueue_status::full, "nobody is in line");
  }
};

// Two coroutines, each with a select that would push or pop.
template <class Engine>
struct selects_push_or_pop {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "of two coroutines that each would push or pop, one pushes and the other pops";
  static constexpr unsigned threads = 2;

  chan<int, platform> c[2] = {make_chan<int, platform>(0), make_chan<int, platform>(0)};
  std::size_t fired[2] = {2, 2};

  void thread(unsigned index) { run(index); }
  started<Engine> run(unsigned index) {
    const auto take = [index](std::optional<int> v) { Engine::require(v == int(1 - index), "the peer's element"); };
    fired[index] = co_await async_select_biased(on_push(c[index], int(index)), on_pop(c[1 - index], take));
  }
  void finish() { Engine::require(fired[0] + fired[1] == 1, "one pushed and one popped"); }
};

// A select that may be stopped, beside a push.
template <class Engine>
struct select_is_stopped {
  using platform = typename Engine::platform;
  static constexpr const char* property = "a select of a coroutine that is stopped has taken nothing";
  static constexpr unsigned threads = 3;

  chan<int, platform> c[2] = {make_chan<int, platform>(1), make_chan<int, platform>(0)};
  typename platform::stop_source stop;
  std::size_t fired = 3;

  void thread(unsigned index) {
    if (index == 0)
      look();
    else if (index == 1)
      Engine::require(c[0].push(7), "there is room");
    else
      stop.request_stop();
  }
  started<Engine> look() {
    const auto take = [](std::optional<int> v) { Engine::require(v == 7, "the element"); };
    const auto told = [](std::optional<int>) { Engine::require(false, "nobody pushes here"); };
    fired = co_await async_select_biased(on_pop(c[1], told), on_pop(c[0], take), on_stop(stop.get_token()));
  }
  void finish() {
    Engine::require(fired == 1 || fired == 2, "the push or the stop ended it");
    Engine::require(c[0].try_pop().has_value() == (fired == 2), "the element is where it was, or was taken");
    Engine::require(c[1].try_push(3) == conqueue_status::full, "nobody is in line");
  }
};

// The executor hands the coroutine to another thread.
template <class Engine>
struct resumed_elsewhere {
  using platform = typename Engine::platform;
  static constexpr const char* property = "an executor may resume the coroutine on a thread of its own";
  static constexpr unsigned threads = 3;

  chan<int, platform> c = make_chan<int, platform>(0);
  typename platform::template var<void*> handed{nullptr};
  typename platform::template atomic<std::uint32_t> state{0};  // 1: handed over, 2: there is nothing to resume
  int got = 0;

  void thread(unsigned index) {
    if (index == 0) {
      pop();
    } else if (index == 1) {
      Engine::require(c.push(7), "an open channel accepts");
      std::uint32_t none = 0;
      state.compare_exchange_strong(none, 2, std::memory_order_relaxed, std::memory_order_relaxed);
    } else {
      std::uint32_t s = 0;
      while ((s = state.load(std::memory_order_acquire)) == 0) platform::pause();
      if (s == 1) std::coroutine_handle<>::from_address(handed.load()).resume();
    }
  }
  started<Engine> pop() {
    const std::optional<int> v = co_await c.async_pop([this](std::coroutine_handle<> h) {
      handed.store(h.address());
      state.store(1, std::memory_order_release);
    });
    got = v.value_or(-1);
  }
  void finish() { Engine::require(got == 7, "the coroutine has ended"); }
};

}  // namespace sluice::models
