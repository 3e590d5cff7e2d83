// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the checker knows of each shared object of the client. It is kept apart from the object, which may live on a
// thread's stack: there, only what the program itself changes may change (see fingerprint.hpp).
#include <array>
#include <cstdint>
#include <source_location>

#include <kit/explore/clock.hpp>

namespace sluice::explore {

// In the object. The n-th object that a thread makes is the same object in every execution that begins alike.
struct object {
  std::uint64_t execution = 0;  // the one in which it lives; 0 once destroyed
  std::uint16_t creator = 0;
  std::uint16_t serial = 0;
};

struct object_record {
  std::uint16_t created = 0;  // index of the creator's next event then
  bool blank = false;         // nothing was ever written to it
  object* at = nullptr;
  std::array<clock::count, lanes> touched{};  // per thread, index at its last access; -1 if none
  // an atomic
  bool is_atomic = false;
  bool located = false;
  bool settled = false;  // in finish(): the plain value is the last one in coherence order
  bool has_queue = false;
  std::uint16_t loc = 0;
  std::uint16_t queue = 0;  // location of its futex's sleepers
  // a var or a cell
  std::uint8_t extent = 0;  // bytes of its value, which lie before the object; 0: more than a word
  bool is_kept = false;     // `kept` is the value that it had before another thread wrote to it
  std::uint64_t kept = 0;
  std::uint16_t writer = main_lane;
  std::uint16_t written = 0;
  std::source_location write_at{};
  std::source_location read_at{};

  // The first thread whose access, or whose construction of it, is not in `past`.
  int not_known_to(const clock& past, unsigned self, unsigned creator) const {
    if (!construction_known_to(past, self, creator)) return static_cast<int>(creator);
    for (unsigned t = 1; t <= max_threads; ++t)
      if (t != self && touched[t] >= past.seen[t]) return static_cast<int>(t);
    return -1;
  }
  bool construction_known_to(const clock& past, unsigned self, unsigned creator) const {
    return creator == main_lane || creator == self || past.seen[creator] > static_cast<clock::count>(created);
  }
  bool last_write_known_to(const clock& past, unsigned self) const {
    return writer == main_lane || writer == self || past.seen[writer] > static_cast<clock::count>(written);
  }
};

}  // namespace sluice::explore
