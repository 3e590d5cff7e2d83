// SPDX-License-Identifier: BSL-1.0
#pragma once
// The fingerprint of a state: two executions that stand in states with the same fingerprint go on alike, so that one of
// them may stop. A state is
//
//   the threads   their stacks, the registers that they wait with, what they ask for
//   the memory    the client and the checked heap, byte by byte
//   the graph     of each location the writes that can still matter (live_writes.hpp) with their values; which of them
//                 each clock knows of; which plain accesses, if they can still race; what psc needs (psc_summary.hpp)
//
// A clock counts where a future event's will be made from it: a thread's past, what an acquire fence would add to that,
// what its last release fence has published, what a live write releases.
//
// Not looked at: ordinary heap memory and statics. A client that keeps state there is not for this search, and is refused
// where a pointer to the former shows it. A thread may keep something there for itself, and it may have an exception in
// flight: what it came to so is told by the whole execution up to there, which then counts as well, so that only executions
// that differ in nothing but their order are merged. The Platform's allocator, and kit/token.hpp under this engine, have memory
// that is looked at, with the same addresses in executions that go alike.
#include <array>
#include <vector>

#include <kit/explore/machine.hpp>
#include <kit/explore/psc_summary.hpp>

namespace sluice::explore {

class state_key {
 public:
  // `strict`: the client destroys atomics that its set-up made, while threads run.
  digest of(machine& m, bool strict) {
    machine_ = &m;
    strict_ = strict;
    key_ = {};
    add_memory();
    add_threads();
    find_unfinished();
    add_writes();
    add_clocks();
    add_records();
    if (machine_->keep_elsewhere_ != 0) add_execution();
    psc_.add_to(key_, m.events(), live_, carriers_, unfinished_, acts_);
    return key_.finished();
  }

  // Does the client, what it has allocated or the value of an atomic point to what is not looked at, in the state that was
  // looked at last? Stacks are not asked: what earlier calls have left there may point anywhere.
  bool is_incomplete() const {
    const ordinary_heap outside;
    bool found = false;
    machine_->heap_.each_arena(
        [&](const std::byte* from, std::size_t bytes) { found = found || outside.is_pointed_to(from, bytes); });
    for (std::size_t i = 0; i < live_.size(); ++i)
      for (const ref w : live_[i].writes) found = found || outside.contains(machine_->events().value_of(w));
    return found;
  }

 private:
  using thread = machine::thread;

  void find_unfinished() {
    unfinished_.clear();
    pasts_.clear();
    acts_.fill({});
    for (unsigned n = 1; n <= machine_->program_.threads; ++n) {
      if (machine_->threads_[n].is == machine::state::finished) continue;
      unfinished_.push_back(static_cast<std::uint16_t>(n));
      pasts_.push_back(past_of(n));
      acts_[n] = machine_->expected_of(machine_->threads_[n]);
    }
    live_.find(machine_->events(), unfinished_, pasts_, acts_);
  }
  const clock* past_of(unsigned n) const {
    static constexpr clock start = clock::at_start();
    const unsigned size = machine_->events().size(n);
    return size == 0 ? &start : &event_of(n, size - 1).hb;
  }
  const event& event_of(unsigned n, unsigned index) const {
    return machine_->events().at({static_cast<std::uint16_t>(n), static_cast<std::uint16_t>(index)});
  }

  void add_memory() {
    for (unsigned n = 1; n < lanes; ++n) key_.add(machine_->heap_.used_by(n));
    machine_->heap_.each_arena([this](const std::byte* from, std::size_t bytes) { key_.add(from, bytes); });
    key_.add(machine_->heap_.live());
  }

  void add_threads() {
    if (machine_->bounds_preemptions()) key_.add(std::uint64_t{machine_->moved_} << 32 | machine_->preempted_);
    for (unsigned n = 1; n <= machine_->program_.threads; ++n) {
      const thread& t = machine_->threads_[n];
      key_.add(static_cast<unsigned>(t.is) | (t.pending ? 8U : 0U) | (machine_->has_written_of_twins(n) ? 16U : 0U) |
               std::uint64_t{t.serials} << 8);
      if (t.is == machine::state::finished) continue;
      if (machine_->bounds_preemptions()) key_.add(t.gives_way ? 1 : 0);
      if ((machine_->keep_elsewhere_ >> n & 1) == 0) add_own_state(t);
      key_.add(static_cast<std::uint64_t>(t.time));
      key_.add(static_cast<std::uint64_t>(t.watch));
      key_.add((t.may_end ? 1 + t.stop_flag : 0) | (t.will_wake ? 1ULL << 32 : 0));
      if (machine_->options_.spurious != 0) key_.add(spurious_so_far(n));
    }
  }
  void add_own_state(const thread& t) {
    add_request(t.asks);
    key_.add(t.argument);
    key_.add(&t.at, sizeof t.at);
    const std::byte* const top = machine::top_of(t);
    key_.add(top, static_cast<std::size_t>(t.stack.base() - top));
  }
  void add_request(const request& r) {
    key_.add(static_cast<std::uint64_t>(r.what) | static_cast<std::uint64_t>(r.how) << 8 |
             static_cast<std::uint64_t>(r.success) << 16 | static_cast<std::uint64_t>(r.failure) << 24 |
             static_cast<std::uint64_t>(r.loc) << 32 | static_cast<std::uint64_t>(r.other_loc) << 48);
    key_.add(r.operand);
    key_.add(r.expected);
  }
  // Of compare-exchanges and of waits, each with a bound of its own.
  std::uint64_t spurious_so_far(unsigned n) const {
    std::uint64_t used = 0;
    for (unsigned i = 0; i < machine_->events().size(n); ++i) {
      const event& e = event_of(n, i);
      used += (e.spurious ? 1ULL << 32 : 0) + (is_spurious_wake(e) ? 1U : 0U);
    }
    return used;
  }

  void add_writes() {
    const graph& g = machine_->events();
    for (std::size_t i = 0; i < live_.size(); ++i) {
      key_.add(std::uint64_t{live_[i].loc} << 32 | live_[i].writes.size());
      for (const ref w : live_[i].writes) {
        key_.add(g.value_of(w));
        key_.add(g.exclusive_after(w) != nothing ? 1 : 0);
      }
    }
  }

  void add_clocks() {
    carriers_ = pasts_;
    for (const std::uint16_t n : unfinished_) {
      const unsigned size = machine_->events().size(n);
      key_.add(size == 0 ? 0 : 1 + (event_of(n, size - 1).release_fence >= 0 ? 1U : 0U));
      if (size == 0) continue;
      const event& last = event_of(n, size - 1);
      if ((acts_[n].fences & futures::acquiring) != 0) carriers_.push_back(&last.pending);
      if (last.release_fence >= 0) carriers_.push_back(&event_of(n, static_cast<unsigned>(last.release_fence)).hb);
    }
    for (std::size_t i = 0; i < live_.size(); ++i)
      for (const ref w : live_[i].writes)
        if (!is_initial(w)) carriers_.push_back(&machine_->events().at(w).release);
    for (std::size_t i = 0; i < live_.size(); ++i) {
      if (live_[i].writes.size() < 2) continue;
      for (const clock* c : carriers_) key_.add(static_cast<std::uint64_t>(live_.floor(live_[i], *c)));
      if (!ordered_before_fences(live_[i].loc)) continue;
      for (const clock* c : carriers_) key_.add(static_cast<std::uint64_t>(live_.floor_written(live_[i], *c)));
    }
  }

  // May a seq_cst access there get before a write, and a fence come after that which knows of the write itself?
  bool ordered_before_fences(unsigned loc) const {
    futures::acts all;
    for (const std::uint16_t n : unfinished_) all.add(acts_[n]);
    return (all.fences & futures::seq_cst) != 0 && (all.ordered & futures::bit(loc)) != 0;
  }

  // What threads keep where nobody looks follows from all that has happened; so does the stack of who points there, which
  // would only add addresses. Threads may look at each other's stacks: what happened to one of them alone does not tell.
  void add_execution() {
    const graph& g = machine_->events();
    for (unsigned n = 1; n <= machine_->program_.threads; ++n) {
      key_.add(std::uint64_t{n} << 32 | g.size(n));
      for (unsigned i = 0; i < g.size(n); ++i) {
        const event& e = event_of(n, i);
        key_.add(static_cast<std::uint64_t>(e.what) | static_cast<std::uint64_t>(e.how) << 8 |
                 (e.spurious ? 1ULL << 16 : 0) | static_cast<std::uint64_t>(e.loc) << 32);
        key_.add(name_of(e.rf) << 32 | name_of(e.co_prev));
        key_.add(e.what == kind::choice ? e.value : 0);
      }
    }
  }
  static std::uint64_t name_of(ref e) { return std::uint64_t{e.thread} << 16 | e.index; }

  // The plain accesses that are not known to all who are still running.
  void add_records() {
    for (unsigned creator = 1; creator < lanes; ++creator)
      for (unsigned i = 0; i < machine_->threads_[creator].serials; ++i) {
        const object_record& r = machine_->records_[creator][i];
        const std::uint64_t name = std::uint64_t{creator} << 32 | i;
        if (r.blank) key_.add(name);
        if (creator != main_lane) add_access(name << 8 | 1, creator, r.created);
        if (r.writer != main_lane) add_access(name << 8 | 2, r.writer, r.written);
        if (r.is_atomic && creator == main_lane && !strict_) continue;
        for (unsigned t = 1; t <= machine_->program_.threads; ++t)
          if (r.touched[t] >= 0) add_access(name << 8 | 3, t, static_cast<unsigned>(r.touched[t]));
      }
  }
  void add_access(std::uint64_t name, unsigned by, unsigned index) {
    const auto at = static_cast<clock::count>(index);
    bool settled = true;
    for (std::size_t i = 0; i < unfinished_.size(); ++i)
      settled = settled && (unfinished_[i] == by || pasts_[i]->seen[by] > at);
    if (settled) return;
    key_.add(name << 16 | by);
    std::uint64_t bits = 1;
    for (const clock* c : carriers_) {
      if (bits >> 63 != 0) key_.add(bits), bits = 1;
      bits = bits << 1 | (c->seen[by] > at ? 1U : 0U);
    }
    key_.add(bits);
  }

  machine* machine_ = nullptr;
  bool strict_ = false;
  digest key_;
  std::vector<std::uint16_t> unfinished_;
  std::vector<const clock*> pasts_;
  std::vector<const clock*> carriers_;
  std::array<futures::acts, lanes> acts_;  // that they are expected to do yet
  live_writes live_;
  psc_summary psc_;
};

// False: the state that the threads have come to is known.
inline bool machine::enters_new_state() {
  thread_local state_key key;  // what it has allocated is kept
  find_who_keeps_elsewhere();
  if (!states_.enter(key.of(*this, strict_), forward_.path_length())) return false;
  if (keep_elsewhere_ != 0) ++kept_apart_;
  if (!key.is_incomplete()) return true;
  failure_ = violation::misuse;
  message_ =
      "the client points to the ordinary heap, which the search by states does not look at (have memory from the "
      "Platform's allocator, elements from kit/token.hpp; or visit every execution, without --states)";
  return false;
}

}  // namespace sluice::explore
