// SPDX-License-Identifier: BSL-1.0
#pragma once
// How long a search may take.
#include <chrono>
#include <cstdint>
#include <limits>

namespace sluice::explore {

// Counts from where it is made.
class time_limit {
 public:
  explicit time_limit(double seconds) : seconds_(seconds) {}

  double passed() const { return std::chrono::duration<double>(watch::now() - start_).count(); }
  bool is_over() const { return passed() > seconds_; }
  // The same, for whoever asks so often that to look at the clock each time would cost too much.
  bool is_over_at_times() { return ++asked_ % between_looks == 0 && is_over(); }
  // From now on there is none.
  void lift() { seconds_ = std::numeric_limits<double>::infinity(); }

 private:
  using watch = std::chrono::steady_clock;
  static constexpr std::uint64_t between_looks = 64;
  watch::time_point start_ = watch::now();
  double seconds_;
  std::uint64_t asked_ = 0;
};

}  // namespace sluice::explore
