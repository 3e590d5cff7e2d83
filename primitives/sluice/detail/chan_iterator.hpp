// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <iterator>
#include <optional>

namespace sluice::detail {

// Pops from `Chan`, one element a step, until it is closed and drained. An input iterator: one pass.
template <class Chan>
class chan_iterator {
 public:
  using value_type = typename Chan::value_type;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  explicit chan_iterator(const Chan& from) : from_(&from), current_(from.pop()) {}
  chan_iterator(chan_iterator&&) noexcept = default;
  chan_iterator& operator=(chan_iterator&&) noexcept = default;

  value_type& operator*() const noexcept { return *current_; }
  chan_iterator& operator++() {
    current_.reset();
    if (std::optional<value_type> next = from_->pop()) current_.emplace(*std::move(next));
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return !current_.has_value(); }

 private:
  const Chan* from_;
  mutable std::optional<value_type> current_;
};

}  // namespace sluice::detail
