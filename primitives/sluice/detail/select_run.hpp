// SPDX-License-Identifier: BSL-1.0
#pragma once
// One call of select: an attempt at each case that looks ready, and where none is, the states of all on this frame.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/random.hpp>
#include <sluice/detail/select_clauses.hpp>
#include <sluice/detail/select_ends.hpp>
#include <sluice/detail/select_states.hpp>

namespace sluice::detail {

template <choice Choice, class... Clauses>
class select_run {
  static constexpr std::size_t size = sizeof...(Clauses);
  static_assert(size != 0, "select needs at least one case");
  static_assert(size <= 64, "select takes at most 64 cases; put more into an array of any_case");
  using platform = typename first_platform<typename Clauses::platform...>::type;
  using indices = std::index_sequence_for<Clauses...>;
  static constexpr std::size_t many = 16;

 public:
  explicit select_run(Clauses&... clauses) : clauses_(clauses...) {}

  // The index of the clause that fired, once its handler has returned.
  std::size_t run() {
    // A case drawn beforehand is as fair as one of those that a look at all finds; many looks cost more than a miss.
    if constexpr (Choice == choice::fair && size >= many)
      if (const unsigned n = thread_random::below(size); worth_it(n, indices{}) && attempt(n, indices{})) return n;
    for (std::uint64_t hopeful = look(indices{}); hopeful != 0;) {
      const unsigned n = choose(hopeful);
      if (attempt(n, indices{})) return n;
      hopeful &= ~(std::uint64_t{1} << n);
    }
    return wait();
  }

 private:
  [[gnu::noinline]] std::size_t wait() {
    select_states<platform, Clauses...> states(clauses_);
    auto core = states.core();
    select_ends<platform, Clauses...> ends(clauses_);
    const auto [fired, ended] = ends.run(core, states.channels, Choice == choice::fair);
    return states.fire(fired, ended);
  }

  // The cases that are worth an attempt, a bit for each.
  template <std::size_t... I>
  std::uint64_t look(std::index_sequence<I...>) const {
    return (std::uint64_t{0} | ... | (hopeless(std::get<I>(clauses_)) ? 0 : std::uint64_t{1} << I));
  }
  template <std::size_t... I>
  bool worth_it(unsigned n, std::index_sequence<I...>) const {
    bool yes = false;
    static_cast<void>(((n == I && (yes = !hopeless(std::get<I>(clauses_)), true)) || ...));
    return yes;
  }
  template <class Clause>
  static bool hopeless(const Clause& c) {
    if constexpr (Clause::kind == clause_kind::channel)
      return c.hopeless();
    else
      return true;
  }
  template <std::size_t... I>
  bool attempt(unsigned n, std::index_sequence<I...>) {
    bool fired = false;
    static_cast<void>(((n == I && (fired = attempt(std::get<I>(clauses_)), true)) || ...));
    return fired;
  }
  template <class Clause>
  static bool attempt(Clause& c) {
    if constexpr (Clause::kind == clause_kind::channel)
      return c.attempt();
    else
      return false;
  }
  // One of the bits, each with the same chance; or the first.
  static unsigned choose(std::uint64_t bits) noexcept {
    if (Choice == choice::fair)
      for (std::uint32_t skip =
               std::has_single_bit(bits) ? 0 : thread_random::below(static_cast<std::uint32_t>(std::popcount(bits)));
           skip != 0; --skip)
        bits &= bits - 1;
    return static_cast<unsigned>(std::countr_zero(bits));
  }

  std::tuple<Clauses&...> clauses_;
};

}  // namespace sluice::detail
