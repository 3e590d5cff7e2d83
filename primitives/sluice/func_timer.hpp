// SPDX-License-Identifier: BSL-1.0
#pragma once
// func_timer: a timer that runs a function. Go's time.AfterFunc.
//
//   auto late = after_func(2s, [&] { log("this takes long"); });  …  if (late.stop()) …   // it will not run
//
// Guarantee. The function is run once for each time that the timer fires; stop and reset say whether they came before that. They do not
// wait for one that runs, and where reset comes right after one was started, two may run at once. Linearization point of all: under
// the lock of the clock's heap. Dropping the handle stops nothing: the function lives until it has run or was stopped. O(log n) of the
// timers that are armed, one allocation, and what starting it costs.
// One handle is used by one thread at a time. Errors: as timer's.
#include <chrono>
#include <memory>
#include <utility>

#include <sluice/detail/clock.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/platform.hpp>

namespace sluice {

namespace detail {

// Under the heap's lock, or by the owner while it is not armed: armed_. By the clock: due_.
template <class Platform>
class func_timer_node : private clock<Platform>::timer, private clock<Platform>::sequel {
  using timer = typename clock<Platform>::timer;

 public:
  using time_point = typename Platform::time_point;
  using ref = std::shared_ptr<func_timer_node>;

  explicit func_timer_node(clock<Platform>& c) : timer(&time_is_up), clock_(c) {}
  func_timer_node(const func_timer_node&) = delete;
  func_timer_node& operator=(const func_timer_node&) = delete;
  virtual ~func_timer_node() = default;

  static void start(const ref& n, time_point at) {
    n->armed_ = n;
    try {
      n->clock_.timers().arm(*n, at);
    } catch (...) {
      n->armed_.reset();
      throw;
    }
  }
  static bool stop(const ref& n) {
    if (!n->clock_.timers().disarm(*n)) return false;
    n->armed_.reset();
    return true;
  }

 private:
  static time_point time_is_up(timer& t, time_point) {
    auto& self = static_cast<func_timer_node&>(t);
    self.due_ = std::move(self.armed_);
    self.clock_.later(self);
    return Platform::no_deadline;
  }
  void come() override { run(std::move(due_)); }
  virtual void run(ref kept) = 0;

  clock<Platform>& clock_;
  ref armed_;
  ref due_;
};

template <class Platform, class F, class Start>
class func_timer_of final : public func_timer_node<Platform> {
 public:
  func_timer_of(clock<Platform>& c, F f, Start start)
      : func_timer_node<Platform>(c), f_(std::move(f)), start_(std::move(start)) {}

 private:
  // Nobody could take what `start_` throws.
  void run(typename func_timer_node<Platform>::ref kept) noexcept override {
    start_([this, kept = std::move(kept)] { f_(); });
  }
  F f_;
  Start start_;
};

}  // namespace detail

template <class Platform = std_platform>
class basic_func_timer {
  using node = detail::func_timer_node<Platform>;

 public:
  using time_point = typename Platform::time_point;

  // Moved, and not copied: stop and reset are one owner's. One that was moved from can only be assigned to.
  basic_func_timer(basic_func_timer&&) noexcept = default;
  basic_func_timer& operator=(basic_func_timer&&) noexcept = default;
  ~basic_func_timer() = default;

  // It does not run. False: it was started, or was stopped before.
  bool stop() { return node::stop(node_); }
  // It runs after `d`, or at `at`; not, or once more, at the time before. True if stop() would have been.
  template <class Rep, class Period>
  bool reset(const std::chrono::duration<Rep, Period>& d) {
    return reset(detail::deadline_after<Platform>(d));
  }
  bool reset(time_point at) {
    const bool was_armed = node::stop(node_);
    node::start(node_, at);
    return was_armed;
  }

 private:
  template <class P, class Rep, class Period, class F, class Start>
  friend basic_func_timer<P> after_func(const std::chrono::duration<Rep, Period>& d, F f, Start start);
  explicit basic_func_timer(typename node::ref n) : node_(std::move(n)) {}
  typename node::ref node_;
};

using func_timer = basic_func_timer<>;

// Runs f() after `d`, wherever `start`, given a callable, runs it: it is called by the clock, and must not wait; what it throws ends
// the program.
template <class Platform = std_platform, class Rep, class Period, class F, class Start>
basic_func_timer<Platform> after_func(const std::chrono::duration<Rep, Period>& d, F f, Start start) {
  using node = detail::func_timer_node<Platform>;
  const typename node::ref n = std::make_shared<detail::func_timer_of<Platform, F, Start>>(
      detail::clock<Platform>::the_one(), std::move(f), std::move(start));
  node::start(n, detail::deadline_after<Platform>(d));
  return basic_func_timer<Platform>(n);
}
// The same on a thread of its own, or, if none can be started, on the clock's.
template <class Platform = std_platform, class Rep, class Period, class F>
basic_func_timer<Platform> after_func(const std::chrono::duration<Rep, Period>& d, F f) {
  return after_func<Platform>(d, std::move(f), [](auto run) {
    try {
      Platform::start(run);
    } catch (...) {  // no thread, no stack for a task, no memory
      run();
    }
  });
}

}  // namespace sluice
