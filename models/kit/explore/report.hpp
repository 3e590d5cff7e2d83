// SPDX-License-Identifier: BSL-1.0
#pragma once
// What one asks of a search, and what it answers.
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <kit/explore/model.hpp>

namespace sluice::explore {

// Runs the operation at one place of the source otherwise than it is written: how the audit weakens one at a time.
struct order_change {
  std::string file;  // the end of the path is enough
  unsigned line = 0;
  unsigned column = 0;            // 0: any
  std::optional<op> how{};        // not given: any operation there
  std::optional<order> success{};  // not given: as written
  std::optional<order> failure{};
  bool drop = false;  // a fence: left out altogether
  bool weak = false;  // a strong compare-exchange: may fail spuriously, as often as options::spurious says

  bool concerns(const std::source_location& where, op operation) const {
    return where.line() == line && (column == 0 || column == where.column()) && how.value_or(operation) == operation &&
           std::string_view(where.file_name()).ends_with(file);
  }
};

struct options {
  explore::model model = explore::model::rc20;
  std::uint64_t max_executions = std::numeric_limits<std::uint64_t>::max();
  double max_seconds = std::numeric_limits<double>::infinity();
  unsigned spurious = 0;  // how often per thread a weak compare-exchange, and as often a wait, may fail for no reason
  unsigned loop_bound = 64;  // pauses per thread; a thread that makes more is cut off, and the answer is unknown
  unsigned max_events = 4000;  // per thread and execution; likewise
  double patience = 10;  // seconds that a thread may compute without an operation; infinite: for ever
  unsigned cpus = 1;  // what Platform::cpus() answers
  bool states = false;  // visit every state instead of every execution
  static constexpr unsigned any_number = std::numeric_limits<unsigned>::max();
  unsigned preemptions =
      any_number;  // by states: only those that so many switches from threads that could go on lead to
  std::uint64_t walks = 0;  // not 0: so many executions at random, for what is too large for every one; never a pass
  unsigned depth = 0;  // of walks: not 0, by random priorities, to meet bugs of that depth (priorities.hpp)
  std::uint64_t probes =
      0;  // not 0: instead, estimate the number of executions by so many passes through a sample of them
  std::uint64_t seed = 0;  // by states: not 0, alternatives are tried in an order that it decides. Of a walk: likewise
  unsigned learns_from =
      20'000;  // by states: at most so many executions at random come first, to show what threads may do
  std::uint64_t most_apart =
      1 << 18;  // by states: so many at most that cannot be merged; where a thread goes round a loop they have no end
  bool await = true;  // a loop that goes round without effect waits
  bool symmetry = true;  // of executions that differ only in which thread of a role did what, one is enough
  std::vector<order_change> changes{};
  std::string replay{};  // a token: run that execution only
  // Called with each operation as it is first met (and met again in other executions): where which orders stand.
  std::function<void(const request&)> on_site{};
  // Called with the numbers of subtrees of the search: may this search explore it, or does another one? Of searches of
  // the same client with the same options, exactly one is to say yes; then their counts add up (see merge.hpp).
  std::function<bool(std::uint64_t)> takes{};
};

enum class verdict : std::uint8_t { ok, violation, unknown };

enum class violation : std::uint8_t {
  none,
  requirement,
  data_race,
  deadlock,
  uninitialised,
  use_after_free,
  double_free,
  leak,
  bad_access,
  exception,
  misuse,
  not_a_token  // options::replay is of another client, of other options, or damaged: nothing is said about the client
};

constexpr const char* name_of(violation v) {
  constexpr const char* names[] = {"none",
                                   "requirement",
                                   "data race",
                                   "deadlock",
                                   "uninitialised read",
                                   "use after free",
                                   "double free",
                                   "leak",
                                   "invalid memory access",
                                   "exception",
                                   "misuse",
                                   "not a token of this client"};
  return names[static_cast<unsigned>(v)];
}

struct report {
  explore::verdict verdict = explore::verdict::ok;
  explore::violation violation = explore::violation::none;
  explore::model model = explore::model::rc20;
  std::uint64_t executions = 0;  // complete ones
  std::uint64_t blocked = 0;  // in which a thread waits for what this execution does not bring
  std::uint64_t states = 0;  // by states: different ones visited; executions are then their different ends
  std::uint64_t bounded = 0;  // of the blocked, those cut off by a bound
  double estimate = 0;  // by probes: of how many complete executions there are, and its standard error
  double estimate_error = 0;
  std::uint64_t changed = 0;  // operations that ran otherwise than written; 0: options::changes met none
  double seconds = 0;
  bool broken = false;  // a process that shared the search ended without an answer, which no bound asked it to
  std::string message{};  // why not ok
  std::string trace{};  // of the violating execution: a column per thread
  std::string dot{};  // the same as a graph
  std::string token{};  // the same, for options::replay
};

namespace detail {

inline report refused(const std::string& why, violation what = violation::misuse) {
  report r;
  r.verdict = verdict::violation;
  r.violation = what;
  r.message = std::string(name_of(r.violation)) + ": " + why;
  return r;
}

}  // namespace detail

}  // namespace sluice::explore
