// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/detail/chan_handle.hpp>
#include <sluice/detail/select_clauses.hpp>
#include <sluice/detail/select_core.hpp>
#include <sluice/platform.hpp>

namespace sluice {

namespace detail {
template <class Clause>
concept channel_clause = std::remove_cvref_t<Clause>::kind == clause_kind::channel;

template <class Platform>
class select_over;
}  // namespace detail

// A case of a select whose cases are known only at run time: made of on_pop(…) or on_push(…), kept in an array, and used
// as often as wanted, by one thread at a time. It holds the element that it would push:
// once that was accepted the case has nothing to push and is to be made anew. Making one allocates; using it does not.
// A handler may do with its own case and with the array what it likes: what it removes or replaces there ends once it has returned.
// It keeps its channel alive, but does not count as a sender: a pipe closes with its last sender, also while a case stands
// that would push into it, and then that case fires with false; keep a sender beside it.
// One that is none (default-constructed, or moved from) is never ready, as if its channel were nil.
template <class Platform = std_platform>
class any_case {
 public:
  any_case() = default;
  template <detail::channel_clause Clause>
  any_case(Clause clause) : kept_(new kept<decltype(std::move(clause).owning())>(std::move(clause).owning())) {}

 private:
  friend class detail::select_over<Platform>;
  using case_type = detail::select_case<Platform>;

  class erased {
   public:
    erased() = default;
    erased(const erased&) = delete;
    erased& operator=(const erased&) = delete;
    virtual ~erased() = default;
    virtual case_type& state() noexcept = 0;
    virtual void fire() = 0;
    unsigned owners = 1;  // the case, and each handler of it that runs; all of one thread
  };
  struct release {
    void operator()(erased* e) const noexcept {
      if (--e->owners == 0) delete e;
    }
  };
  using owner = std::unique_ptr<erased, release>;
  template <class Clause>
  class kept final : public erased {
   public:
    explicit kept(Clause clause) : clause_(std::move(clause)), alive_(clause_.core), state_(clause_) {}
    case_type& state() noexcept override { return state_; }
    void fire() override { clause_.fire(state_); }

   private:
    Clause clause_;
    detail::chan_handle<typename Clause::value_type, Platform, false> alive_;
    typename Clause::state state_;
  };

  case_type& state() noexcept { return kept_ ? kept_->state() : none_; }
  // Afterwards `this` may be gone, for the handler may have removed it.
  void fire() {
    ++kept_->owners;
    const owner alive(kept_.get());
    alive->fire();
  }

  owner kept_;
  case_type none_;  // in place of kept_'s
};

}  // namespace sluice
