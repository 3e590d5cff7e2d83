// SPDX-License-Identifier: BSL-1.0
#pragma once
// A clock that stands still but for those who wait, who set it to the time that they wait for, and for the test. Copies are one clock.
#include <atomic>
#include <chrono>
#include <memory>

#include <sluice/chan.hpp>
#include <sluice/real_clock.hpp>

namespace sluice::test {

class manual_clock {
 public:
  clock_time now() const { return clock_time(clock_time::duration(since_->load())); }
  bool sleep_until(clock_time t, const receiver<void>& done) const {
    if (done.is_closed()) return false;
    auto old = since_->load();
    while (old < t.time_since_epoch().count() && !since_->compare_exchange_weak(old, t.time_since_epoch().count())) {
    }
    return true;
  }
  void advance(clock_time::duration d) const { *since_ += d.count(); }

 private:
  std::shared_ptr<std::atomic<clock_time::rep>> since_ = std::make_shared<std::atomic<clock_time::rep>>(0);
};

}  // namespace sluice::test
