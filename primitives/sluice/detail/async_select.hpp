// SPDX-License-Identifier: BSL-1.0
#pragma once
// The cases of an asynchronous select: of clauses in the call, or of an array of any_case, and its ends. Both own their
// clauses, for a wish may be awaited later than where it was made.
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

#include <sluice/any_case.hpp>
#include <sluice/detail/select_core.hpp>
#include <sluice/detail/select_ends.hpp>
#include <sluice/detail/select_over.hpp>
#include <sluice/detail/select_states.hpp>

namespace sluice::detail {

// What ends it, if not a channel.
template <class Platform, class... Clauses>
class async_ends {
  using ends = select_ends<Platform, Clauses...>;
  static_assert(!ends::timed,
                "async_select has no thread to wait for a point in time: let the deadline be a channel, or a stop");

 public:
  using platform = Platform;
  static constexpr bool never_waits() noexcept { return !ends::waits; }
  typename Platform::stop_token stop() {
    std::size_t none = 0;
    return ends(clauses_).limits(none).stop;
  }

 protected:
  explicit async_ends(std::tuple<Clauses&...> clauses) : clauses_(clauses) {}
  template <class Core>
  static std::uint32_t try_now(Core core, std::size_t channels, bool shuffled) {
    return ends::try_now(core, channels, shuffled);
  }
  static constexpr std::size_t ended() noexcept { return ends::ended_early(); }

  std::tuple<Clauses&...> clauses_;
};

template <class... Clauses>
struct kept_clauses {
  std::tuple<Clauses...> kept;
  auto refer() {
    return std::apply([](auto&... c) { return std::tuple<Clauses&...>(c...); }, kept);
  }
};

template <choice Choice, class Platform, class... Clauses>
class async_select_cases : kept_clauses<Clauses...>, public async_ends<Platform, Clauses...> {
  using kept = kept_clauses<Clauses...>;
  using ends = async_ends<Platform, Clauses...>;

 public:
  explicit async_select_cases(Clauses... clauses)
      : kept{{std::move(clauses)...}}, ends(kept::refer()), states_(this->clauses_) {}

  auto core() noexcept { return states_.core(); }
  std::uint32_t try_each() { return ends::try_now(core(), states_.channels, Choice == choice::fair); }
  std::size_t result(std::uint32_t fired) { return states_.fire(fired, ends::ended()); }

 private:
  select_states<Platform, Clauses...> states_;
};

template <choice Choice, class Platform, class... Ends>
class async_select_over : kept_clauses<Ends...>, public async_ends<Platform, Ends...> {
  using kept = kept_clauses<Ends...>;
  using ends = async_ends<Platform, Ends...>;

 public:
  explicit async_select_over(std::span<any_case<Platform>> all, Ends... clauses)
      : kept{{std::move(clauses)...}}, ends(kept::refer()), over_(all) {}

  auto core() noexcept { return over_.core(); }
  std::uint32_t try_each() { return ends::try_now(core(), over_.channels(), Choice == choice::fair); }
  std::size_t result(std::uint32_t fired) {
    return std::apply([&](auto&... c) { return over_.fire(fired, ends::ended(), c...); }, this->clauses_);
  }

 private:
  select_over<Platform> over_;
};

}  // namespace sluice::detail
