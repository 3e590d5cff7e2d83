// SPDX-License-Identifier: BSL-1.0
#pragma once
// Is a history linearizable: can each operation take effect at one moment between its call and its return, such that
// the answers are those of a sequential structure?
//
// After Wing and Gong (JPDC 1993) with Lowe's just-in-time linearization (Testing for linearizability, CPAE 2017): the
// events are taken in order, and an operation is linearized only when it, or one that must come after it, returns. What
// is kept is the set of configurations (state, which open operations have taken effect); a return that leaves none shows
// that the history is illegal.
//
// A pending operation may take effect at any time after its call, or never.
//
// Rules says what the structure means:
//   state                         copyable, ==, std::size_t hash() const
//   state initial() const
//   bool step(state&, const Call&, const Answer* answer, std::size_t overlapping) const
//                                 may the call take effect in this state with this answer, and that effect. No answer:
//                                 pending. `overlapping`: how many operations overlap it, for answers that depend on it
//   bool matters(const Call&) const   which of them; all, where Rules has none
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <kit/history.hpp>

namespace sluice::kit {

// unknown: the budget ran out (or more than 64 operations overlap); neither ok nor illegal was shown.
enum class linearizability_verdict : std::uint8_t { ok, illegal, unknown };

constexpr const char* to_string(linearizability_verdict v) noexcept {
  switch (v) {
    case linearizability_verdict::ok: return "ok";
    case linearizability_verdict::illegal: return "illegal";
    case linearizability_verdict::unknown: return "unknown";
  }
  return "?";
}

template <class Call, class Answer>
struct linearizability_result {
  linearizability_verdict verdict = linearizability_verdict::unknown;
  history<Call, Answer> prefix{};  // illegal: the shortest one that fails; unknown: as far as it came
  std::size_t steps = 0;  // calls of Rules::step

  // For people: the prefix in columns, and what is wrong with its last line.
  std::string explanation() const {
    if (verdict == linearizability_verdict::ok) return "linearizable\n";
    const std::string events = columns_of(prefix);
    if (verdict == linearizability_verdict::unknown)
      return events + "unknown: the search was given up here, after " + std::to_string(steps) + " steps\n";
    return events + "not linearizable: no order of these operations explains the last answer\n";
  }
};

namespace detail {

template <class Rules, class Call, class Answer>
class linearizer {
 public:
  linearizer(const Rules& rules, const history<Call, Answer>& h, std::size_t budget)
      : rules_(rules), history_(h), budget_(budget), events_(events_of(h)), overlapping_(overlaps()) {}

  // On illegal or unknown the prefix is where the search ended.
  linearizability_result<Call, Answer> run() {
    reached_.insert({rules_.initial(), 0});
    std::vector<std::size_t> slot_of(history_.size());
    for (std::size_t i = 0; i != events_.size(); ++i) {
      std::size_t& slot = slot_of[events_[i].operation];
      if (events_[i].is_return) {
        if (!take_return(slot)) return {exhausted_ ? unknown : illegal, prefix_of(history_, i + 1), steps_};
        open_ &= ~bit(slot);
      } else {
        if (open_ == UINT64_MAX) return {unknown, prefix_of(history_, i + 1), steps_};
        slot = static_cast<std::size_t>(std::countr_one(open_));
        open_ |= bit(slot);
        operation_in_[slot] = events_[i].operation;
      }
    }
    return {linearizability_verdict::ok, {}, steps_};
  }

 private:
  static constexpr auto illegal = linearizability_verdict::illegal;
  static constexpr auto unknown = linearizability_verdict::unknown;

  struct configuration {
    typename Rules::state state;
    std::uint64_t done;  // slots of open operations that have taken effect
    friend bool operator==(const configuration&, const configuration&) = default;
  };
  struct configuration_hash {
    std::size_t operator()(const configuration& c) const {
      return c.state.hash() * 0x9E3779B97F4A7C15U + static_cast<std::size_t>(c.done);
    }
  };
  using configurations = std::unordered_set<configuration, configuration_hash>;

  static constexpr std::uint64_t bit(std::size_t slot) noexcept { return std::uint64_t{1} << slot; }

  bool matters(std::size_t operation) const {
    if constexpr (requires { rules_.matters(history_[operation].call); })
      return rules_.matters(history_[operation].call);
    else
      return true;
  }
  // Per operation, how many others that matter were called before it returned and returned after it was called.
  std::vector<std::size_t> overlaps() const {
    std::vector<std::size_t> gone_before(history_.size()), count(history_.size());
    std::size_t calls = 0;
    std::size_t returns = 0;
    for (const history_event& e : events_) {
      const std::size_t one = matters(e.operation) ? 1 : 0;
      if (e.is_return) {
        count[e.operation] = calls - gone_before[e.operation] - one;
        returns += one;
      } else {
        gone_before[e.operation] = returns;
        calls += one;
      }
    }
    return count;
  }

  // The operation in `slot` returns: it takes effect now at the latest, after any of the other open ones. False if it
  // cannot, or if the budget ran out.
  bool take_return(std::size_t slot) {
    configurations next;
    configurations visited;
    std::vector<configuration> todo;
    for (const configuration& c : reached_) {
      if ((c.done & bit(slot)) != 0)
        next.insert({c.state, c.done & ~bit(slot)});
      else
        todo.push_back(c);
    }
    while (!todo.empty()) {
      const configuration from = std::move(todo.back());
      todo.pop_back();
      for (std::uint64_t rest = open_ & ~from.done; rest != 0; rest &= rest - 1) {
        const auto other = static_cast<std::size_t>(std::countr_zero(rest));
        if (++steps_ > budget_) return exhausted_ = true, false;
        configuration to = from;
        if (!step(to.state, operation_in_[other])) continue;
        if (other == slot) {
          next.insert(std::move(to));  // its slot is free again: done stays as it was
        } else {
          to.done |= bit(other);
          if (visited.insert(to).second) todo.push_back(std::move(to));
        }
      }
    }
    reached_ = std::move(next);
    return !reached_.empty();
  }

  bool step(typename Rules::state& s, std::size_t i) const {
    const operation<Call, Answer>& op = history_[i];
    return rules_.step(s, op.call, op.answer ? &*op.answer : nullptr, overlapping_[i]);
  }

  const Rules& rules_;
  const history<Call, Answer>& history_;
  const std::size_t budget_;
  const std::vector<history_event> events_;
  const std::vector<std::size_t> overlapping_;
  configurations reached_{};
  std::uint64_t open_ = 0;  // slots of operations called and not returned
  std::size_t operation_in_[64] = {};
  std::size_t steps_ = 0;
  bool exhausted_ = false;
};

}  // namespace detail

// Checks `h` against `rules` with at most `budget` calls of Rules::step.
template <class Rules, class Call, class Answer>
linearizability_result<Call, Answer> check_linearizability(const Rules& rules, const history<Call, Answer>& h,
                                                           std::size_t budget = 10'000'000) {
  using linearizer = detail::linearizer<Rules, Call, Answer>;
  auto result = linearizer(rules, h, budget).run();
  if (result.verdict != linearizability_verdict::illegal) return result;
  // The search knew the answers of operations that were still open where it ended. Without them it may take some more
  // events until nothing explains the answers seen so far.
  const std::size_t all = events_of(h).size();
  for (std::size_t n = events_of(result.prefix).size(); n != all; ++n) {
    auto prefix = prefix_of(h, n);
    if (linearizer(rules, prefix, budget).run().verdict == linearizability_verdict::illegal) {
      result.prefix = std::move(prefix);
      return result;
    }
  }
  result.prefix = h;
  return result;
}

}  // namespace sluice::kit
