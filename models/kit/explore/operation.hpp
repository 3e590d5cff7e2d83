// SPDX-License-Identifier: BSL-1.0
#pragma once
// The events by which futex operations go on once they have begun; see op.
#include <bit>
#include <cstdint>

#include <kit/explore/event.hpp>

namespace sluice::explore::detail {

inline request check_of(const event& enter) {
  request r = enter;
  r.how = op::futex_check;
  r.loc = enter.other_loc;
  r.width = 4;
  return r;
}

inline request pick_of(const event& wake) {
  request r = wake;
  r.what = kind::choice;
  r.how = op::wake_pick;
  r.operand = static_cast<std::uint64_t>(std::popcount(wake.value));
  return r;
}

// The set of sleepers without its pick-th member.
inline std::uint64_t without_pick(std::uint64_t sleepers, std::uint64_t pick) {
  std::uint64_t rest = sleepers;
  while (pick-- > 0) rest &= rest - 1;
  return sleepers & ~(rest & (~rest + 1));
}

}  // namespace sluice::explore::detail
