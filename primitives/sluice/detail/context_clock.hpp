// SPDX-License-Identifier: BSL-1.0
#pragma once
// The clock of all contexts' deadlines: one thread, started with the first deadline, that sleeps until the next one comes, and the
// kinds of scopes that end by themselves: by that clock, or by a stop token.
//
// A timer fires under the heap's lock, where it only makes sure that its scope stays; the scope ends afterwards with nothing
// locked, on the clock's thread. Who goes, or ends before, disarms its timer.
#include <optional>
#include <utility>

#include <sluice/detail/cancel_scope.hpp>
#include <sluice/detail/timer_heap.hpp>

namespace sluice::detail {

template <class Platform>
class context_clock {
 public:
  using heap = timer_heap<Platform>;

  // A scope that ends at its deadline.
  class scope final : public cancel_scope<Platform>, private heap::timer {
   public:
    // Without a clock it ends by expire() alone.
    scope(context_node<Platform>* parent, typename Platform::time_point at, failure cause, context_clock* clock)
        : cancel_scope<Platform>(parent, at), heap::timer(&time_is_up), cause_(std::move(cause)), clock_(clock) {}
    // After attach. Throws what memory throws.
    void start() {
      clock_->heap_.arm(*this, this->deadline());
      if (this->has_ended()) ended();  // before the timer was armed
    }
    void expire() { static_cast<void>(this->end({context_errc::deadline_exceeded, cause_})); }

   private:
    friend context_clock;
    static void time_is_up(typename heap::timer& t) {
      auto& self = static_cast<scope&>(t);
      if (!self.try_add()) return;
      self.next_due_ = std::exchange(self.clock_->due_, &self);
    }
    void ended() noexcept override {
      if (clock_ != nullptr) static_cast<void>(clock_->heap_.disarm(*this));
    }
    void going() noexcept override {
      ended();
      cancel_scope<Platform>::going();
    }
    void destroy() noexcept override { this->destroy_as(this); }

    const failure cause_;
    context_clock* const clock_;
    scope* next_due_ = nullptr;  // the clock's
  };

  // Never destroyed, for its thread ends with the process. Throws std::system_error where no thread can be started.
  static context_clock& the_one() {
    static context_clock& c = *new context_clock;
    return c;
  }

 private:
  context_clock() {
    typename Platform::thread([this] { heap_.run([this] { end_due(); }); }).detach();  // start() may make a task of it
  }
  void end_due() {
    while (due_ != nullptr) {
      const context_ref<scope> s(std::exchange(due_, due_->next_due_));
      s->expire();
    }
  }

  heap heap_;
  scope* due_ = nullptr;  // the clock's
};

// A scope that ends when a stop is requested.
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
