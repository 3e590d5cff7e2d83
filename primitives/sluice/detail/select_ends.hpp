// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a select ends when no channel ends it: the clauses without a channel among its clauses, and what they allow.
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/select_clauses.hpp>
#include <sluice/detail/select_core.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// Whether it names a time of a clock that is not the platform's, and may be set while the platform's goes on.
template <class Clause, class Platform>
inline constexpr bool on_another_clock = requires { requires Clause::template on_another_clock<Platform>; };

template <class Platform, class... Clauses>
class select_ends {
  static constexpr std::size_t size = sizeof...(Clauses);
  static constexpr std::size_t count([[maybe_unused]] clause_kind k) noexcept {
    return (std::size_t{0} + ... + (Clauses::kind == k));
  }

 public:
  static constexpr bool waits = count(clause_kind::otherwise) == 0;
  static constexpr bool timed = count(clause_kind::deadline) != 0;
  static constexpr bool asks_again = (on_another_clock<Clauses, Platform> || ...);

 private:
  static_assert(count(clause_kind::otherwise) <= 1, "select takes at most one otherwise");
  static_assert(count(clause_kind::stop) <= 1, "select takes at most one on_stop");
  static_assert(waits || count(clause_kind::deadline) + count(clause_kind::stop) == 0,
                "a select with otherwise does not wait, so it can neither time out nor be stopped");

 public:
  explicit select_ends(std::tuple<Clauses&...>& clauses) : clauses_(clauses) {}

  // Runs `c`, over `channels` cases: {the case that fired, whatever}, or {nobody, the clause that fired}.
  template <class Core>
  std::pair<std::uint32_t, std::size_t> run(Core& c, std::size_t channels, bool shuffled) {
    const std::uint32_t at_once = try_now(c, channels, shuffled);
    if constexpr (!waits) return {at_once, ended_early()};
    if (at_once != Core::nobody) return {at_once, 0};
    std::size_t first_to_come = size;
    wait_limit<Platform> until = limits(first_to_come);
    if constexpr (asks_again) return wait_and_ask_again(c, until, first_to_come);
    wait_result why = wait_result::woken;
    const std::uint32_t fired = c.wait(until, why);
    return {fired, why == wait_result::timed_out ? first_to_come : ended_early()};
  }
  // Its first step, without waiting.
  template <class Core>
  static std::uint32_t try_now(Core& c, std::size_t channels, bool shuffled) {
    const std::uint32_t at_once = c.try_each(shuffled);
    if constexpr (!waits)  // one case after the other is not one instant
      if (at_once == Core::nobody && channels > 1) return c.try_all();
    return at_once;
  }
  // Of those without a deadline.
  static constexpr std::size_t ended_early() noexcept {
    return place_of(waits ? clause_kind::stop : clause_kind::otherwise);
  }
  // What ends a wait, but for the times of other clocks; of several deadlines the place of the first.
  wait_limit<Platform> limits(std::size_t& first_to_come) {
    wait_limit<Platform> until;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (limit<I>(until, first_to_come), ...);
    }(std::make_index_sequence<size>{});
    return until;
  }

 private:
  static constexpr std::size_t place_of([[maybe_unused]] clause_kind k) noexcept {
    std::size_t at = size;
    std::size_t i = 0;
    static_cast<void>(((Clauses::kind == k ? (at = i, true) : (++i, false)) || ...));
    return at;
  }
  template <std::size_t I>
  void limit(wait_limit<Platform>& until, std::size_t& first_to_come) {
    auto& clause = std::get<I>(clauses_);
    using clause_type = std::remove_reference_t<decltype(clause)>;
    if constexpr (clause_type::kind == clause_kind::deadline && !on_another_clock<clause_type, Platform>)
      lower(until, clause.template deadline<Platform>(), first_to_come, I);
    if constexpr (clause_type::kind == clause_kind::stop) until.stop = clause.token;
  }
  static void lower(wait_limit<Platform>& until, typename Platform::time_point t, std::size_t& first_to_come,
                    std::size_t i) {
    if (first_to_come != size && t >= until.deadline) return;
    until.deadline = t;
    first_to_come = i;
  }

  // For the times of other clocks: one that was set back while we waited has not come, and is waited for again.
  template <class Core>
  std::pair<std::uint32_t, std::size_t> wait_and_ask_again(Core& c, wait_limit<Platform> until,
                                                           std::size_t first_fixed) {
    for (const auto fixed = until.deadline;; until.deadline = fixed) {
      std::size_t first_to_come = first_fixed;
      each_on_another_clock(
          [&](auto& clause, std::size_t i) { lower(until, clause.template deadline<Platform>(), first_to_come, i); });
      wait_result why = wait_result::woken;
      const std::uint32_t fired = c.wait(until, why);
      if (fired != Core::nobody || why != wait_result::timed_out) return {fired, ended_early()};
      bool has_come = true;
      each_on_another_clock([&](auto& clause, std::size_t i) {
        has_come = has_come && (i != first_to_come || clause.template has_come<Platform>());
      });
      if (has_come) return {fired, first_to_come};
    }
  }
  template <class Visit>
  void each_on_another_clock(Visit visit) {
    std::size_t i = 0;
    const auto look = [&]<class Clause>([[maybe_unused]] Clause& clause) {
      if constexpr (on_another_clock<Clause, Platform>) visit(clause, i);
      ++i;
    };
    std::apply([&](auto&... clause) { (look(clause), ...); }, clauses_);
  }

  std::tuple<Clauses&...>& clauses_;
};

}  // namespace sluice::detail
