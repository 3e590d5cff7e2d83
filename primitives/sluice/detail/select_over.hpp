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
    case_type& operator()(std::uint32_t i) const noexcept { return all[i].state(); }
  };

 public:
  explicit select_over(std::span<any_case<Platform>> all) : cases_{all} {
    for (std::uint32_t i = 0; i != channels(); ++i) cases_(i).by_address = cases_(i).by_chance = i;
  }

  std::uint32_t channels() const noexcept { return static_cast<std::uint32_t>(cases_.all.size()); }
  auto core() noexcept { return select_core<Platform, cases>(cases_, channels()); }
  // The place of the case that fired; where none did, of the end that ended it, behind all cases. Its handler has run.
  template <class... Ends>
  std::size_t fire(std::uint32_t fired, std::size_t ended, Ends&... ends) {
    if (fired != waiter<Platform>::undecided) return cases_.all[fired].fire(), fired;
    [&]<std::size_t... I>(std::index_sequence<I...>, std::size_t which) { (fire_end(ends, I == which), ...); }(
        std::index_sequence_for<Ends...>{}, ended);
    return channels() + ended;
  }
  template <class... Ends>
  std::size_t run(bool shuffled, Ends&... ends) {
    auto c = core();
    std::tuple<Ends&...> clauses(ends...);
    const auto [fired, ended] = select_ends<Platform, Ends...>(clauses).run(c, channels(), shuffled);
    return fire(fired, ended, ends...);
  }

 private:
  template <class End>
  static void fire_end(End& end, bool fires) {
    no_state none(end);
    if (fires) end.fire(none);
  }

  cases cases_;
};

}  // namespace sluice::detail
