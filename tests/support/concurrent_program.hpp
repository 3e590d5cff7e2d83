// SPDX-License-Identifier: BSL-1.0
#pragma once
// Small random concurrent programs, run on real threads whose turns are perturbed, and checked for linearizability.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/bounded_fifo_calls.hpp>

#include "fifo_subject.hpp"
#include "written_history.hpp"

namespace sluice::test {

struct concurrent_program {
  std::size_t capacity = 1;
  std::vector<std::vector<specs::fifo_action>> threads{};
  // Whether one more thread closes the queue at some moment. Programs that could otherwise block for ever need it.
  bool is_closed_from_outside = false;
  std::uint64_t seed = 0;
};

inline void showValue(const concurrent_program& p, std::ostream& os) {
  os << "capacity " << p.capacity << (p.is_closed_from_outside ? ", closed from outside" : "") << ", seed " << p.seed;
  for (const auto& actions : p.threads) {
    os << "\n  thread:";
    for (const specs::fifo_action a : actions) os << ' ' << to_string(a);
  }
  os << '\n';
}

// What each of a program's threads may do.
using roles = std::vector<std::vector<specs::fifo_action>>;

// Programs of one thread per role, of 2 to 6 actions each, on a queue of capacity 1 to 3.
inline rc::Gen<concurrent_program> programs_of(roles r, bool close_from_outside = false) {
  return rc::gen::exec([r = std::move(r), close_from_outside] {
    concurrent_program p;
    p.capacity = *rc::gen::inRange<std::size_t>(1, 4);
    p.is_closed_from_outside = close_from_outside;
    p.seed = *rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint32_t>()));
    for (const auto& actions : r) {
      const auto length = *rc::gen::inRange(2, 7);
      p.threads.push_back(*rc::gen::container<std::vector<specs::fifo_action>>(static_cast<std::size_t>(length),
                                                                               rc::gen::elementOf(actions)));
    }
    return p;
  });
}
// Two to four threads that all may do the same.
inline rc::Gen<concurrent_program> programs_of_equals(const std::vector<specs::fifo_action>& actions,
                                                      bool close_from_outside = false) {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(2, 5), [actions, close_from_outside](std::size_t threads) {
    return programs_of(roles(threads, actions), close_from_outside);
  });
}

// A team of `threads` threads that lasts for the whole program.
inline kit::team& team_of(unsigned threads) {
  static std::map<unsigned, kit::team> teams;
  return teams.try_emplace(threads, threads).first->second;
}

class program_runner {
 public:
  program_runner(const concurrent_program& program, const specs::fifo_rules& rules) : program_(program), rules_(rules) {
    int value = 0;
    for (const auto& actions : program.threads) {
      calls_.emplace_back();
      for (const specs::fifo_action a : actions) calls_.back().push_back({a, pushes(a) ? ++value : 0});
    }
  }

  // Runs the program `rounds` times, each on a queue of its own from `make()`. The first history that is not
  // linearizable, for people; nothing if there is none.
  std::optional<std::string> first_failure(unsigned rounds, const fifo_maker& make) {
    for (unsigned round = 0; round != rounds; ++round) {
      const auto result = kit::check_linearizability(rules_, one_round(round, make));
      if (result.verdict == kit::linearizability_verdict::ok) continue;
      std::ostringstream text;
      text << "seed " << program_.seed << ", round " << round << '\n' << result.explanation();
      return text.str();
    }
    return std::nullopt;
  }

  fifo_history one_round(unsigned round, const fifo_maker& make) {
    const auto made = make();
    some_fifo& subject = *made;
    const auto threads = static_cast<unsigned>(calls_.size());
    fifo_recorder recorder(threads + 1, 16);
    kit::team& team = team_of(threads);
    team.begin([&](unsigned t) {
      perturb(round, t);
      for (const specs::fifo_call& c : calls_[t]) recorder.record(t, c, [&] { return subject(c); });
    });
    if (program_.is_closed_from_outside) {
      perturb(round, threads);
      for (std::uint64_t i = (program_.seed + round * 7) % 64; i != 0; --i) std_platform::yield();
      recorder.record(threads, words::close, [&] { return subject(words::close); });
    }
    if (!team.finish(std::chrono::seconds(100))) give_up(round, recorder.recorded());
    return recorder.recorded();
  }

 private:
  // How often threads yield differs from round to round: every few accesses, rarely, never.
  void perturb(unsigned round, unsigned thread) const {
    constexpr unsigned one_in[] = {3, 0, 8, 2, 20, 5};
    kit::perturbation::set(program_.seed * 1009 + round * 31 + thread, one_in[round % std::size(one_in)]);
  }
  // Threads that never return cannot be taken back: say what is known and end.
  [[noreturn]] void give_up(unsigned round, const fifo_history& h) const {
    std::cerr << "these operations do not return (seed " << program_.seed << ", round " << round << ")\n"
              << kit::columns_of(h);
    std::abort();
  }

  const concurrent_program& program_;
  const specs::fifo_rules& rules_;
  std::vector<std::vector<specs::fifo_call>> calls_{};
};

// Yields can take long on a machine that is busy with other things: after a while each program runs only once more.
class time_box {
 public:
  unsigned rounds(int wanted) const {
    return std::chrono::steady_clock::now() < end_ ? static_cast<unsigned>(wanted) : 1U;
  }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::seconds(3);
};

// For rapidcheck: every history of `program` on queues from `make` is linearizable.
template <class Make>
void check_program(const concurrent_program& program, const specs::fifo_rules& rules, unsigned rounds,
                   const Make& make) {
  if (const auto failure = program_runner(program, rules).first_failure(rounds, maker_of(make))) RC_FAIL(*failure);
}

}  // namespace sluice::test
