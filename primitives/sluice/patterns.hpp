// SPDX-License-Identifier: BSL-1.0
#pragma once
// The patterns of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017), over channels, select and tasks. Each gives the reading end of a
// channel at once, and has started the task, or tasks, that write to it: by sluice::go, so on the scheduler of the task that calls, or
// on the default one. Needs Boost.Context (sluice::tasks). They carry the pattern's name in reports of leaks and deadlocks.
//
//   auto [stop, done] = sluice::make_pipe<void>();
//   namespace p = sluice::patterns;
//   for (const int n : p::take(done, p::filter(done, p::repeat_fn(done, dice), is_even), 10)) use(n);
//
// Contract, of all of them (sluice/stage.hpp says what `done` is). Nothing is lost, and nothing comes twice, as long as `done` is not
// closed: what comes in goes out, in this order unless several tasks share the work, or several inputs one output. The output closes
// once, after the last element, when the input is closed and drained, or `done` is closed. After that no task of the pattern is left,
// whether the consumer has read all or not. No task takes an element before the one that it had was accepted: nothing is buffered.
// What a function throws leaves its task: see sluice/scheduler.hpp. Errors that are to travel with the elements are elements:
// expected<T, E>. A function that several tasks share (worker_pool) is copied into each.
#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/any_case.hpp>
#include <sluice/chan.hpp>
#include <sluice/select.hpp>
#include <sluice/stage.hpp>
#include <sluice/task.hpp>

namespace sluice::patterns {

namespace detail {
inline void require_positive(const char* who, const char* what, long long n) {
  if (n < 1)
    throw std::invalid_argument("sluice::patterns::" + std::string(who) + ": " + std::to_string(n) + ' ' + what +
                                ", but there has to be one at least");
}
template <class In>
concept stream_of_streams = readable<In> && readable<typename In::value_type>;
template <class In, class F>
using answer = std::decay_t<std::invoke_result_t<F&, typename In::value_type>>;
// The elements of a range that nobody else has, or copies of those of a view; false once nobody wants more.
template <class T, class R>
bool push_each(const outlet<T>& out, R& values) {
  for (auto&& v : values)
    if constexpr (std::ranges::view<R>) {
      if (!out.push(T(std::forward<decltype(v)>(v)))) return false;
    } else {
      if (!out.push(std::move(v))) return false;
    }
  return true;
}
}  // namespace detail

// Sources.

// The elements of a range, which it keeps; those of a view it copies.
template <std::ranges::input_range R>
receiver<std::ranges::range_value_t<R>> generator(receiver<void> done, R values) {
  using value = std::ranges::range_value_t<R>;
  return detail::own<value>("generator", std::move(done), [values = std::move(values)](const auto& out) mutable {
    static_cast<void>(detail::push_each(out, values));
  });
}
template <class T>
receiver<T> generator(receiver<void> done, std::initializer_list<T> values) {
  return generator(std::move(done), std::vector<T>(values));
}

// The same ones over and over, until `done` is closed. Of none there is no end to wait for: the output closes at once.
template <class T>
receiver<T> repeat(receiver<void> done, std::vector<T> values) {
  return detail::own<T>("repeat", std::move(done), [values = std::move(values)](const auto& out) {
    while (!values.empty())
      for (const T& v : values)
        if (!out.push(v)) return;
  });
}
template <class T>
receiver<T> repeat(receiver<void> done, std::initializer_list<T> values) {
  return repeat(std::move(done), std::vector<T>(values));
}

// What f() returns, over and over. f is called once more than there are elements taken.
template <std::invocable F>
receiver<std::decay_t<std::invoke_result_t<F&>>> repeat_fn(receiver<void> done, F f) {
  return detail::own<std::decay_t<std::invoke_result_t<F&>>>("repeat_fn", std::move(done),
                                                             [f = std::move(f)](const auto& out) mutable {
                                                               while (out.push(f())) {
                                                               }
                                                             });
}

// Stages: one element at a time.

// The first n. No further one is taken from `in`, which others may go on to read.
template <readable In>
receiver<typename In::value_type> take(receiver<void> done, In in, std::size_t n) {
  return detail::own<typename In::value_type>("take", std::move(done), [in = std::move(in), n](const auto& out) {
    for (std::size_t left = n; left != 0; --left) {
      auto v = pop_or_done(out.done(), in);
      if (!v || !out.push(*std::move(v))) return;
    }
  });
}

// f of each.
template <readable In, std::invocable<typename In::value_type> F>
receiver<detail::answer<In, F>> map(receiver<void> done, In in, F f) {
  return detail::own<detail::answer<In, F>>("map", std::move(done),
                                            [in = std::move(in), f = std::move(f)](const auto& out) mutable {
                                              while (auto v = pop_or_done(out.done(), in))
                                                if (!out.push(f(*std::move(v)))) return;
                                            });
}

// Each as a T.
template <class T, readable In>
receiver<T> to(receiver<void> done, In in) {
  return map(std::move(done), std::move(in), [](typename In::value_type&& v) { return static_cast<T>(std::move(v)); });
}

// Those for which `keeps` holds.
template <readable In, std::predicate<const typename In::value_type&> F>
receiver<typename In::value_type> filter(receiver<void> done, In in, F keeps) {
  return detail::own<typename In::value_type>("filter", std::move(done),
                                              [in = std::move(in), keeps = std::move(keeps)](const auto& out) mutable {
                                                while (auto v = pop_or_done(out.done(), in))
                                                  if (keeps(std::as_const(*v)) && !out.push(*std::move(v))) return;
                                              });
}

// Batches of n, of which the last may be smaller. Throws std::invalid_argument for n = 0.
template <readable In>
receiver<std::vector<typename In::value_type>> batch(receiver<void> done, In in, std::size_t n) {
  using batch_type = std::vector<typename In::value_type>;
  detail::require_positive("batch", "elements", n == 0 ? 0 : 1);
  return detail::own<batch_type>("batch", std::move(done), [in = std::move(in), n](const auto& out) {
    batch_type collected;
    while (auto v = pop_or_done(out.done(), in)) {
      collected.push_back(*std::move(v));
      if (collected.size() == n && !out.push(std::exchange(collected, {}))) return;
    }
    if (!collected.empty()) out.push(std::move(collected));
  });
}

// The elements of each range, one by one.
template <readable In>
  requires std::ranges::input_range<typename In::value_type>
receiver<std::ranges::range_value_t<typename In::value_type>> flatten(receiver<void> done, In in) {
  return detail::own<std::ranges::range_value_t<typename In::value_type>>(
      "flatten", std::move(done), [in = std::move(in)](const auto& out) {
        while (auto some = pop_or_done(out.done(), in))
          if (!detail::push_each(out, *some)) return;
      });
}

// Pipelines.

// A function as a stage, for pipeline and fan_out: a callable of (done, in) that gives a receiver. So is any other such callable.
template <class F>
auto stage(F f) {
  return [f = std::move(f)](receiver<void> done, auto in) { return map(std::move(done), std::move(in), f); };
}

// One stage after the other: pipeline(done, in, a, b) is b(done, a(done, in)).
template <readable In>
In pipeline(const receiver<void>&, In in) {
  return in;
}
template <readable In, class First, class... More>
auto pipeline(const receiver<void>& done, In in, First first, More... more) {
  return pipeline(done, first(done, std::move(in)), std::move(more)...);
}

// The same of a function of batches: f of n elements at once, as a vector, gives a range, whose elements go on one by one.
template <class F>
auto batch_stage(std::size_t n, F f) {
  return [n, f = std::move(f)](const receiver<void>& done, auto in) {
    return flatten(done, map(done, batch(done, std::move(in), n), f));
  };
}

// n times the same stage on one input, whose elements go to whichever is free. Throws std::invalid_argument for n < 1.
template <readable In, class Stage>
auto fan_out(const receiver<void>& done, const In& in, int n, Stage stage) {
  detail::require_positive("fan_out", "stages", n);
  std::vector<decltype(stage(done, in))> all;
  for (int i = 0; i != n; ++i) all.push_back(stage(done, in));
  return all;
}

// What comes out of any of the inputs; closes after the last of them. Of each the order is kept.
template <readable In>
receiver<typename In::value_type> fan_in(const receiver<void>& done, std::vector<In> inputs) {
  auto [tx, rx] = make_pipe<typename In::value_type>();
  const outlet<typename In::value_type> out(done, std::move(tx));
  for (In& in : inputs) go_as("fan_in", [out, in = std::move(in)] { out.push_all(in); });
  return std::move(rx);
}
template <readable First, readable... More>
  requires(sizeof...(More) > 0 && (std::same_as<typename First::value_type, typename More::value_type> && ...))
receiver<typename First::value_type> fan_in(const receiver<void>& done, const First& first, const More&... more) {
  return fan_in(done, std::vector<receiver<typename First::value_type>>{first, more...});
}
// The same with inputs that come while it runs; closes when no more come and the last of them is closed.
template <detail::stream_of_streams In>
receiver<typename In::value_type::value_type> fan_in(receiver<void> done, In inputs) {
  return detail::own<typename In::value_type::value_type>(
      "fan_in", std::move(done), [inputs = std::move(inputs)](const auto& out) {
        while (auto in = pop_or_done(out.done(), inputs))
          go_as("fan_in", [out, in = *std::move(in)] { out.push_all(in); });
      });
}

// f of each, by n tasks: the answers come in the order in which they are found. Of an f that returns nothing the output brings
// nothing either, and closes when all is done. Throws std::invalid_argument for n < 1.
template <readable In, std::invocable<typename In::value_type> F>
receiver<detail::answer<In, F>> worker_pool(const receiver<void>& done, const In& jobs, int n, F f) {
  detail::require_positive("worker_pool", "workers", n);
  auto [tx, rx] = make_pipe<detail::answer<In, F>>();
  const outlet<detail::answer<In, F>> out(done, std::move(tx));
  for (int i = 0; i != n; ++i)
    go_as("worker_pool", [out, jobs, f]() mutable {
      while (auto job = pop_or_done(out.done(), jobs)) {
        if constexpr (std::is_void_v<detail::answer<In, F>>)
          f(*std::move(job));
        else if (!out.push(f(*std::move(job))))
          return;
      }
    });
  return std::move(rx);
}

// Channels of channels, and of signals.

// What comes out of `in`, so that a plain loop over it ends when `done` is closed.
template <readable In>
receiver<typename In::value_type> or_done(receiver<void> done, In in) {
  return detail::own<typename In::value_type>("or_done", std::move(done),
                                              [in = std::move(in)](const auto& out) { out.push_all(in); });
}

// Each element to both. Neither output gets the next one before both have this one; which is first to take it does not matter.
template <readable In>
  requires std::copy_constructible<typename In::value_type>
std::pair<receiver<typename In::value_type>, receiver<typename In::value_type>> tee(receiver<void> done, In in) {
  using value = typename In::value_type;
  auto [tx, second_rx] = make_pipe<value>();
  auto first_rx =
      detail::own<value>("tee", std::move(done), [in = std::move(in), second = std::move(tx)](const auto& out) {
        const sender<value> nil;  // in place of an output that has it
        while (auto v = pop_or_done(out.done(), in)) {
          std::array<value, 2> copies{*v, std::move(*v)};
          std::array<bool, 2> has_it{};
          while (!has_it[0] || !has_it[1]) {
            const bool stopped =
                0 == select_biased(on_pop(out.done(), [](std::optional<unit>) {}),
                                   on_push(has_it[0] ? nil : out.to(), std::move(copies[0]), [&] { has_it[0] = true; }),
                                   on_push(has_it[1] ? nil : second, std::move(copies[1]), [&] { has_it[1] = true; }));
            if (stopped) return;
          }
        }
      });
  return {std::move(first_rx), std::move(second_rx)};
}

// All of the first stream, then all of the next.
template <detail::stream_of_streams In>
receiver<typename In::value_type::value_type> bridge(receiver<void> done, In streams) {
  return detail::own<typename In::value_type::value_type>("bridge", std::move(done),
                                                          [streams = std::move(streams)](const auto& out) {
                                                            while (auto in = pop_or_done(out.done(), streams))
                                                              if (!out.push_all(*in)) return;
                                                          });
}

// Closes as soon as one of them closes, or has a signal, which is taken. Its task waits until then: who may lose interest puts a
// `done` of his own among them. Of one channel that channel, of none nil. O(n) memory.
inline receiver<void> or_channel(std::vector<receiver<void>> any) {
  if (any.empty()) return {};
  if (any.size() == 1) return any.front();
  return detail::own<void>("or_channel", {}, [any = std::move(any)](const outlet<void>&) {
    std::vector<any_case<>> cases;
    cases.reserve(any.size());
    for (const auto& c : any) cases.emplace_back(on_pop(c, [](std::optional<unit>) {}));
    select(std::span(cases));
  });
}
template <std::convertible_to<receiver<void>>... Channels>
receiver<void> or_channel(const Channels&... any) {
  return or_channel(std::vector<receiver<void>>{any...});
}

}  // namespace sluice::patterns
