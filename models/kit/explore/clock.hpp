// SPDX-License-Identifier: BSL-1.0
#pragma once
// Names of events and vector clocks over them. An event is known by its thread and its place in that thread, a name
// that stays valid when other threads lose events: a restriction of a graph always cuts whole tails of threads.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace sluice::explore {

// Lane 0 holds the initial writes (index = location), lanes 1..max_threads the client's threads, main_lane the choices
// that the client's constructor and finish() make.
inline constexpr unsigned max_threads = 14;
inline constexpr unsigned main_lane = 15;
inline constexpr unsigned lanes = 16;

struct ref {
  std::uint16_t thread = 0xffff;
  std::uint16_t index = 0xffff;
  friend constexpr bool operator==(ref, ref) = default;
};
inline constexpr ref nothing{};
constexpr ref initial_write(unsigned location) { return {0, static_cast<std::uint16_t>(location)}; }
constexpr bool is_initial(ref w) { return w.thread == 0; }

// seen[t] = how many events of thread t are known. Everyone knows the initial writes.
struct clock {
  using count = std::int16_t;
  static constexpr unsigned max_events = 32000;
  std::array<count, lanes> seen{};

  static constexpr clock at_start() {
    clock c;
    c.seen[0] = std::numeric_limits<count>::max();
    return c;
  }
  static constexpr clock everything() {
    clock c;
    c.seen.fill(std::numeric_limits<count>::max());
    return c;
  }
  bool knows(ref e) const { return seen[e.thread] > static_cast<count>(e.index); }
  void join(const clock& other) {
    for (std::size_t i = 0; i < lanes; ++i) seen[i] = seen[i] < other.seen[i] ? other.seen[i] : seen[i];
  }
};

}  // namespace sluice::explore
