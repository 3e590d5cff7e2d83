// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a select over clauses keeps where no case was ready a moment ago: the clauses' states, and what follows from which of
// them fires.
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sluice/detail/select_clauses.hpp>
#include <sluice/detail/select_core.hpp>
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

template <class Platform, class... Clauses>
class select_states {
  using indices = std::index_sequence_for<Clauses...>;
  using case_type = select_case<Platform>;

 public:
  static constexpr std::uint32_t channels =
      (std::uint32_t{0} + ... + std::uint32_t{Clauses::kind == clause_kind::channel});

  explicit select_states(std::tuple<Clauses&...>& clauses) : clauses_(clauses), states_(clauses) {
    std::uint32_t n = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) { (add(std::get<I>(states_), I, n), ...); }(indices{});
  }
  select_states(select_states&&) = delete;

  auto core() noexcept { return select_core<Platform, cases>(cases{&cases_}, channels); }
  // The clause of the case that fired; where none did, the one that ended it. Its handler has run.
  std::size_t fire(std::uint32_t fired, std::size_t ended) {
    const std::size_t index = fired == waiter<Platform>::undecided ? ended : clause_of_[fired];
    [&]<std::size_t... I>(std::index_sequence<I...>) { (fire<I>(index), ...); }(indices{});
    return index;
  }

 private:
  using case_array = std::array<case_type*, channels == 0 ? 1 : channels>;
  struct cases {
    case_array* all;
    case_type& operator()(std::uint32_t i) const noexcept { return *(*all)[i]; }
  };

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

}  // namespace sluice::detail
