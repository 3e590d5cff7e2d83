// SPDX-License-Identifier: BSL-1.0
#pragma once
// Performs the calls of models/specs on a real ring or queue of ints.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string_view>
#include <utility>

#include <sluice/conqueue.hpp>
#include <specs/bounded_fifo_calls.hpp>

namespace sluice::test {

template <class Status>
specs::fifo_outcome outcome_of(Status s) {
  const std::string_view name = to_string(s);
  for (int i = 0; i <= static_cast<int>(specs::fifo_outcome::stopped); ++i)
    if (name == to_string(static_cast<specs::fifo_outcome>(i))) return static_cast<specs::fifo_outcome>(i);
  throw std::logic_error("an answer that the specification does not know");
}

template <class Expected>
specs::fifo_answer answer_of(const Expected& e) {
  if (e.has_value()) return {specs::fifo_outcome::success, static_cast<int>(*e)};
  return {outcome_of(e.error())};
}

// A queue without its type, so that what runs programs on it is compiled once.
struct some_fifo {
  virtual ~some_fifo() = default;
  virtual specs::fifo_answer operator()(const specs::fifo_call& c) = 0;
};

template <class Queue>
class fifo_subject final : public some_fifo {
 public:
  explicit fifo_subject(Queue& q) : queue_(q) {}

  specs::fifo_answer operator()(const specs::fifo_call& c) override {
    switch (c.action) {
      case specs::fifo_action::try_push: return {outcome_of(queue_.try_push(c.value))};
      case specs::fifo_action::try_pop: return answer_of(queue_.try_pop());
      default: break;
    }
    if constexpr (requires { queue_.close(); }) {
      if (c.action == specs::fifo_action::close) return queue_.close(), specs::fifo_answer{};
      if (c.action == specs::fifo_action::is_closed)
        return {queue_.is_closed() ? specs::fifo_outcome::closed : specs::fifo_outcome::success};
    }
    if constexpr (requires { queue_.pop(); }) return block(c);
    throw std::logic_error("the queue under test does not have this operation");
  }

 private:
  specs::fifo_answer block(const specs::fifo_call& c) {
    using enum specs::fifo_action;
    switch (c.action) {
      case push: return {queue_.push(c.value) ? specs::fifo_outcome::success : specs::fifo_outcome::closed};
      case push_timed: return {outcome_of(queue_.push_for(c.value, patience()))};
      case push_stoppable: return {outcome_of(queue_.push_or_stop(c.value, stop_.get_token()))};
      case pop: {
        const std::optional<int> v = queue_.pop();
        return v ? specs::fifo_answer{specs::fifo_outcome::success, *v}
                 : specs::fifo_answer{specs::fifo_outcome::closed};
      }
      case pop_timed: return answer_of(queue_.pop_for(patience()));
      case pop_stoppable: return answer_of(queue_.pop_or_stop(stop_.get_token()));
      case request_stop: return stop_.request_stop(), specs::fifo_answer{};
      default: throw std::logic_error("not a blocking operation");
    }
  }
  // Short enough that deadlines race with deliveries.
  static std::chrono::microseconds patience() { return std::chrono::microseconds(20); }

  Queue& queue_;
  std::stop_source stop_{};
};

// The same with the queue itself.
template <class Queue>
class owned_fifo final : public some_fifo {
 public:
  explicit owned_fifo(std::unique_ptr<Queue> q) : queue_(std::move(q)) {}
  specs::fifo_answer operator()(const specs::fifo_call& c) override { return subject_(c); }

 private:
  std::unique_ptr<Queue> queue_;
  fifo_subject<Queue> subject_{*queue_};
};
using fifo_maker = std::function<std::unique_ptr<some_fifo>()>;

// Queues that `make` makes, which returns a std::unique_ptr.
template <class Make>
fifo_maker maker_of(const Make& make) {
  using queue = typename decltype(make())::element_type;
  return [&make] { return std::make_unique<owned_fifo<queue>>(make()); };
}

}  // namespace sluice::test
