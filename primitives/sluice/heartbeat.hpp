// SPDX-License-Identifier: BSL-1.0
#pragma once
// heartbeat: a stage that shows that it is alive. steward: starts a stage anew that does not. "Heartbeats" and "Healing Unhealthy
// Goroutines" of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017).
//
//   auto [out, pulse] = p::heartbeat(done, in, work);             a beat at the start of each unit of work: for tests, and for long work
//   auto [out, pulse] = p::heartbeat(done, in, work, ticks);      one at each tick, while it waits for others
//   p::steward(done, periods, [in](auto end) { return p::heartbeat(end, in, work, …); })
//
// Contract: that of sluice/patterns.hpp. A beat waits for nobody: one that nobody has taken is not followed by a second. Ticks and
// periods come from a channel, such as a ticker, and a test can send them itself; where it closes, none come any more.
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/patterns.hpp>
#include <sluice/select.hpp>
#include <sluice/stage.hpp>

namespace sluice::patterns {

// What a stage with a heartbeat gives. Both close when it has ended.
template <class T>
struct beating {
  receiver<T> out;
  receiver<void> pulse;
};

namespace detail {

// A channel of ticks, until it closes.
template <readable Ticks>
struct tick_source {
  Ticks ticks;
  Ticks none{};
  bool open = true;

  // For select: does f() at a tick.
  template <class F>
  auto on_tick(F f) {
    return on_pop(open ? ticks : none, [this, f = std::move(f)](const auto& tick) {
      if (tick)
        f();
      else
        open = false;
    });
  }
};

// f of each, with a beat at the start of each, or, if `on_ticks`, at each tick.
template <readable Ticks, readable In, class F>
struct beating_work {
  using value = typename In::value_type;
  tick_source<Ticks> ticks;
  bool on_ticks;
  In in;
  F f;
  sender<void> beats;

  void operator()(const outlet<answer<In, F>>& out) {
    while (auto v = next(out.done())) {
      if (!on_ticks) beats.try_push();
      if (!give(out, f(*std::move(v)))) return;
    }
  }
  auto on_tick() {
    return ticks.on_tick([this] { beats.try_push(); });
  }
  std::optional<value> next(const receiver<void>& done) {
    std::optional<value> v;
    bool waits = true;
    while (waits)
      waits = 1 == select_biased(on_pop(done, [](std::optional<unit>) {}), on_tick(),
                                 on_pop(in, [&](std::optional<value> got) { v = std::move(got); }));
    return v;
  }
  bool give(const outlet<answer<In, F>>& out, answer<In, F>&& a) {
    bool given = false;
    bool waits = true;
    while (waits)
      waits = 1 == select_biased(on_pop(out.done(), [](std::optional<unit>) {}), on_tick(),
                                 on_push(out.to(), std::move(a), [&](bool accepted) { given = accepted; }));
    return given;
  }
};

}  // namespace detail

// f of each, with a beat at each tick as long as it waits for an element or for its consumer: none while f does not return.
template <readable In, std::invocable<typename In::value_type> F, readable Ticks>
beating<detail::answer<In, F>> heartbeat(receiver<void> done, In in, F f, Ticks ticks) {
  auto [beats, pulse] = make_pipe<void>(1);
  const bool on_ticks = static_cast<bool>(ticks);
  auto out = detail::own<detail::answer<In, F>>(
      "heartbeat", std::move(done),
      detail::beating_work<Ticks, In, F>{{std::move(ticks)}, on_ticks, std::move(in), std::move(f), std::move(beats)});
  return {std::move(out), std::move(pulse)};
}
// f of each, with a beat before each.
template <readable In, std::invocable<typename In::value_type> F>
beating<detail::answer<In, F>> heartbeat(receiver<void> done, In in, F f) {
  return heartbeat(std::move(done), std::move(in), std::move(f), receiver<void>());
}

namespace detail {

enum class ward_end { done, silent };

// Passes on what the ward gives, until `done` is closed, the ward has ended, or it was silent from one period's end to the next.
template <class T, class Periods>
ward_end tend(const outlet<T>& out, const beating<T>& ward, tick_source<Periods>& periods, const sender<void>& beats) {
  tick_source<receiver<void>> pulse{ward.pulse};
  bool alive = true;  // since the last period's end
  // A select looks at one case after the other: what came before the period's end may be found after it.
  bool last_look = false;
  for (;;) {
    std::optional<T> v;
    bool silent = false;
    auto ends = on_pop(out.done(), [](std::optional<unit>) {});
    auto gives = on_pop(ward.out, [&](std::optional<T> got) { v = std::move(got); });
    auto beat = pulse.on_tick([&] { alive = true; });
    const auto which = last_look ? select_biased(ends, gives, beat, otherwise([&] { silent = true; }))
                                 : select_biased(ends, gives, beat, periods.on_tick([&] {
                                     last_look = !std::exchange(alive, false);
                                     beats.try_push();
                                   }));
    if (silent) return ward_end::silent;
    if (which < 2 && (!v || !out.push(*std::move(v)))) return ward_end::done;
    alive = alive || which < 2;
    last_look = last_look && !alive;
  }
}

}  // namespace detail

// What the ward that start(done) gives brings; one that is silent from one end of a period to the next, neither beating nor giving
// anything, is told to end and left, and another one is started. What it had not given is lost. Ends with a ward that closes. It beats
// itself with each period, so that a steward can have a steward. A ward that never looks at its `done` stays, for no task can be
// ended from outside.
template <readable Periods, class Start>
auto steward(receiver<void> done, Periods periods, Start start) -> std::invoke_result_t<Start&, receiver<void>> {
  using value = typename decltype(start(done).out)::value_type;
  auto [tx, pulse] = make_pipe<void>(1);
  auto out = detail::own<value>("steward", std::move(done),
                                [periods = detail::tick_source<Periods>{std::move(periods)}, start = std::move(start),
                                 beats = std::move(tx)](const auto& mine) mutable {
                                  // Asked before each: a ward has a `done` of its own, and would begin before it is told.
                                  auto end = detail::ward_end::silent;
                                  while (end == detail::ward_end::silent && !mine.done().is_closed()) {
                                    const auto [stop, until] = make_pipe<void>();  // stop goes: the ward ends
                                    end = detail::tend<value>(mine, start(until), periods, beats);
                                  }
                                });
  return {std::move(out), std::move(pulse)};
}

}  // namespace sluice::patterns
