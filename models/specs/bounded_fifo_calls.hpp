// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls and answers of a concurrent bounded FIFO queue, and which answer bounded_fifo permits in which state: what
// a linearizability checker asks. Elements are ints.
#include <cstddef>
#include <cstdint>
#include <ostream>

#include <specs/bounded_fifo.hpp>

namespace sluice::specs {

// The plain forms block; a timed or stoppable one may give up, a try_* never waits. request_stop is no operation of the
// queue: it is recorded so that a printed history shows it.
enum class fifo_action : std::uint8_t {
  try_push,
  push,
  push_timed,
  push_stoppable,
  try_pop,
  pop,
  pop_timed,
  pop_stoppable,
  close,
  is_closed,
  request_stop
};

constexpr const char* to_string(fifo_action a) noexcept {
  switch (a) {
    case fifo_action::try_push: return "try_push";
    case fifo_action::push: return "push";
    case fifo_action::push_timed: return "push_timed";
    case fifo_action::push_stoppable: return "push_stoppable";
    case fifo_action::try_pop: return "try_pop";
    case fifo_action::pop: return "pop";
    case fifo_action::pop_timed: return "pop_timed";
    case fifo_action::pop_stoppable: return "pop_stoppable";
    case fifo_action::close: return "close";
    case fifo_action::is_closed: return "is_closed";
    case fifo_action::request_stop: return "request_stop";
  }
  return "unknown";
}

constexpr bool pushes(fifo_action a) noexcept { return a <= fifo_action::push_stoppable; }
constexpr bool pops(fifo_action a) noexcept { return !pushes(a) && a <= fifo_action::pop_stoppable; }

struct fifo_call {
  fifo_action action = fifo_action::try_pop;
  int value = 0;  // of a push
  friend bool operator==(const fifo_call&, const fifo_call&) = default;
};

struct fifo_answer {
  fifo_outcome outcome = fifo_outcome::success;  // is_closed answers closed or success
  int value = 0;  // of a successful pop
  friend bool operator==(const fifo_answer&, const fifo_answer&) = default;
};

inline std::ostream& operator<<(std::ostream& os, const fifo_call& c) {
  os << to_string(c.action);
  return pushes(c.action) ? os << '(' << c.value << ')' : os;
}
inline std::ostream& operator<<(std::ostream& os, const fifo_answer& a) {
  os << to_string(a.outcome);
  return a.outcome == fifo_outcome::success && a.value != 0 ? os << ' ' << a.value : os;
}

// Which answers are right. `overlapping` is the number of operations that overlap the one in question.
class fifo_rules {
 public:
  using state = bounded_fifo<int>;
  // Exact: full means full. Conservative: slots that overlapping operations may hold count as taken.
  enum class full_means : bool { exact, conservative };

  explicit fifo_rules(std::size_t capacity, full_means full = full_means::exact) : capacity_(capacity), full_(full) {}

  state initial() const { return state(capacity_); }

  // Whether `c` may take effect in `s` with answer `*a`, and that effect. Without an answer (the operation has not
  // returned) only an effect on the queue is of interest.
  bool step(state& s, const fifo_call& c, const fifo_answer* a, std::size_t overlapping) const {
    if (c.action == fifo_action::close) return s.close(), true;
    if (c.action == fifo_action::request_stop) return true;
    if (c.action == fifo_action::is_closed) return !a || (a->outcome == fifo_outcome::closed) == s.is_closed();
    const fifo_outcome o = a ? a->outcome : fifo_outcome::success;
    const fifo_outcome truth = pushes(c.action) ? s.push_outcome() : s.pop_outcome();
    switch (o) {
      case fifo_outcome::success:
        if (pushes(c.action)) return s.push(c.value) == o;
        if (const auto taken = s.pop(); taken.value) return !a || *taken.value == a->value;
        return false;
      case fifo_outcome::full:
        return truth == o || (full_ == full_means::conservative && truth == fifo_outcome::success &&
                              s.size() + overlapping >= capacity_);
      // A queue that is used by one thread is never busy.
      case fifo_outcome::busy: return overlapping != 0;
      // Giving up loses to room or an element, but for a peer that has not finished with the slot.
      case fifo_outcome::timed_out:
      case fifo_outcome::stopped:
        return overlapping != 0 || truth == (pushes(c.action) ? fifo_outcome::full : fifo_outcome::empty);
      case fifo_outcome::empty:
      case fifo_outcome::closed: return truth == o;
    }
    return false;
  }

 private:
  std::size_t capacity_;
  full_means full_;
};

}  // namespace sluice::specs
