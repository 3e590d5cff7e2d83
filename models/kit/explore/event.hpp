// SPDX-License-Identifier: BSL-1.0
#pragma once
// One event of an execution graph. A read-modify-write is two events, a read and the write right after it, as in RC11;
// a futex operation is a read-modify-write of the word's queue of sleepers.
#include <atomic>
#include <bit>
#include <cstdint>
#include <source_location>

#include <kit/explore/clock.hpp>

namespace sluice::explore {

enum class kind : std::uint8_t { read, write, fence, choice, block };

enum class op : std::uint8_t {
  load,
  store,
  exchange,
  fetch_add,
  fetch_sub,
  fetch_or,
  fetch_and,
  fetch_xor,
  cas_strong,
  cas_weak,
  fence,
  fence_light,
  fence_heavy,
  choose,
  clock,  // choice: 0, that much time passes at this look at the clock; 1, that it stands still
  futex_enter,  // read of the queue by which a wait begins, before its check of the word
  futex_check,  // that check: a read of the word
  futex_woken,  // read of the write that took us out of the queue
  futex_leave,  // time-out, stop or spurious wake-up: takes us out of the queue
  futex_outcome,  // choice: how a wait ends
  wake_one,
  wake_all,
  wake_pick,  // choice: whom wake_one wakes
  spin,       // block: came back to a state it had been in, with no effect in between
  prune,      // block: an alternative that another execution stands for
  bound       // block: the loop bound
};

using order = std::memory_order;
constexpr bool acquires(order o) {
  return o == order::acquire || o == order::consume || o == order::acq_rel || o == order::seq_cst;
}
constexpr bool releases(order o) { return o == order::release || o == order::acq_rel || o == order::seq_cst; }

// What the program asks for.
struct request {
  kind what = kind::block;
  op how = op::load;
  order success = order::relaxed;
  order failure = order::relaxed;  // of a compare-exchange
  std::uint8_t width = 8;          // bytes of the value
  std::uint16_t loc = 0;
  std::uint16_t other_loc = 0;    // futex_enter: the word
  std::uint64_t operand = 0;      // what to store, add, ...; desired of a compare-exchange; alternatives of a choice
  std::uint64_t expected = 0;  // of a compare-exchange and of a futex check; of a wait's outcome: see is_spurious_wake
  std::source_location where{};
};

struct event : request {
  bool exclusive = false;  // read: a write belongs to it. write: it belongs to a read-modify-write
  bool spurious = false;  // a weak compare-exchange that failed although it read what it expected
  bool placed = false;  // write: it stands in the coherence order
  bool alike = false;  // it and all before it in its thread are as in the thread's earlier twin (symmetry.hpp)
  std::uint8_t back = 0;  // write of a read-modify-write: how many events before it its read stands
  order actual = order::relaxed;
  std::int16_t release_fence = -1;  // index of the thread's last release fence up to here
  std::uint32_t stamp = 0;  // place in the order in which events were added
  std::uint64_t value = 0;  // read, written or chosen
  ref rf, co_prev, co_next, first_reader, next_reader;
  clock hb;  // happens-before prefix, itself included
  clock porf;  // (po u rf)+ prefix, itself included
  clock pending;  // what an acquire fence after this event would synchronise with
  clock release;  // write: what an acquire read of it synchronises with
};

constexpr std::uint64_t mask_of(unsigned width) { return width >= 8 ? ~0ULL : (1ULL << (8 * width)) - 1; }

// Its choice was to end for no reason, which is the alternative that `expected` names.
constexpr bool is_spurious_wake(const event& e) {
  return e.how == op::futex_outcome && e.expected != 0 && e.value == e.expected;
}

constexpr bool is_cas(op how) { return how == op::cas_strong || how == op::cas_weak; }

// Does a read-modify-write that read `value` write?
constexpr bool writes(const request& r, std::uint64_t value, bool spurious) {
  switch (r.how) {
    case op::load:
    case op::futex_check:
    case op::futex_woken: return false;
    case op::cas_strong:
    case op::cas_weak: return !spurious && value == r.expected;
    default: return true;
  }
}

constexpr std::uint64_t modified(const request& r, std::uint64_t v) {
  const std::uint64_t x = r.operand;
  switch (r.how) {
    case op::fetch_add: return (v + x) & mask_of(r.width);
    case op::fetch_sub: return (v - x) & mask_of(r.width);
    case op::fetch_or: return v | x;
    case op::fetch_and: return v & x;
    case op::fetch_xor: return v ^ x;
    case op::futex_leave: return v & ~x;
    case op::wake_all: return 0;
    default: return x;  // exchange, compare-exchange
  }
}

}  // namespace sluice::explore
