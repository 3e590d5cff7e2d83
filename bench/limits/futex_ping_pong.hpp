// SPDX-License-Identifier: BSL-1.0
#pragma once
// The limit of a rendezvous' round trip: one word for each direction, looked at for a while, then slept on.
#include <cstddef>
#include <cstdint>

#include <sluice/platform.hpp>

namespace bench {

// As a subject: put stores a number, get waits for it. For one pusher and one popper, in turn.
class futex_mailbox {
  using platform = sluice::std_platform;

 public:
  futex_mailbox(std::size_t, int) {}

  void put(std::uint64_t&& v) {
    value_ = v;
    if (word_.exchange(full, std::memory_order_acq_rel) == asleep) platform::wake_one(word_);
  }
  void get(std::uint64_t& out) {
    for (int i = 0; i != pauses + yields && word_.load(std::memory_order_acquire) != full; ++i) {
      if (i < pauses)
        platform::pause();
      else
        platform::yield();
    }
    std::uint32_t w = empty;
    while (word_.load(std::memory_order_acquire) != full)
      if (word_.compare_exchange_strong(w, asleep, std::memory_order_acq_rel, std::memory_order_acquire) || w == asleep)
        platform::wait(word_, asleep), w = empty;
    out = value_;
    word_.store(empty, std::memory_order_release);
  }

 private:
  static constexpr std::uint32_t empty = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t full = 2;
  static constexpr int pauses = 64;
  static constexpr int yields = 8;

  platform::atomic<std::uint32_t> word_{empty};
  std::uint64_t value_ = 0;
};

}  // namespace bench
