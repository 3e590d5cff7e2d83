// SPDX-License-Identifier: BSL-1.0
#pragma once
// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010) for random walks; the
// stale reads are after PCTWM (Gao, Chakraborty, Kulahcioglu Ozkan, ASPLOS 2023).
//
// Threads have random priorities, and the highest that can move does, one event at a time; what it reads is the newest,
// what it writes comes last. At depth - 1 moments, drawn among the steps that a walk takes, one of two things happens: the
// thread that is about to move gets a priority below all that threads had at the start, or its event may be any that the
// model allows. A bug of that depth, which shows once that many such moments are right, is met by a walk with a
// probability of at least chance(). Not counted: what the client or the end of a wait chooses, which is drawn evenly;
// and that a thread which goes on without end has to fall below all others.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace sluice::explore {

class priorities {
 public:
  void start(unsigned threads, unsigned depth, std::uint64_t seed) {
    threads_ = threads;
    depth_ = depth;
    random_.seed(seed);
  }
  bool in_use() const { return depth_ != 0; }

  void start_walk() {
    longest_ = std::max(longest_, step_);
    if (longest_ != known_length_) known_length_ = longest_, walks_ = 0;
    ++walks_;
    step_ = 0;
    in_a_row_ = 0;
    last_ = 0;
    fallen_ = 0;
    priority_.resize(threads_ + 1);
    std::iota(priority_.begin(), priority_.end(), static_cast<std::int64_t>(depth_));
    std::shuffle(priority_.begin() + 1, priority_.end(), random_);
    moments_.clear();
    std::uniform_int_distribution<std::uint64_t> draw(1, known_length_ == 0 ? 1 : known_length_);
    for (unsigned i = 1; i < depth_; ++i) {
      const auto at = draw(random_);
      moments_.push_back({at, random_() % 2 == 0});
    }
  }

  // Who of `enabled` moves next.
  std::uint32_t next(const std::vector<std::uint32_t>& enabled) {
    ++step_;
    anything_goes_ = false;
    for (std::size_t i = 0; i != moments_.size(); ++i) {
      if (moments_[i].step != step_) continue;
      if (moments_[i].is_change)
        priority_[highest(enabled)] = static_cast<std::int64_t>(i + 1);
      else
        anything_goes_ = true;
    }
    const std::uint32_t chosen = highest(enabled);
    in_a_row_ = chosen == last_ ? in_a_row_ + 1 : 0;
    last_ = chosen;
    if (in_a_row_ >= patience) priority_[chosen] = --fallen_, in_a_row_ = 0;
    return chosen;
  }
  // May the event under way be any of its alternatives, and not only the most ordinary one?
  bool anything_goes() const { return anything_goes_; }
  // That one walk meets a given bug of this depth, at least, if any of its events had at most so many alternatives.
  double chance(std::size_t alternatives) const {
    const std::uint64_t steps = longest_ < step_ ? step_ : longest_;
    const double moments = 2.0 * static_cast<double>(steps == 0 ? 1 : steps);
    return std::pow(moments * static_cast<double>(alternatives), 1.0 - depth_) / threads_;
  }
  // Walks whose moments were drawn among as many steps as the longest walk has.
  std::uint64_t walks() const { return walks_; }

 private:
  static constexpr std::uint64_t patience = 200;
  struct moment {
    std::uint64_t step;
    bool is_change;
  };

  std::uint32_t highest(const std::vector<std::uint32_t>& enabled) const {
    return *std::max_element(enabled.begin(), enabled.end(),
                             [this](std::uint32_t a, std::uint32_t b) { return priority_[a] < priority_[b]; });
  }

  unsigned threads_ = 0;
  unsigned depth_ = 0;
  std::mt19937_64 random_;
  std::vector<std::int64_t> priority_;  // by thread, from 1
  std::int64_t fallen_ = 0;
  std::vector<moment> moments_;
  std::uint64_t step_ = 0;
  std::uint64_t longest_ = 0;
  std::uint64_t known_length_ = 0;
  std::uint64_t walks_ = 0;
  std::uint64_t in_a_row_ = 0;
  std::uint32_t last_ = 0;
  bool anything_goes_ = false;
};

}  // namespace sluice::explore
