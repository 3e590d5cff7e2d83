// SPDX-License-Identifier: BSL-1.0
#pragma once
// The two kinds of case that a channel can have in a select. They hold a reference to the channel's core, and their node
// while it may be in line.
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_core.hpp>
#include <sluice/detail/select_core.hpp>

namespace sluice::detail {

template <class T, class Platform>
class pop_case : public select_case<Platform> {
  using base = select_case<Platform>;
  using core_type = chan_core<T, Platform>;
  using node = wait_node<Platform>;

 public:
  explicit pop_case(core_type* core) : core_(core) {
    this->gate = core;
    if (core != nullptr) this->hint = core->pop_hint(), this->buffered = core->capacity() != 0;
    this->takes_offers = may_be_offered<T> && core != nullptr && !this->buffered;
    this->operations = &all;
  }
  // What arrived; none: closed.
  std::optional<T> take() noexcept {
    std::optional<T> out = std::move(arrived_);
    arrived_.reset();
    return out;
  }

 private:
  static pop_case& of(base& c) noexcept { return static_cast<pop_case&>(c); }
  static conqueue_status attempt(base& c) { return of(c).core_->try_pop(of(c).arrived_); }
  static conqueue_status attempt_locked(base& c, served_one<Platform>& served, const waiter<Platform>& self) {
    return of(c).core_->pop_locked(of(c).arrived_, served, &self);
  }
  static bool line_up(base& c, waiter<Platform>& self, std::uint32_t index) {
    pop_case& me = of(c);
    me.served_.store(false);
    me.place_.emplace(self, index, std::addressof(me.element_), me.served_);
    if (me.core_->line_up_receiver(*me.place_)) return true;
    me.place_.reset();
    return false;
  }
  static void leave(base& c) {
    static_cast<void>(of(c).core_->leave_receivers(*of(c).place_));
    of(c).place_.reset();
  }
  static void settle(base& c) { of(c).core_->settle_pop(); }
  static void accept(base& c) {
    if (of(c).served_.load()) core_type::take_from(of(c).element_, of(c).arrived_);
    of(c).place_.reset();
  }
  static constexpr select_operations<Platform> all{attempt, attempt_locked, line_up, leave, settle, accept};

  core_type* core_;
  std::optional<T> arrived_;
  typename core_type::cell element_;
  typename node::flag served_{false};
  std::optional<node> place_;
};

template <class T, class Platform>
class push_case : public select_case<Platform> {
  using base = select_case<Platform>;
  using core_type = chan_core<T, Platform>;
  using node = wait_node<Platform>;

 public:
  push_case(core_type* core, T& element) : core_(core), element_(std::addressof(element)) {
    this->gate = core;
    if (core != nullptr) this->hint = core->push_hint(), this->buffered = core->capacity() != 0;
    this->operations = &all;
  }
  // Whether the element went; if not, closed.
  bool accepted() const noexcept { return accepted_; }

 private:
  static push_case& of(base& c) noexcept { return static_cast<push_case&>(c); }
  conqueue_status note(conqueue_status s) noexcept {
    accepted_ = s == conqueue_status::success;
    return s;
  }
  static conqueue_status attempt(base& c) { return of(c).note(of(c).core_->try_push(*of(c).element_)); }
  static conqueue_status attempt_locked(base& c, served_one<Platform>& served, const waiter<Platform>& self) {
    return of(c).note(of(c).core_->push_locked(*of(c).element_, served, &self));
  }
  static bool line_up(base& c, waiter<Platform>& self, std::uint32_t index) {
    push_case& me = of(c);
    me.served_.store(false);
    me.place_.emplace(self, index, me.element_, me.served_);
    if (me.core_->line_up_sender(*me.place_)) return true;
    me.place_.reset();
    return false;
  }
  static void leave(base& c) {
    static_cast<void>(of(c).core_->leave_senders(*of(c).place_));
    of(c).place_.reset();
  }
  static void settle(base& c) { of(c).core_->settle_push(); }
  static void accept(base& c) {
    of(c).accepted_ = of(c).served_.load();
    of(c).place_.reset();
  }
  static constexpr select_operations<Platform> all{attempt, attempt_locked, line_up, leave, settle, accept};

  core_type* core_;
  T* element_;
  typename node::flag served_{false};
  std::optional<node> place_;
  bool accepted_ = false;
};

}  // namespace sluice::detail
