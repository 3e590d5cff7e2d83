// SPDX-License-Identifier: BSL-1.0
#pragma once
// One call of select: the states of its clauses on this frame, and what follows from which of them fires.
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

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

template <choice Choice, class... Clauses>
class select_run {
  static_assert(sizeof...(Clauses) != 0, "select needs at least one case");
  using indices = std::index_sequence_for<Clauses...>;
  static constexpr std::uint32_t channels =
      (std::uint32_t{0} + ... + std::uint32_t{Clauses::kind == clause_kind::channel});

  using platform = typename first_platform<typename Clauses::platform...>::type;
  using case_type = select_case<platform>;
  using case_array = std::array<case_type*, channels == 0 ? 1 : channels>;
  struct cases {
    case_array* all;
    case_type& operator()(std::uint32_t i) const noexcept { return *(*all)[i]; }
  };

 public:
  explicit select_run(Clauses&... clauses) : clauses_(clauses...), states_(clauses...) {
    std::uint32_t n = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) { (add(std::get<I>(states_), I, n), ...); }(indices{});
  }

  // The index of the clause that fired, once its handler has returned.
  std::size_t run() {
    select_core<platform, cases> core(cases{&cases_}, channels);
    const auto [fired, ended] = select_ends<platform, Clauses...>(clauses_).run(core, channels, Choice == choice::fair);
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

  std::tuple<Clauses&...> clauses_;
  std::tuple<typename Clauses::state...> states_;
  case_array cases_{};
  std::array<std::size_t, channels == 0 ? 1 : channels> clause_of_{};
};

}  // namespace sluice::detail
