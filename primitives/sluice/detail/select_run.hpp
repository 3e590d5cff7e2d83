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
  static constexpr std::size_t many = 16;

 public:
  // The index of the clause that fired, once its handler has returned. The clauses come as they are, and not in a tuple: the
  // compiler would keep that in memory, and each look would begin with a load.
  [[gnu::always_inline]] static std::size_t run(Clauses&... clauses) {
    // A case drawn beforehand is as fair as one of those that a look at all finds; many looks cost more than a miss.
    if constexpr (Choice == choice::fair && size >= many)
      if (const unsigned n = thread_random::below(size); worth_it(n, clauses...) && attempt(n, clauses...)) return n;
    for (std::uint64_t hopeful = look(clauses...); hopeful != 0;) {
      const unsigned n = choose(hopeful);
      if (attempt(n, clauses...)) return n;
      hopeful &= ~(std::uint64_t{1} << n);
    }
    return wait(clauses...);
  }

 private:
  [[gnu::noinline]] static std::size_t wait(Clauses&... clauses) {
    std::tuple<Clauses&...> all(clauses...);
    select_states<platform, Clauses...> states(all);
    auto core = states.core();
    select_ends<platform, Clauses...> ends(all);
    const auto [fired, ended] = ends.run(core, states.channels, Choice == choice::fair);
    return states.fire(fired, ended);
  }

  // The cases that are worth an attempt, a bit for each.
  [[gnu::always_inline]] static std::uint64_t look(const Clauses&... clauses) {
    std::uint64_t bits = 0;
    unsigned i = 0;
    ((bits |= hopeless(clauses) ? 0 : std::uint64_t{1} << i, ++i), ...);
    return bits;
  }
  static bool worth_it(unsigned n, const Clauses&... clauses) {
    bool yes = false;
    unsigned i = 0;
    static_cast<void>(((n == i++ && (yes = !hopeless(clauses), true)) || ...));
    return yes;
  }
  template <class Clause>
  [[gnu::always_inline]] static bool hopeless(const Clause& c) {
    if constexpr (Clause::kind == clause_kind::channel)
      return c.hopeless();
    else
      return true;
  }
  [[gnu::always_inline]] static bool attempt(unsigned n, Clauses&... clauses) {
    bool fired = false;
    unsigned i = 0;
    static_cast<void>(((n == i++ && (fired = attempt_one(clauses), true)) || ...));
    return fired;
  }
  template <class Clause>
  [[gnu::always_inline]] static bool attempt_one(Clause& c) {
    if constexpr (Clause::kind == clause_kind::channel)
      return c.attempt();
    else
      return false;
  }
  // One of the bits, each with the same chance; or the first. Where there is but one they are not counted, which without an
  // instruction for it takes longer than all the rest.
  static unsigned choose(std::uint64_t bits) noexcept {
    if (Choice == choice::fair && (bits & (bits - 1)) != 0)
      for (std::uint32_t skip = thread_random::below(static_cast<std::uint32_t>(std::popcount(bits))); skip != 0;
           --skip)
        bits &= bits - 1;
    return static_cast<unsigned>(std::countr_zero(bits));
  }
};

}  // namespace sluice::detail
