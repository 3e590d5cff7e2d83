// SPDX-License-Identifier: BSL-1.0
#pragma once
// One call of select over an array of cases.
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

#include <sluice/any_case.hpp>
#include <sluice/detail/select_core.hpp>
#include <sluice/detail/select_ends.hpp>

namespace sluice::detail {

template <class Platform>
class select_over {
  using case_type = select_case<Platform>;
  struct cases {
    std::span<any_case<Platform>> all;
    case_type& operator()(std::uint32_t i) const noexcept { return all[i].kept_->state(); }
  };

 public:
  explicit select_over(std::span<any_case<Platform>> all) : cases_{all} {}

  template <class... Ends>
  std::size_t run(bool shuffled, Ends&... ends) {
    const auto count = static_cast<std::uint32_t>(cases_.all.size());
    for (std::uint32_t i = 0; i != count; ++i) cases_(i).by_address = cases_(i).by_chance = i;
    select_core<Platform, cases> core(cases_, count);
    std::tuple<Ends&...> clauses(ends...);
    const auto [fired, ended] = select_ends<Platform, Ends...>(clauses).run(core, count, shuffled);
    if (fired != core.nobody) return cases_.all[fired].kept_->fire(), fired;
    [&]<std::size_t... I>(std::index_sequence<I...>, std::size_t which) { (fire(ends, I == which), ...); }(
        std::index_sequence_for<Ends...>{}, ended);
    return count + ended;
  }

 private:
  template <class End>
  static void fire(End& end, bool fires) {
    no_state none(end);
    if (fires) end.fire(none);
  }

  cases cases_;
};

}  // namespace sluice::detail
