// SPDX-License-Identifier: BSL-1.0
#pragma once
// check<Client>(options): every execution of the client, until one violates its property or none is left.
#include <cmath>
#include <new>
#include <sstream>
#include <utility>

#include <kit/client.hpp>
#include <kit/explore/dot.hpp>
#include <kit/explore/lookout.hpp>
#include <kit/explore/platform.hpp>
#include <kit/explore/strata.hpp>
#include <kit/explore/trace.hpp>

namespace sluice::explore {

namespace detail {

class campaign {
 public:
  campaign(const program& p, const options& o)
      : options_(o), threads_(p.threads), way_(o.replay, p.threads), machine_(p, o) {
    if (!o.replay.empty()) machine_.follow(way_);
    if (o.takes) machine_.alternatives().share(o.takes);
    report_.model = o.model;
  }

  // `rounds`: of a deadlock that the search by states found, see machine::rounds().
  report run(std::vector<std::string>& rounds) {
    const lookout guard(options_.patience);
    if (options_.probes != 0) return estimate();
    do {
      do {
        if (stopped()) break;
        const bool counts = machine_.alternatives().counts() && !machine_.is_learning();
        const outcome of = machine_.run();
        if (counts || of == outcome::failed || of == outcome::late) count(of);
      } while (report_.verdict == verdict::ok && machine_.backtrack());
    } while (report_.verdict == verdict::ok && starts_over());
    report_.states = machine_.states().size();
    if (options_.states && !machine_.bounds_preemptions() && report_.verdict == verdict::ok && report_.bounded == 0 &&
        machine_.finds_hopeless_state())
      report_.verdict = verdict::violation;
    rounds = machine_.rounds();
    report_.seconds = machine_.limit().passed();
    report_.changed = machine_.changed();
    conclude();
    return std::move(report_);
  }

 private:
  static constexpr const char* too_late = "stopped at max_seconds";

  // Passes through a sample of the tree of executions.
  report estimate() {
    strata nodes(options_.seed);
    double mean = 0, squares = 0, probes = 0;
    while (probes < static_cast<double>(options_.probes) && report_.verdict == verdict::ok && !stopped()) {
      machine_.alternatives().reset();
      nodes.start();
      double sum = 0;
      do {
        const outcome of = machine_.run();
        count(of);
        if (of == outcome::complete) sum += nodes.weight();
        nodes.keep(machine_.alternatives());
      } while (report_.verdict == verdict::ok && nodes.next(machine_.alternatives()));
      const double beyond = sum - mean;
      mean += beyond / ++probes;
      squares += beyond * (sum - mean);
    }
    report_.estimate = mean;
    report_.estimate_error = probes < 2 ? mean : std::sqrt(squares / (probes - 1) / probes);
    report_.seconds = machine_.limit().passed();
    conclude();
    return std::move(report_);
  }

  void count(outcome of) {
    switch (of) {
      case outcome::complete: ++report_.executions; break;
      case outcome::bounded: ++report_.bounded; [[fallthrough]];
      case outcome::blocked: ++report_.blocked; break;
      case outcome::merged: ++merged_; break;
      case outcome::failed: report_.verdict = verdict::violation; break;
      case outcome::late: give_up(too_late); break;
    }
  }

  // Counts from nothing again, if so.
  bool starts_over() {
    if (!machine_.must_start_over(report_.bounded != 0)) return false;
    report_.executions = report_.blocked = report_.bounded = 0;
    return true;
  }

  // There is more to explore; may it be?
  bool stopped() {
    const std::uint64_t done = report_.executions + report_.blocked + merged_;
    if (done >= options_.max_executions) return give_up("stopped at max_executions");
    if (machine_.keeps_too_many_apart()) return give_up(why_too_many_apart());
    return done % 16 == 0 && machine_.limit().is_over() && give_up(too_late);
  }
  bool give_up(std::string why) {
    report_.verdict = verdict::unknown;
    report_.message = std::move(why);
    return true;
  }

  static constexpr const char* why_none_is_met_again =
      "; or, while a thread goes round a loop, keep nothing on the ordinary heap and have no exception in flight: the "
      "search by states does not look there, and cannot tell that the thread comes to the same state again";
  std::string why_too_many_apart() const {
    return "stopped at " + std::to_string(options_.most_apart) +
           " states in which a thread keeps something on the ordinary heap, or has an exception in flight, where the "
           "search by states does not look: it cannot merge them (have memory from the Platform's allocator, elements "
           "from kit/token.hpp; or visit every execution, without --states)";
  }

  // Leaves out of the failed execution what it does not take to fail, where the rest fails in the same way.
  void shorten() {
    const violation kind = machine_.failure();
    if (!options_.replay.empty() || machine_.by_steps() || kind == violation::misuse) return;
    const std::string all = guide::token_of(machine_.events());
    const std::string needed = guide::token_of(machine_.events(), machine_.involved());
    if (needed == all) return;
    shown_ = guide(needed, threads_);
    if (machine_.replay(shown_) == outcome::failed && machine_.failure() == kind) return;
    shown_ = guide(all, threads_);
    static_cast<void>(machine_.replay(shown_));
  }

  void tell_failure() {
    report_.violation = machine_.failure();
    report_.message = std::string(name_of(report_.violation)) + ": " + machine_.message();
  }

  void conclude() {
    if (report_.verdict == verdict::violation) {
      tell_failure();
      shorten();
      const bool failed_again = machine_.failure() != violation::none && machine_.failure() != violation::not_a_token;
      if (failed_again || !options_.replay.empty()) tell_failure();  // else a client that is not deterministic
      if (report_.violation == violation::not_a_token) return;
      report_.trace = trace_of(machine_);
      report_.dot = dot_of(machine_);
      report_.token = guide::token_of(machine_.events());
    } else if (!options_.replay.empty() && goes_beyond_the_end()) {
      report_ = refused("it goes on where the client has ended", violation::not_a_token);
    } else if (!options_.replay.empty()) {
      give_up("the execution of this token violates nothing");
    } else if (options_.probes != 0 && report_.verdict == verdict::ok) {
      std::ostringstream words;
      words.precision(2);
      words << "about " << report_.estimate << " complete executions, standard error " << report_.estimate_error;
      give_up(words.str());
    } else if (options_.walks != 0 && report_.verdict == verdict::ok) {
      give_up("bounded testing: " + std::to_string(options_.walks) + " random executions violate nothing, of which " +
              std::to_string(report_.bounded) + " were cut off by a bound" + chances());
    } else if (machine_.bounds_preemptions() && report_.verdict == verdict::ok) {
      give_up("bounded testing: " + std::to_string(report_.states) + " states, all that at most " +
              std::to_string(options_.preemptions) + " preemptions lead to, violate nothing");
    } else if (report_.bounded != 0 && report_.verdict == verdict::ok) {
      give_up(std::to_string(report_.bounded) + " executions were cut off by a bound: a thread made more than " +
              std::to_string(options_.loop_bound) + " pauses (loop_bound) or " + std::to_string(options_.max_events) +
              " operations (max_events); raise it, or give the client a loop that ends" +
              (machine_.keeps_apart() ? why_none_is_met_again : ""));
    }
  }

  // Does the token say more than the threads of a complete execution did?
  bool goes_beyond_the_end() const {
    bool beyond = false;
    for (unsigned t = 1; t < lanes; ++t) beyond = beyond || way_.size(t) > machine_.events().size(t);
    return beyond && report_.executions != 0;
  }

  // What walks by priorities are worth.
  std::string chances() const {
    const priorities& p = machine_.walked_by();
    if (!p.in_use()) return {};
    std::ostringstream words;
    words.precision(2);
    words << "; a given bug of depth " << options_.depth << " is met by each of the last " << p.walks()
          << " with a probability of at least " << p.chance(1) << ", and of at least "
          << p.chance(machine_.most_alternatives()) << " if it needs stale reads";
    return words.str();
  }

  const options options_;
  const unsigned threads_;
  const guide way_;
  guide shown_;
  machine machine_;
  report report_;
  std::uint64_t merged_ = 0;
};

// A deadlock that the search by states found, shown by the first token under which threads are seen to go round.
inline report shown_going_round(const program& p, options o, report r, const std::vector<std::string>& rounds) {
  o.states = false;
  for (const std::string& token : rounds) {
    o.replay = token;
    std::vector<std::string> none;
    const report shown = campaign(p, o).run(none);
    if (shown.violation != r.violation) continue;
    r.message = shown.message;
    r.trace = shown.trace;
    r.dot = shown.dot;
    r.token = shown.token;
    break;
  }
  return r;
}

// With a token, of whatever client of so many threads. Empty: nothing.
inline std::string wrong_with(const std::string& token, unsigned threads) {
  try {
    static_cast<void>(guide(token, threads));
    return {};
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

inline report explore_all(const program& p, const options& o) {
  if (p.threads > max_threads)
    return refused("the client has " + std::to_string(p.threads) + " threads; at most " + std::to_string(max_threads) +
                   " can be explored (and two to four are what can be explored to the end)");
  if (o.states && !ordinary_heap::is_known_here())
    return refused(
        "the search by states runs in the program's first thread only: pointers to what new and malloc give elsewhere "
        "would not be recognised, and memory there is not looked at");
  if (o.preemptions != options::any_number && !o.states)
    return refused("a bound on preemptions needs the search by states");
  if (!o.replay.empty() && (o.states || o.walks != 0 || o.probes != 0))
    return refused("a token is one execution; there are no others to search by states, at random or by probes");
  if (o.states && o.walks != 0) return refused("either every state or a random walk, not both");
  if ((o.takes || o.probes != 0) && (o.states || o.walks != 0))
    return refused(
        "only the search through every execution can be shared or estimated, not one by states or at random");
  if (o.states && !can_merge(o.model))
    return refused(std::string("the search by states knows the models RC20 and RA, not ") + name_of(o.model));
  if (p.size > heap::arena_size / 2)
    return refused("the client has " + std::to_string(p.size) + " bytes; at most " +
                   std::to_string(heap::arena_size / 2) + " fit");
  if (o.max_events > clock::max_events)
    return refused("max_events is " + std::to_string(o.max_events) + "; at most " + std::to_string(clock::max_events) +
                   " events of a thread have a name");
  if (const std::string wrong = wrong_with(o.replay, p.threads); !wrong.empty())
    return refused(wrong, violation::not_a_token);
  std::vector<std::string> rounds;
  const report r = campaign(p, o).run(rounds);
  return shown_going_round(p, o, r, rounds);
}

}  // namespace detail

// `observe` is called with the client after each complete execution, before its destruction.
template <template <class> class Client, class Observer>
report check(const options& o, Observer&& observe) {
  return detail::explore_all(detail::program_of<Client<engine>>(observe), o);
}
template <template <class> class Client>
report check(const options& o = {}) {
  return check<Client>(o, [](const Client<engine>&) {});
}

}  // namespace sluice::explore
