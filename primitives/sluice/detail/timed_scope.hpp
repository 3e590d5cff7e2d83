// SPDX-License-Identifier: BSL-1.0
#pragma once
// The kinds of scopes that end by themselves: at a deadline, by the Platform's clock, or by a stop token.
//
// A timer fires under the heap's lock, where it only makes sure that its scope stays; the scope ends afterwards with nothing
// locked, on the clock's thread. Who goes, or ends before, disarms its timer.
#include <optional>
#include <utility>

#include <sluice/detail/cancel_scope.hpp>
#include <sluice/detail/clock.hpp>
#include <sluice/detail/on_this_thread.hpp>

namespace sluice::detail {

// A scope that ends at its deadline.
template <class Platform>
class timed_scope final : public cancel_scope<Platform>,
                          private clock<Platform>::timer,
                          private clock<Platform>::sequel {
  using timer = typename clock<Platform>::timer;
  using time_point = typename Platform::time_point;

 public:
  // Without a clock it ends by expire() alone.
  timed_scope(context_node<Platform>* parent, time_point at, failure cause, clock<Platform>* c)
      : cancel_scope<Platform>(parent, at), timer(&time_is_up), cause_(std::move(cause)), clock_(c) {}
  // After attach. Throws what memory throws.
  void start() {
    clock_->timers().arm(*this, this->deadline());
    if (this->has_ended()) ended();  // before the timer was armed
  }
  void expire() { static_cast<void>(this->end({context_errc::deadline_exceeded, cause_})); }

 private:
  static time_point time_is_up(timer& t, time_point) {
    auto& self = static_cast<timed_scope&>(t);
    if (self.try_add()) self.clock_->later(self);
    return Platform::no_deadline;
  }
  void come() override {
    const context_ref<timed_scope> kept(this);
    expire();
  }
  bool tell_at_once(const context_end&) noexcept override { return false; }
  void ended() noexcept override {
    if (clock_ != nullptr) static_cast<void>(clock_->timers().disarm(*this));
  }
  void going() noexcept override {
    ended();
    cancel_scope<Platform>::going();
  }
  void destroy() noexcept override { this->destroy_as(this); }

  const failure cause_;
  clock<Platform>* const clock_;
};

// A scope that ends when a stop is requested.
//
// Who destroys a stop's callback in itself, and who need not wait for it, is told by the requester's thread alone. So a task that ends
// it there stays on its thread until it is out of it: else it would wait for itself where it drops the last reference, and another task
// that drops it where the request began would not wait. What it waits for meanwhile are locks that nobody holds who waits for a worker.
template <class Platform>
class stop_scope final : public cancel_scope<Platform> {
 public:
  explicit stop_scope(context_node<Platform>* parent) noexcept
      : cancel_scope<Platform>(parent, parent == nullptr || parent->scope() == nullptr ? Platform::no_deadline
                                                                                       : parent->scope()->deadline()) {}
  // After attach.
  void listen(typename Platform::stop_token stop) { callback_.emplace(std::move(stop), on_stop{this}); }

 private:
  struct on_stop {
    stop_scope* self;
    // Not a member of `self` any more once that goes, which may be in here.
    void operator()() const {
      [[maybe_unused]] const on_this_thread<Platform> stays;
      if (!self->try_add()) return;
      const context_ref<stop_scope> kept(self);
      static_cast<void>(kept->end({context_errc::canceled, {}}));
    }
  };

  void going() noexcept override {
    callback_.reset();  // waits for one that runs on another thread
    cancel_scope<Platform>::going();
  }
  void destroy() noexcept override { this->destroy_as(this); }

  std::optional<typename Platform::template stop_callback<on_stop>> callback_;
};

}  // namespace sluice::detail
