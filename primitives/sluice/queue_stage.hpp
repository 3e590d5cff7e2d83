// SPDX-License-Identifier: BSL-1.0
#pragma once
// A queue between two stages of a pipeline, and what queueing theory wants to know of it: how many come in a time, how many are inside
// on average, how long each stays. "Queuing" of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017).
//
//   sluice::queue_gauge<> gauge;
//   auto buffered = sluice::patterns::queue(done, orders, 100, gauge);
//   … const auto f = gauge.figures();  f.arrivals_per_second(), f.mean_number(), f.mean_time()
//
// Little's law (Operations Research 9, 1961): mean number = arrival rate x mean time, of any queue that is as empty at the end as at the
// beginning. The three are measured apart, so that it can be checked. Between, elements that are inside make the difference.
// A queue rarely makes a pipeline faster. It helps a stage that works in batches, or one whose delays make those before it slower.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <sluice/mutex.hpp>
#include <sluice/patterns.hpp>
#include <sluice/real_clock.hpp>
#include <sluice/select.hpp>
#include <sluice/stage.hpp>

namespace sluice {

// From when the gauge was made to when it was asked.
struct queue_figures {
  using duration = std::chrono::duration<double>;

  std::uint64_t arrived = 0;
  std::uint64_t left = 0;
  duration observed{0};
  duration number_by_time{0};  // how many were inside, summed over time
  duration time_of_those_that_left{0};  // how long each was inside, summed over them

  std::uint64_t inside() const noexcept { return arrived - left; }
  // Little's lambda, L and W; zero before there is anything to divide by.
  double arrivals_per_second() const noexcept { return per(static_cast<double>(arrived), observed.count()); }
  double mean_number() const noexcept { return per(number_by_time.count(), observed.count()); }
  duration mean_time() const noexcept {
    return duration(per(time_of_those_that_left.count(), static_cast<double>(left)));
  }

 private:
  static double per(double a, double b) noexcept { return b > 0 ? a / b : 0; }
};

// Measures what comes and goes, in any order. Handles share it; any thread may use any. Each call takes a short lock; none allocates.
template <time_source Clock = real_clock>
class queue_gauge {
 public:
  explicit queue_gauge(Clock clock = {}) : shared_(std::make_shared<shared>(std::move(clock))) {}

  // One more is inside, since the time that this gives.
  clock_time enter() const {
    const std::scoped_lock lock(shared_->guard);
    const clock_time now = shared_->pass();
    ++shared_->sum.arrived;
    return now;
  }
  // One that was inside since `since` is not any more.
  void leave(clock_time since) const {
    const std::scoped_lock lock(shared_->guard);
    shared_->sum.time_of_those_that_left += shared_->pass() - since;
    ++shared_->sum.left;
  }
  queue_figures figures() const {
    const std::scoped_lock lock(shared_->guard);
    shared_->pass();
    return shared_->sum;
  }

 private:
  struct shared {
    explicit shared(Clock c) : clock(std::move(c)) {}
    // Lets the time that has passed count for those that were inside.
    clock_time pass() {
      const clock_time now = clock.now();
      const queue_figures::duration passed = now - until;
      sum.observed += passed;
      sum.number_by_time += static_cast<double>(sum.inside()) * passed;
      return until = now;
    }
    const Clock clock;
    basic_mutex<std_platform> guard;
    clock_time until = clock.now();  // under guard, as sum
    queue_figures sum;
  };
  std::shared_ptr<shared> shared_;
};

namespace patterns {

// Takes up to `capacity` elements before anybody wants them, and gives them in order. Of those that it holds when `done` is closed
// `gauge` says that they never left, but for one, if it had looked at `done` just before: that is given still. Throws std::invalid_argument for capacity 0.
template <readable In, class Clock = real_clock>
receiver<typename In::value_type> queue(receiver<void> done, In in, std::size_t capacity,
                                        queue_gauge<Clock> gauge = queue_gauge<Clock>()) {
  using value = typename In::value_type;
  struct waiting {
    value v;
    clock_time since;
  };
  detail::require_positive("queue", "places", capacity == 0 ? 0 : 1);
  return detail::own<value>("queue", std::move(done), [in = std::move(in), capacity, gauge](const auto& out) mutable {
    std::deque<waiting> line;
    const In none;
    bool open = true;
    const auto append = [&](std::optional<value> v) {
      open = v.has_value();
      if (v) line.push_back({*std::move(v), gauge.enter()});
    };
    while (open || !line.empty()) {
      if (line.empty()) {
        append(pop_or_done(out.done(), in));
        continue;
      }
      const bool stopped = 0 == select_biased(on_pop(out.done(), [](std::optional<unit>) {}),
                                              on_push(out.to(), std::move(line.front().v),
                                                      [&] {
                                                        gauge.leave(line.front().since);
                                                        line.pop_front();
                                                      }),
                                              on_pop(open && line.size() < capacity ? in : none, append));
      if (stopped) return;
    }
  });
}

}  // namespace patterns
}  // namespace sluice
