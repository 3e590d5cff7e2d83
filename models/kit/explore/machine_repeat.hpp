// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether a client is deterministic. A search by states goes on from copies, and from a state that is known not at all, so
// that nothing would show if it were not. Therefore some executions that came to an end are run again from the very start,
// with the same decisions: threads have to ask for the same. They are the first, the second, the fourth, and so on.
#include <algorithm>
#include <bit>

#include <kit/explore/machine.hpp>

namespace sluice::explore {

inline bool machine::is_to_be_repeated() {
  return options_.states && !is_learning() && std::has_single_bit(++completed_);
}

// The execution that has just come to an end.
inline outcome machine::repeat() {
  before_.copy_without(forward_.current(), [](ref) { return false; });
  repeats_ = true;
  begin_anew();
  if (failure_ == violation::none) {
    phase_ = phase::threads;
    static_cast<void>(schedule_steps());
  }
  repeats_ = false;
  for (unsigned n = 1; n <= program_.threads && failure_ == violation::none; ++n)
    if (events().size(n) != before_.size(n)) is_not_deterministic("T" + std::to_string(n - 1) + " went less far");
  return failure_ == violation::none ? outcome::complete : outcome::failed;
}

inline void machine::check_repeated(const request& r) {
  if (me_->done == before_.size(me_->number)) fail_to_repeat(r);
  check_same(before_.at({static_cast<std::uint16_t>(me_->number), static_cast<std::uint16_t>(me_->done)}), r);
}

// What was decided before need not be there to be decided for again.
inline std::uint32_t machine::decide(const std::vector<std::uint32_t>& from) {
  const std::uint32_t taken = forward_.decide(from);
  if (!repeats_ || std::find(from.begin(), from.end(), taken) != from.end()) return taken;
  is_not_deterministic("its threads wait for something else");
  if (inside()) leave_for_good();
  return from.front();
}

inline void machine::is_not_deterministic(const std::string& how) {
  failure_ = violation::misuse;
  message_ = "the client is not deterministic: run again with the same values read, " + how +
             " (time? randomness? addresses of ordinary heap memory? state that outlives an execution? shared memory "
             "that does not go through the Platform?)";
}
inline void machine::fail_to_repeat(const request& r) {
  is_not_deterministic("it did something else at " + std::string(r.where.file_name()) + ":" +
                       std::to_string(r.where.line()));
  fail(failure_, message_);
}

}  // namespace sluice::explore
