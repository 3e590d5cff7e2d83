// SPDX-License-Identifier: BSL-1.0
#pragma once
// Small random histories of a bounded FIFO, about half of them linearizable, and the slow way to tell which.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <ostream>
#include <vector>

#include <rapidcheck.h>

#include "written_history.hpp"

namespace sluice::test {

struct random_history {
  std::size_t capacity;
  fifo_history events;
};

inline void showValue(const random_history& h, std::ostream& os) {
  os << "capacity " << h.capacity << '\n' << kit::columns_of(h.events);
}

// Tries every order that respects "returned before the other was called". For a handful of operations.
inline bool some_order_explains(const specs::fifo_rules& rules, const fifo_history& h,
                                const specs::bounded_fifo<int>& state, std::vector<bool> done) {
  bool complete = true;
  for (std::size_t i = 0; i != h.size(); ++i) complete = complete && (done[i] || !h[i].answer);
  if (complete) return true;
  for (std::size_t i = 0; i != h.size(); ++i) {
    if (done[i]) continue;
    bool first = true;
    std::size_t overlapping = 0;
    for (std::size_t j = 0; j != h.size(); ++j) {
      if (!done[j] && h[j].returned < h[i].called) first = false;
      if (j != i && h[j].called <= h[i].returned && h[i].called <= h[j].returned) ++overlapping;
    }
    specs::bounded_fifo<int> after = state;
    if (!first || !rules.step(after, h[i].call, h[i].answer ? &*h[i].answer : nullptr, overlapping)) continue;
    done[i] = true;
    if (some_order_explains(rules, h, after, done)) return true;
    done[i] = false;
  }
  return false;
}
inline bool some_order_explains(const specs::fifo_rules& rules, const fifo_history& h) {
  return some_order_explains(rules, h, rules.initial(), std::vector<bool>(h.size()));
}

// Plays a real queue, whose operations take effect at some moment between call and return; then perhaps falsifies an
// answer. `draws` decides everything, so that it shrinks with it.
class history_player {
 public:
  history_player(std::size_t capacity, const std::vector<unsigned char>& draws) : queue_(capacity), draws_(draws) {}

  fifo_history play() {
    while (next_ < draws_.size() && history_.size() < 7) advance(draw() % 3U);
    if (draw() % 2U == 0 && !history_.empty()) falsify(history_[draw() % history_.size()]);
    return history_;
  }

 private:
  enum class phase { idle, called, effective };
  struct actor {
    phase at = phase::idle;
    std::size_t operation = 0;
    specs::fifo_answer answer{};
  };

  unsigned draw() { return next_ < draws_.size() ? draws_[next_++] : (++next_, 0U); }

  void advance(unsigned thread) {
    actor& a = actors_[thread];
    ++now_;
    if (a.at == phase::idle) {
      a.operation = history_.size();
      history_.push_back({thread, some_call(), std::nullopt, now_});
      a.at = phase::called;
    } else if (a.at == phase::called) {
      a.answer = perform(history_[a.operation].call);
      a.at = phase::effective;
    } else {
      history_[a.operation].answer = a.answer;
      history_[a.operation].returned = now_;
      a.at = phase::idle;
    }
  }
  specs::fifo_call some_call() {
    const unsigned d = draw() % 9U;
    if (d < 4) return words::try_push(++last_value_);
    if (d < 8) return words::try_pop;
    return d % 2U == 0 ? words::close : words::is_closed;
  }
  specs::fifo_answer perform(const specs::fifo_call& c) {
    if (pushes(c.action)) return {queue_.push(c.value)};
    if (c.action == specs::fifo_action::close) return queue_.close(), words::success;
    if (c.action == specs::fifo_action::is_closed) return queue_.is_closed() ? words::closed : words::success;
    const auto taken = queue_.pop();
    return {taken.outcome, taken.value.value_or(0)};
  }
  void falsify(kit::operation<specs::fifo_call, specs::fifo_answer>& op) {
    if (!op.answer) return;
    using namespace words;
    const bool is_push = pushes(op.call.action);
    const specs::fifo_answer lies[] = {is_push ? full : empty, closed, is_push ? success : value(1), value(2),
                                       value(3)};
    op.answer = lies[draw() % (is_push ? 3U : 5U)];
  }

  specs::bounded_fifo<int> queue_;
  const std::vector<unsigned char>& draws_;
  std::size_t next_ = 0;
  std::uint64_t now_ = 0;
  int last_value_ = 0;
  actor actors_[3];
  fifo_history history_;
};

}  // namespace sluice::test

template <>
struct rc::Arbitrary<sluice::test::random_history> {
  static Gen<sluice::test::random_history> arbitrary() {
    return gen::map(
        gen::pair(gen::inRange<std::size_t>(1, 4), gen::resize(400, gen::arbitrary<std::vector<unsigned char>>())),
        [](const std::pair<std::size_t, std::vector<unsigned char>>& d) {
          return sluice::test::random_history{d.first, sluice::test::history_player(d.first, d.second).play()};
        });
  }
};
