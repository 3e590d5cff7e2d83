// SPDX-License-Identifier: BSL-1.0
#pragma once
// async_waiter: how a coroutine waits on channels: as a select does, but that nobody sleeps. It lines up, and then says
// `suspended` in the word of its bell. Who rings it before has done so while the coroutine still runs, which then goes on
// by itself; who rings it afterwards resumes it, and until then nobody touches its frame.
//
// Invariant: between lining up and `suspend` the coroutine runs, and its frame lives; a true answer of `suspend` is the
// last that its thread does to the frame.
//
// Edges (release -> acquire)
//   [suspended]  suspend -> seen_suspended   whatever the thread did to the frame is over before it is used, or dies
//   [bell]       bell's
#include <cstdint>

#include <sluice/detail/waiter.hpp>

namespace sluice::detail {

template <class Platform>
class async_waiter : public resumable<Platform> {
  using bell_type = bell<Platform>;

 protected:
  using resumable<Platform>::resumable;

  // For the owner, in line: false if it was rung already.
  bool suspend() {
    std::uint32_t w = bell_type::silent;
    return this->bell_.word_.compare_exchange_strong(w, bell_type::suspended,
                                                     std::memory_order_release,  // [suspended] -> seen_suspended
                                                     std::memory_order_acquire);  // [bell] <- ring
  }
  // For whoever lets it go on. What it reads is its own ring, which continues the release sequence.
  void seen_suspended() {
    static_cast<void>(this->bell_.word_.load(std::memory_order_acquire));  // [suspended] <- suspend
  }
  // For the owner, beside nobody but who may just ring it.
  bool has_rung() { return this->bell_.has_rung(); }
};

}  // namespace sluice::detail
