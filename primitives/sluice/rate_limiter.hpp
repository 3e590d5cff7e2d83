// SPDX-License-Identifier: BSL-1.0
#pragma once
// rate_limiter: lets so many through in a time, by token buckets, of one tier or several: ten a second and 300 a minute. Go's
// x/time/rate, and the multiLimiter of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017).
//
//   sluice::rate_limiter limit({{100ms, 5}, {200ms, 30}});     // a token every 100 ms, up to 5 at once; and the slower tier
//   if (limit.take(ctx.done())) call();                        // waits for its turn; false: ctx ended before
//   if (limit.try_take()) call(); else refuse();
//   for (auto& job : sluice::patterns::limit_rate(done, jobs, limit)) …
//
// Guarantee. In any span of time t each tier has at most t / every + burst turns; each is given once, in the order in which they are
// asked for. Who comes late for a turn comes closer to the next one. A turn that is given up is there for others if none was reserved after it; else it is lost,
// so that the rate holds. A request for more than some tier's burst could never be met: std::invalid_argument.
// How: a bucket is the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371): no ticker fills it, and
// nothing is rounded. Linearization point of reserve and try_take: under a short lock. O(tiers); nothing allocates after
// construction. Handles share the limiter; any thread may use any of them.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sluice/mutex.hpp>
#include <sluice/real_clock.hpp>
#include <sluice/stage.hpp>

namespace sluice {

// One bucket, with neither lock nor clock; begins full.
class token_bucket {
 public:
  using duration = std::chrono::nanoseconds;

  // A token every `every`, room for `burst`. Throws std::invalid_argument unless both are positive and the product is a duration.
  token_bucket(duration every, std::int64_t burst) : every_(every), burst_(burst) {
    if (every.count() < 1 || burst < 1 || burst > std::numeric_limits<std::int64_t>::max() / 4 / every.count())
      throw std::invalid_argument("sluice::token_bucket: a token every " + std::to_string(every.count()) + " ns, " +
                                  std::to_string(burst) + " at once; both have to be positive, and their product fit");
  }
  std::int64_t burst() const noexcept { return burst_; }
  // When n tokens will be there, if nobody takes any before; not before `now`. Never, where that is beyond the clock.
  clock_time ready(std::int64_t n, clock_time now) const noexcept {
    if (full_at_ == never) return never;
    return std::max(now, std::max(full_at_, now) + (n - burst_) * every_);
  }
  // Takes n tokens at `at`, which is not before ready(n).
  void take(std::int64_t n, clock_time at) noexcept {
    before_ = full_at_;
    const clock_time from = std::max(full_at_, at);
    full_at_ = from < never - n * every_ ? from + n * every_ : never;
  }
  // As if the last take had not been.
  void undo() noexcept { full_at_ = before_; }

 private:
  static constexpr clock_time never = clock_time::max();
  duration every_;
  std::int64_t burst_;
  clock_time full_at_{clock_time::duration::min() / 2};
  clock_time before_ = full_at_;
};

template <waiting_clock Clock = real_clock>
class basic_rate_limiter {
 public:
  // Throws std::invalid_argument if there is no tier.
  explicit basic_rate_limiter(std::vector<token_bucket> tiers, Clock clock = {})
      : shared_(std::make_shared<shared>(std::move(tiers), std::move(clock))) {
    if (shared_->tiers.empty()) throw std::invalid_argument("sluice::rate_limiter: no tier, which limits nothing");
  }
  basic_rate_limiter(token_bucket::duration every, std::int64_t burst, Clock clock = {})
      : basic_rate_limiter({token_bucket(every, burst)}, std::move(clock)) {}

  // A turn, at a time that may lie ahead, and beyond the clock is never: who has it waits until then, or gives it up.
  struct turn {
    clock_time at;
    std::uint64_t number;
  };
  turn reserve(std::int64_t n = 1) const {
    const std::scoped_lock lock(shared_->guard);
    return shared_->take(n, shared_->ready(n, shared_->clock.now()));
  }
  void give_up(const turn& t) const {
    const std::scoped_lock lock(shared_->guard);
    if (t.number != shared_->turns) return;
    for (token_bucket& b : shared_->tiers) b.undo();
    ++shared_->turns;
  }
  // A turn now, or none. Never waits for one.
  bool try_take(std::int64_t n = 1) const {
    const std::scoped_lock lock(shared_->guard);
    const clock_time now = shared_->clock.now();
    if (shared_->ready(n, now) > now) return false;
    static_cast<void>(shared_->take(n, now));
    return true;
  }
  // Waits for a turn: true. False: `done` was closed before, and the turn is given up.
  bool take(const receiver<void>& done = {}, std::int64_t n = 1) const {
    const turn mine = reserve(n);
    if (shared_->clock.sleep_until(mine.at, done)) return true;
    give_up(mine);
    return false;
  }

 private:
  struct shared {
    shared(std::vector<token_bucket> t, Clock c) : clock(std::move(c)), tiers(std::move(t)) {}
    // When n can pass: not before any turn that was given, for the tier that decided on that has had its tokens taken.
    clock_time ready(std::int64_t n, clock_time now) const {
      clock_time at = now;
      for (const token_bucket& b : tiers) {
        if (n < 1 || n > b.burst())
          throw std::invalid_argument("sluice::rate_limiter: " + std::to_string(n) + " at once, of " +
                                      std::to_string(b.burst()) + " that there can be");
        at = std::max(at, b.ready(n, now));
      }
      return at;
    }
    turn take(std::int64_t n, clock_time at) {
      for (token_bucket& b : tiers) b.take(n, at);
      return {at, ++turns};
    }

    const Clock clock;
    basic_mutex<std_platform> guard;
    std::vector<token_bucket> tiers;  // under guard
    std::uint64_t turns = 0;  // likewise: the number of the last one, or of its end if it was given up
  };
  std::shared_ptr<shared> shared_;
};
using rate_limiter = basic_rate_limiter<>;

namespace patterns {

// Each element, in its turn.
template <readable In, class Clock>
receiver<typename In::value_type> limit_rate(receiver<void> done, In in, basic_rate_limiter<Clock> limit) {
  return detail::own<typename In::value_type>("limit_rate", std::move(done),
                                              [in = std::move(in), limit = std::move(limit)](const auto& out) {
                                                while (auto v = pop_or_done(out.done(), in))
                                                  if (!limit.take(out.done()) || !out.push(*std::move(v))) return;
                                              });
}

}  // namespace patterns
}  // namespace sluice
