// SPDX-License-Identifier: BSL-1.0
#pragma once
// How far a thread of the client has come in an execution.
#include <cstdint>

#include <kit/explore/event.hpp>
#include <kit/explore/fingerprint.hpp>

namespace sluice::explore {

struct course {
  enum class state : std::uint8_t { ready, asleep, blocked, finished };
  // What a thread did since its last effect: nothing of the kind; looked at the clock; and then paused, or went round a loop.
  enum class clock_watch : std::uint8_t { idle, looked, waits };
  state is = state::ready;
  unsigned done = 0;  // events performed in this run
  std::uint16_t serials = 0;  // objects made
  unsigned pauses = 0;
  unsigned pauses_at = 0;  // by steps: pauses are counted since this many events
  std::int64_t time = 0;
  clock_watch watch = clock_watch::idle;
  unsigned looked_at = 0;  // at the clock, after so many events
  ref enqueued = nothing;  // asleep: the write that put it into the queue
  std::uint64_t bit = 0;  // asleep: its mark there
  bool may_end = false;  // asleep: a deadline would end it
  bool will_wake = false;  // asleep: for no reason, if nothing else ends it before
  bool is_written_to = false;  // by others, to plain data that it made
  unsigned stop_flag = 0;  // asleep: location of the stop request that would end it, plus one
  bool pending = false;  // by steps: what it asks for is not done yet
  bool gives_way = false;  // by steps: has paused since its last step
  bool in_step = false;  // by steps: goes on without waiting for its turn
  request asks{};
  registers at{};  // its own when it asked
  std::uint64_t argument = 0;
};

}  // namespace sluice::explore
