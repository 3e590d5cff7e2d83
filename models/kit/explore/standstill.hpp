// SPDX-License-Identifier: BSL-1.0
#pragma once
// Recognises a loop that waits where no other thread runs: in a client's set-up, or once its threads have ended. At some
// pause the thread and all of the memory are as they were at an earlier one, and then they will be so again. A loop that
// counts its rounds is never in the same state twice; only what is counted on the ordinary heap, or in a static, is not
// seen, so a loop is looked at only once it has paused more often than those do that give up.
#include <bit>
#include <cstdint>

#include <kit/explore/digest.hpp>

namespace sluice::explore {

class standstill {
 public:
  // At a pause, of which `start()` said which is the first: is it one of an endless loop? `state` says where all stands. Never inlined: what
  // it leaves in a frame of its own is other each time, and would be part of the state in the frame of who calls it.
  template <class State>
  [[gnu::noinline]] bool is_met(const State& state) {
    if (++pauses_ < patience) return false;
    const digest now = state();
    if (pauses_ > patience && now == kept_) return true;
    if (std::has_single_bit(pauses_)) kept_ = now;  // rarer and rarer, so that a round may take any number of pauses
    return false;
  }
  void start() { pauses_ = 0; }

 private:
  static constexpr std::uint64_t patience = 4096;
  std::uint64_t pauses_ = 0;
  digest kept_;
};

}  // namespace sluice::explore
