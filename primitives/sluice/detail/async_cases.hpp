// SPDX-License-Identifier: BSL-1.0
#pragma once
// The cases of asynchronous operations on one channel, and what they answer. `Stops`: whether a stop may end it, and then
// the answer says so.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/detail/chan_core.hpp>
#include <sluice/detail/select_case.hpp>
#include <sluice/detail/select_core.hpp>
#include <sluice/expected.hpp>
#include <sluice/wait_status.hpp>

namespace sluice::detail {

// One case.
template <class Platform>
class async_case {
 public:
  using platform = Platform;
  using stop_token = typename Platform::stop_token;
  static constexpr bool never_waits() noexcept { return false; }
  stop_token stop() const { return stop_; }

 protected:
  static constexpr std::uint32_t nobody = waiter<Platform>::undecided;
  struct only {
    select_case<Platform>* it;
    select_case<Platform>& operator()(std::uint32_t) const noexcept { return *it; }
  };
  using core_type = select_core<Platform, only>;

  async_case() = default;
  explicit async_case(stop_token stop) : stop_(std::move(stop)) {}

 private:
  stop_token stop_;
};

template <class T, class Platform, bool Stops>
class async_pop_case : public async_case<Platform> {
  using base = async_case<Platform>;

 public:
  template <class... Stop>
  explicit async_pop_case(chan_core<T, Platform>* core, Stop... stop) : base(std::move(stop)...), case_(core) {}

  auto core() noexcept { return typename base::core_type({&case_}, 1); }
  std::uint32_t try_each() { return core().try_each(false); }
  auto result(std::uint32_t fired) {
    if constexpr (Stops) {
      using answer = expected<T, wait_status>;
      if (fired == base::nobody) return answer(unexpected(wait_status::stopped));
      std::optional<T> v = case_.take();
      return v ? answer(std::in_place, *std::move(v)) : answer(unexpected(wait_status::closed));
    } else {
      return case_.take();
    }
  }

 private:
  pop_case<T, Platform> case_;
};

// `Element` is T& for an element that stays where it is, T for one that is kept here.
template <class Element, class Platform, bool Stops>
class async_push_case : public async_case<Platform> {
  using base = async_case<Platform>;
  using value_type = std::remove_reference_t<Element>;

 public:
  template <class... Stop>
  explicit async_push_case(chan_core<value_type, Platform>* core, Element&& v, Stop... stop)
      : base(std::move(stop)...), element_(std::forward<Element>(v)), case_(core, element_) {}

  auto core() noexcept { return typename base::core_type({&case_}, 1); }
  std::uint32_t try_each() { return core().try_each(false); }
  auto result(std::uint32_t fired) {
    if constexpr (Stops)
      return fired == base::nobody ? wait_status::stopped
             : case_.accepted()    ? wait_status::success
                                   : wait_status::closed;
    else
      return case_.accepted();
  }

 private:
  Element element_;
  push_case<value_type, Platform> case_;
};

}  // namespace sluice::detail
