// SPDX-License-Identifier: BSL-1.0
#pragma once
// Histories of a bounded FIFO written down by hand, event by event, in the order in which they happen.
#include <cstdint>
#include <initializer_list>
#include <map>
#include <variant>

#include <kit/history.hpp>
#include <specs/bounded_fifo_calls.hpp>

namespace sluice::test {

using fifo_history = kit::history<specs::fifo_call, specs::fifo_answer>;
using fifo_recorder = kit::recorder<specs::fifo_call, specs::fifo_answer>;

struct written_event {
  unsigned thread;
  std::variant<specs::fifo_call, specs::fifo_answer> what;
};

inline fifo_history written_history(std::initializer_list<written_event> events) {
  fifo_history h;
  std::map<unsigned, std::size_t> open;
  std::uint64_t now = 0;
  for (const written_event& e : events) {
    ++now;
    if (const auto* call = std::get_if<specs::fifo_call>(&e.what)) {
      open[e.thread] = h.size();
      h.push_back({e.thread, *call, std::nullopt, now});
    } else {
      h[open.at(e.thread)].answer = std::get<specs::fifo_answer>(e.what);
      h[open.at(e.thread)].returned = now;
    }
  }
  return h;
}

// The words of a written history. A namespace of their own, because they are everybody's words.
namespace words {

inline constexpr auto try_push = [](int v) { return specs::fifo_call{specs::fifo_action::try_push, v}; };
inline constexpr auto push = [](int v) { return specs::fifo_call{specs::fifo_action::push, v}; };
inline constexpr auto push_timed = [](int v) { return specs::fifo_call{specs::fifo_action::push_timed, v}; };
inline constexpr specs::fifo_call try_pop{specs::fifo_action::try_pop};
inline constexpr specs::fifo_call pop{specs::fifo_action::pop};
inline constexpr specs::fifo_call pop_timed{specs::fifo_action::pop_timed};
inline constexpr specs::fifo_call pop_stoppable{specs::fifo_action::pop_stoppable};
inline constexpr specs::fifo_call close{specs::fifo_action::close};
inline constexpr specs::fifo_call is_closed{specs::fifo_action::is_closed};

inline constexpr specs::fifo_answer success{specs::fifo_outcome::success};
inline constexpr auto value = [](int v) { return specs::fifo_answer{specs::fifo_outcome::success, v}; };
inline constexpr specs::fifo_answer empty{specs::fifo_outcome::empty};
inline constexpr specs::fifo_answer full{specs::fifo_outcome::full};
inline constexpr specs::fifo_answer closed{specs::fifo_outcome::closed};
inline constexpr specs::fifo_answer busy{specs::fifo_outcome::busy};
inline constexpr specs::fifo_answer timed_out{specs::fifo_outcome::timed_out};
inline constexpr specs::fifo_answer stopped{specs::fifo_outcome::stopped};

}  // namespace words
}  // namespace sluice::test
