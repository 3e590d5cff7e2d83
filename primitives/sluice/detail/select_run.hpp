// SPDX-License-Identifier: BSL-1.0
#pragma once
// One call of select: the states of its clauses on this frame, and what follows from which of them fires.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/random.hpp>
#include <sluice/detail/select_clauses.hpp>
#include <sluice/detail/select_core.hpp>
#include <sluice/detail/select_ends.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

enum class choice : bool { fair, first };

// The Platform of the first clause that has one.
template <class... Platforms>
struct first_platform {
  using type = std_platform;
};
template <class P, class... More>
struct first_platform<P, More...> {
  using type = P;
};
template <class... More>
struct first_platform<void, More...> : first_platform<More...> {};

// The slow half: no case was ready a moment ago. The clauses' states lie on this frame.
template <class Platform, class... Clauses>
class select_waiting {
  using indices = std::index_sequence_for<Clauses...>;
  static constexpr std::uint32_t channels =
      (std::uint32_t{0} + ... + std::uint32_t{Clauses::kind == clause_kind::channel});

  using case_type = select_case<Platform>;
  using case_array = std::array<case_type*, channels == 0 ? 1 : channels>;
  struct cases {
    case_array* all;
    case_type& operator()(std::uint32_t i) const noexcept { return *(*all)[i]; }
  };

 public:
  explicit select_waiting(std::tuple<Clauses&...>& clauses) : clauses_(clauses), states_(clauses) {}
  std::size_t run(bool shuffled) {
    std::uint32_t n = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) { (add(std::get<I>(states_), I, n), ...); }(indices{});
    select_core<Platform, cases> core(cases{&cases_}, channels);
    const auto [fired, ended] = select_ends<Platform, Clauses...>(clauses_).run(core, channels, shuffled);
    const std::size_t index = fired == core.nobody ? ended : clause_of_[fired];
    [&]<std::size_t... I>(std::index_sequence<I...>) { (fire<I>(index), ...); }(indices{});
    return index;
  }

 private:
  template <class State>
  void add(State& s, std::size_t clause, std::uint32_t& n) noexcept {
    if constexpr (std::is_base_of_v<case_type, State>) {
      s.by_address = s.by_chance = n;
      cases_[n] = &s;
      clause_of_[n++] = clause;
    }
  }
  template <std::size_t I>
  void fire(std::size_t fired) {
    if (fired == I) std::get<I>(clauses_).fire(std::get<I>(states_));
  }

  std::tuple<Clauses&...>& clauses_;
  std::tuple<typename Clauses::state...> states_;
  case_array cases_{};
  std::array<std::size_t, channels == 0 ? 1 : channels> clause_of_{};
};

template <choice Choice, class... Clauses>
class select_run {
  static constexpr std::size_t size = sizeof...(Clauses);
  static_assert(size != 0, "select needs at least one case");
  static_assert(size <= 64, "select takes at most 64 cases; put more into an array of any_case");
  using platform = typename first_platform<typename Clauses::platform...>::type;
  using indices = std::index_sequence_for<Clauses...>;

 public:
  explicit select_run(Clauses&... clauses) : clauses_(clauses...) {}

  // The index of the clause that fired, once its handler has returned.
  std::size_t run() {
    for (std::uint64_t hopeful = look(indices{}); hopeful != 0;) {
      const unsigned n = choose(hopeful);
      if (attempt(n, indices{})) return n;
      hopeful &= ~(std::uint64_t{1} << n);
    }
    return wait();
  }

 private:
  [[gnu::noinline]] std::size_t wait() {
    return select_waiting<platform, Clauses...>(clauses_).run(Choice == choice::fair);
  }

  // The cases that are worth an attempt, a bit for each.
  template <std::size_t... I>
  std::uint64_t look(std::index_sequence<I...>) const {
    return (std::uint64_t{0} | ... | (hopeless(std::get<I>(clauses_)) ? 0 : std::uint64_t{1} << I));
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
