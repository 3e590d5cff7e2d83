// SPDX-License-Identifier: BSL-1.0
#pragma once
// The sequential meaning of a work-stealing deque.
#include <cstddef>
#include <deque>
#include <optional>

namespace sluice::specs {

template <class T>
class deque {
 public:
  void push(T v) { elements_.push_back(v); }
  std::optional<T> pop() {
    if (elements_.empty()) return std::nullopt;
    const T v = elements_.back();
    elements_.pop_back();
    return v;
  }
  std::optional<T> steal() {
    if (elements_.empty()) return std::nullopt;
    const T v = elements_.front();
    elements_.pop_front();
    return v;
  }
  std::size_t size() const { return elements_.size(); }
  const std::deque<T>& elements() const { return elements_; }
  friend bool operator==(const deque&, const deque&) = default;

 private:
  std::deque<T> elements_;
};

}  // namespace sluice::specs
