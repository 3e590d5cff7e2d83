// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random sequences of one thread on a ring of elements whose copies and moves throw now and then.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <ostream>
#include <vector>

#include <rapidcheck.h>

#include <sluice/conqueue.hpp>

#include "elements.hpp"

namespace sluice::test {

enum class fragile_action { push, push_throwing, pop, pop_throwing };

inline void showValue(fragile_action a, std::ostream& os) {
  constexpr const char* names[] = {"push", "push_throwing", "pop", "pop_throwing"};
  os << names[static_cast<int>(a)];
}

// A bounded FIFO in which a push that threw may leave a hole. With something before it the hole takes room; with nothing
// before it, it may do so until the next pop.
class fifo_with_holes {
 public:
  fifo_with_holes(std::size_t capacity, bool leaves_holes) : capacity_(capacity), leaves_holes_(leaves_holes) {}

  bool may_be_full() const { return places_.size() == capacity_; }
  bool must_be_full() const { return may_be_full() && places_.front(); }
  bool is_empty() const {
    return std::none_of(places_.begin(), places_.end(), [](const auto& p) { return p.has_value(); });
  }
  void push(int v) {
    if (may_be_full()) skip();
    places_.push_back(v);
  }
  void fail_to_push() {
    if (may_be_full()) skip();
    if (leaves_holes_) places_.push_back(std::nullopt);
    skip();
  }
  int pop() {
    skip();
    const int v = *places_.front();
    places_.erase(places_.begin());
    return v;
  }

 private:
  void skip() {
    while (!places_.empty() && !places_.front()) places_.erase(places_.begin());
  }
  std::size_t capacity_;
  bool leaves_holes_;
  std::vector<std::optional<int>> places_{};
};

template <class Ring>
void perform_fragile(fragile_action action, int value, Ring& ring, fifo_with_holes& model) {
  const bool throws = action == fragile_action::push_throwing || action == fragile_action::pop_throwing;
  std::optional<fragile> argument;
  if (action <= fragile_action::push_throwing) argument.emplace(value);
  fragile::lit = throws;
  try {
    if (argument) {
      const conqueue_status s = ring.try_push(std::move(*argument));
      const bool refused = s == conqueue_status::full;
      if (refused) RC_ASSERT(model.may_be_full());
      if (!refused) RC_ASSERT(!model.must_be_full());
      if (s == conqueue_status::success) model.push(value);
      if (s == conqueue_status::full) RC_ASSERT(argument->value() == value);
    } else {
      const auto taken = ring.try_pop();
      RC_ASSERT(taken.has_value() != model.is_empty());
      if (taken.has_value()) RC_ASSERT((*taken).value() == model.pop());
      if (!taken.has_value()) RC_ASSERT(taken.error() == conqueue_status::empty);
    }
    RC_ASSERT(!throws || fragile::lit);  // nothing was moved where nothing was done
  } catch (const fragile::broken&) {
    RC_ASSERT(throws);
    if (argument) {
      RC_ASSERT(!model.must_be_full());
      RC_ASSERT(argument->value() == value);
      model.fail_to_push();
    } else {
      RC_ASSERT(!model.is_empty());
      static_cast<void>(model.pop());
    }
  }
  fragile::lit = false;
}

template <class Make>
void run_fragile_commands(std::size_t capacity, bool leaves_holes, const Make& make) {
  const balance elements;
  using enum fragile_action;
  const auto actions =
      *rc::gen::container<std::vector<fragile_action>>(rc::gen::element(push, push, push_throwing, pop, pop_throwing));
  {
    const auto ring = make();
    fifo_with_holes model(capacity, leaves_holes);
    int value = 0;
    for (const fragile_action a : actions) perform_fragile(a, ++value, *ring, model);
  }
  RC_ASSERT(elements.holds());
}

}  // namespace sluice::test
