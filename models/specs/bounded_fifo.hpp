// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a bounded FIFO queue with close means when one thread uses it: the sequential specification of the rings and of
// bounded_queue.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::specs {

// How an operation ended. The first four are what a sequential queue can answer; the others only arise where operations
// overlap or may give up.
enum class fifo_outcome : std::uint8_t { success, empty, full, closed, busy, timed_out, stopped };

constexpr const char* to_string(fifo_outcome o) noexcept {
  switch (o) {
    case fifo_outcome::success: return "success";
    case fifo_outcome::empty: return "empty";
    case fifo_outcome::full: return "full";
    case fifo_outcome::closed: return "closed";
    case fifo_outcome::busy: return "busy";
    case fifo_outcome::timed_out: return "timed_out";
    case fifo_outcome::stopped: return "stopped";
  }
  return "unknown";
}

template <class T = int>
class bounded_fifo {
 public:
  // What a pop answers: success with a value, or why there is none.
  struct popped {
    fifo_outcome outcome;
    std::optional<T> value;
    friend bool operator==(const popped&, const popped&) = default;
  };

  explicit bounded_fifo(std::size_t capacity) : capacity_(capacity) {}

  // What push and pop would answer now. Closing outranks fullness; what is inside outranks closing.
  fifo_outcome push_outcome() const {
    if (closed_) return fifo_outcome::closed;
    return size() == capacity_ ? fifo_outcome::full : fifo_outcome::success;
  }
  fifo_outcome pop_outcome() const {
    if (size() != 0) return fifo_outcome::success;
    return closed_ ? fifo_outcome::closed : fifo_outcome::empty;
  }

  fifo_outcome push(T value) {
    const fifo_outcome o = push_outcome();
    if (o == fifo_outcome::success) elements_.push_back(std::move(value));
    return o;
  }
  popped pop() {
    popped answer{pop_outcome(), std::nullopt};
    if (answer.outcome == fifo_outcome::success) {
      answer.value = std::move(elements_.front());
      elements_.erase(elements_.begin());
    }
    return answer;
  }
  void close() { closed_ = true; }

  bool is_closed() const { return closed_; }
  std::size_t size() const { return elements_.size(); }
  std::size_t capacity() const { return capacity_; }

  friend bool operator==(const bounded_fifo&, const bounded_fifo&) = default;
  std::size_t hash() const {
    std::size_t h = closed_ ? 1 : 0;
    for (const T& e : elements_) h = h * 1'000'003 + std::hash<T>{}(e) + 1;
    return h;
  }

 private:
  std::size_t capacity_;
  bool closed_ = false;
  std::vector<T> elements_{};  // oldest first
};

}  // namespace sluice::specs
