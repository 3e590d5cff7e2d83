// SPDX-License-Identifier: BSL-1.0
#pragma once
// Numbers that say who sent them, and what one receiver notes of those that arrive: their sum, and whether each sender's
// came in the order in which it sent them.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

inline constexpr const char* sums_differ = "what was popped is not what was pushed";
inline constexpr const char* out_of_order = "one producer's elements were popped in another order than pushed";

// The i-th element, sent by `sender`. Never 0, and of one sender increasing with i.
constexpr std::uint64_t numbered(std::uint64_t sender, std::uint64_t i) noexcept { return sender << 40U | (i + 1); }

class arrivals {
 public:
  // `lanes`: in how many orders each of the senders' elements come, by i % lanes. A power of two.
  explicit arrivals(int senders, std::size_t lanes = 1)
      : lanes_(lanes), last_(static_cast<std::size_t>(senders) * lanes) {}

  void saw(std::uint64_t number) noexcept {
    sum_ += number;
    std::uint64_t& last = last_[(number >> 40U) * lanes_ + ((number - 1) & (lanes_ - 1))];
    in_order_ = in_order_ && number > last;
    last = number;
  }
  // For elements that are all alike, and tell no number: as if each were 1.
  void saw_alike(std::uint64_t n) noexcept { sum_ += n; }
  std::uint64_t sum() const noexcept { return sum_; }
  bool in_order() const noexcept { return in_order_; }

 private:
  std::uint64_t sum_ = 0;
  bool in_order_ = true;
  const std::size_t lanes_;
  std::vector<std::uint64_t> last_;
};

}  // namespace bench
