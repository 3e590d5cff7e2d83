// SPDX-License-Identifier: BSL-1.0
#pragma once
// timed_channel: a channel into which a timer puts the time at which it fired, and which never holds but the last arming's.
//
// The channel has room for one time, and what finds no room is dropped. It is made when somebody asks for it; a time that
// comes before is kept until then. Both are done under the heap's lock, where the timer fires: so who has disarmed the timer
// finds the time in the channel, or it will not come.
//
// Invariant, whenever the heap's lock is free: a time that fired and was neither taken nor dropped is in the channel, or, where there
// is none yet, in missed_.
//
// A push waits for a pop in the middle of the one slot, with the heap's lock held. That one holds no lock, so it does not wait
// for this; but a thread that is stalled there stalls the clock.
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_handle.hpp>
#include <sluice/detail/clock.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class timed_channel : public clock<Platform>::timer {
  using timer = typename clock<Platform>::timer;

 public:
  using time_point = typename Platform::time_point;
  using duration = typename time_point::duration;

  explicit timed_channel(clock<Platform>& c, typename timer::fire f = &time_is_up) : timer(f), clock_(c) {}

  // Fires at `at`, and then again and again after `period` if that is not zero. It is not armed. Throws what memory throws.
  void start(time_point at, duration period) {
    next_ = at;
    period_ = period;
    clock_.timers().arm(*this, at);
  }
  // Does not fire any more, and what fired is not there any more. True: it was armed, or what fired had not been taken.
  bool stop() {
    const bool was_armed = clock_.timers().disarm(*this);
    const bool was_missed = std::exchange(missed_, std::nullopt).has_value();
    return (channel_ && channel_.try_pop().has_value()) || was_missed || was_armed;
  }
  duration period() const noexcept { return period_; }

  receiver<time_point, Platform> channel() {
    if (!channel_) {
      const auto made = make_chan<time_point, Platform>(1);
      clock_.timers().exclude([&] {
        channel_ = made;
        if (missed_) static_cast<void>(channel_.try_push(*std::exchange(missed_, std::nullopt)));
      });
    }
    return channel_;
  }

 protected:
  static time_point time_is_up(timer& t, time_point now) {
    auto& self = static_cast<timed_channel&>(t);
    self.put(now);
    return self.period_ == duration::zero() ? Platform::no_deadline : self.next_after(now);
  }
  // Under the heap's lock.
  void put(time_point now) {
    if (!channel_) {
      if (!missed_) missed_ = now;
      return;
    }
    auto* const core = chan_access::core(channel_);
    for (;;) {
      served_one<Platform> served;
      core->lock();
      const conqueue_status s = core->push_locked(now, served, nullptr);
      core->unlock();
      if (served.in_line != nullptr) clock_.ring_later(*served.in_line);
      if (s != conqueue_status::busy) return;
      core->settle_push();
    }
  }
  // The first of its times that is still to come; never, where that is beyond the clock.
  time_point next_after(time_point now) {
    const auto periods = (now - next_) / period_ + 1;
    next_ = (Platform::no_deadline - next_) / period_ < periods ? Platform::no_deadline : next_ + periods * period_;
    return next_;
  }
  // Whether anybody could take what fires.
  bool is_heard() const noexcept {
    return !static_cast<const shared_chan<time_point, Platform>*>(chan_access::core(channel_))->has_one_handle();
  }

 private:
  clock<Platform>& clock_;
  // Written by the owner while it is not armed, and under the heap's lock.
  chan<time_point, Platform> channel_;
  std::optional<time_point> missed_;
  time_point next_{};
  duration period_{};
};

// One that nobody owns. It goes when it has fired for the last time, or fires and nobody could take what does.
template <class Platform>
class lone_timer final : public timed_channel<Platform> {
  using base = timed_channel<Platform>;
  using allocator = typename Platform::template allocator<lone_timer>;
  using traits = std::allocator_traits<allocator>;

 public:
  using typename base::duration;
  using typename base::time_point;

  explicit lone_timer(clock<Platform>& c) : base(c, &time_is_up) {}
  static receiver<time_point, Platform> start(time_point at, duration period) {
    clock<Platform>& c = clock<Platform>::the_one();
    allocator a;
    lone_timer* const made = traits::allocate(a, 1);
    std::construct_at(made, c);
    try {
      auto out = made->channel();
      static_cast<base*>(made)->start(at, period);
      return out;
    } catch (...) {
      go(made);
      throw;
    }
  }

 private:
  static time_point time_is_up(typename clock<Platform>::timer& t, time_point now) {
    auto& self = static_cast<lone_timer&>(t);
    const bool heard = self.is_heard();
    if (heard) self.put(now);
    if (heard && self.period() != duration::zero()) return self.next_after(now);
    go(&self);
    return Platform::no_deadline;
  }
  static void go(lone_timer* t) noexcept {
    allocator a;
    std::destroy_at(t);
    traits::deallocate(a, t, 1);
  }
};

}  // namespace sluice::detail
