// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a run changes, to be kept at a state and to be brought back (see checkpoints.hpp). The graph is not copied: it is
// cut back to the events that it had.
#include <type_traits>

#include <kit/explore/machine.hpp>
#include <kit/explore/ordinary_heap.hpp>

namespace sluice::explore {

template <class Visit>
void machine::each_part(const Visit& visit) {
  static_assert(std::is_trivially_copyable_v<course> && std::is_trivially_copyable_v<object_record>);
  visit(&moved_, sizeof moved_);
  visit(&preempted_, sizeof preempted_);
  heap_.each_part(visit);
  const auto each_of = [&](thread& t) {
    visit(static_cast<course*>(&t), sizeof(course));
    if (t.serials != 0) visit(records_[t.number].data(), t.serials * sizeof(object_record));
    if (t.is != state::finished) t.stack.each_part(visit);
  };
  each_of(threads_[main_lane]);
  for (unsigned n = 1; n <= program_.threads; ++n) each_of(threads_[n]);
}

// From there on a thread's stack is looked at. One that came to a bound before it asked for anything has nothing to be seen.
inline const std::byte* machine::top_of(const thread& t) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a stack pointer that was read from a register is a number
  return t.at.stack == 0 ? t.stack.base() : reinterpret_cast<const std::byte*>(t.at.stack);
}

// What a thread keeps on the ordinary heap, be it an exception, is not looked at where states are compared, and is gone or
// changed when it is brought back. It does so if it points there: with its stack, a register, or what it is about to hand over.
inline bool machine::keeps_elsewhere(const thread& t, const ordinary_heap& outside) {
  if (t.is == state::finished) return false;
  const std::byte* const top = top_of(t);
  return t.stack.has_exceptions() || outside.is_pointed_to(top, static_cast<std::size_t>(t.stack.base() - top)) ||
         outside.is_pointed_to(reinterpret_cast<const std::byte*>(t.at.preserved), sizeof t.at.preserved) ||
         outside.contains(t.asks.operand) || outside.contains(t.asks.expected) || outside.contains(t.argument);
}
inline void machine::find_who_keeps_elsewhere() {
  const ordinary_heap outside;
  keep_elsewhere_ = 0;
  for (unsigned n = 1; n <= program_.threads; ++n)
    if (keeps_elsewhere(threads_[n], outside)) keep_elsewhere_ |= 1U << n;
}

// At a state that has been looked at.
inline void machine::keep_checkpoint() {
  if (keep_elsewhere_ != 0) return;
  checkpoints_.keep({forward_.path_length(), forward_.current().added().size()},
                    [this](const auto& visit) { each_part(visit); });
}
inline void machine::go_back() {
  const checkpoints::place at = checkpoints_.bring_back([this](const auto& visit) { each_part(visit); });
  forward_.go_back(at.decisions, at.events);
  phase_ = phase::threads;
}

}  // namespace sluice::explore
