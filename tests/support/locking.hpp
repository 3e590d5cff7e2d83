// SPDX-License-Identifier: BSL-1.0
#pragma once
// Locks against specs::rw_lock: random calls of one thread, and histories of several that take it in every way.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include <rapidcheck.h>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/rw_lock.hpp>

namespace sluice::test {

enum class locking : std::uint8_t { lock, try_lock, try_lock_for, lock_shared, try_lock_shared, try_lock_shared_for };
constexpr bool is_shared(locking how) { return how >= locking::lock_shared; }
constexpr bool waits(locking how) { return how != locking::try_lock && how != locking::try_lock_shared; }

struct lock_call {
  locking how{};
  bool takes = true;  // else gives back what was taken so
  friend std::ostream& operator<<(std::ostream& out, const lock_call& c) {
    static constexpr const char* names[] = {"lock",        "try_lock",        "try_lock_for",
                                            "lock_shared", "try_lock_shared", "try_lock_shared_for"};
    if (!c.takes) return out << (is_shared(c.how) ? "unlock_shared" : "unlock");
    return out << names[static_cast<std::size_t>(c.how)];
  }
};

template <class Lock>
concept shared_lockable = requires(Lock& l) { l.lock_shared(); };

template <class Lock>
bool take(Lock& l, locking how) {
  constexpr std::chrono::microseconds soon(1);
  if constexpr (shared_lockable<Lock>) {
    if (how == locking::lock_shared) return l.lock_shared(), true;
    if (how == locking::try_lock_shared) return l.try_lock_shared();
    if (how == locking::try_lock_shared_for) return l.try_lock_shared_for(soon);
  }
  if (how == locking::lock) return l.lock(), true;
  return how == locking::try_lock ? l.try_lock() : l.try_lock_for(soon);
}
// False: refused.
template <class Lock>
bool give_back(Lock& l, locking how) {
  try {
    if constexpr (shared_lockable<Lock>)
      if (is_shared(how)) return l.unlock_shared(), true;
    return l.unlock(), true;
  } catch (const std::system_error&) {
    return false;
  }
}
inline bool answer_of(specs::rw_lock& spec, const lock_call& c) {
  if (c.takes) return is_shared(c.how) ? spec.try_lock_shared() : spec.try_lock();
  return is_shared(c.how) ? spec.unlock_shared() : spec.unlock();
}

template <class Lock>
rc::Gen<locking> ways_to_take() {
  using enum locking;
  if constexpr (shared_lockable<Lock>)
    return rc::gen::element(lock, try_lock, try_lock_for, lock_shared, try_lock_shared, try_lock_shared_for);
  else
    return rc::gen::element(lock, try_lock, try_lock_for);
}

// Calls that do not wait, in any order, misuse included.
template <class Lock>
void one_thread_sees_its_spec() {
  Lock real;
  specs::rw_lock spec;
  for (const auto& [how, takes] : *rc::gen::container<std::vector<std::pair<locking, bool>>>(
           rc::gen::pair(ways_to_take<Lock>(), rc::gen::arbitrary<bool>()))) {
    const locking tries = is_shared(how) ? locking::try_lock_shared : locking::try_lock;
    const bool answer = takes ? take(real, tries) : give_back(real, how);
    RC_ASSERT(answer == answer_of(spec, {tries, takes}));
  }
}

// `Exact`: who does not get it, at once or in time, has seen it held, or bequeathed to somebody whose wait overlaps with that: to whom
// it came may be known only later, for who was there first may give up, and one that came afterwards take it. Else anybody
// who was at it may be the reason.
template <bool Exact>
struct locking_rules {
  using state = specs::rw_lock;
  static state initial() { return {}; }
  static bool matters(const lock_call& c) { return !Exact || (c.takes && waits(c.how)); }
  static bool step(state& s, const lock_call& c, const bool* answer, std::size_t overlapping) {
    if (answer != nullptr && !*answer && c.takes && overlapping != 0) return true;
    const bool would = answer_of(s, c);
    return answer == nullptr ? would : *answer == would;
  }
};

// Each thread takes the lock in its ways and gives it back; what the lock guards is plain, so TSan sees whom it lets in.
template <class Lock, bool Exact, std::size_t Threads>
void several_threads_see_a_linearizable_one(kit::team& team) {
  const auto program = *rc::gen::container<std::array<std::vector<locking>, Threads>>(
      rc::gen::container<std::vector<locking>>(4, ways_to_take<Lock>()));
  Lock real;
  unsigned guarded = 0;
  std::array<unsigned, Threads> added{}, seen{};
  kit::recorder<lock_call, bool> recorder(Threads, 8);
  team.begin([&](unsigned t) {
    kit::perturbation::set(t + 1, 3);
    for (const locking how : program[t]) {
      if (!recorder.record(t, {how, true}, [&] { return take(real, how); })) continue;
      seen[t] = guarded;
      kit::perturbation::maybe_yield();
      if (!is_shared(how)) guarded = seen[t] + 1, ++added[t];
      recorder.record(t, {how, false}, [&] { return give_back(real, how); });
    }
  });
  RC_ASSERT(team.finish(std::chrono::seconds(100)));
  unsigned all = 0;
  for (const unsigned n : added) all += n;
  const auto result = kit::check_linearizability(locking_rules<Exact>{}, recorder.recorded());
  const bool excludes = guarded == all && std::ranges::all_of(seen, [&](unsigned n) { return n <= all; });
  if (excludes && result.verdict == kit::linearizability_verdict::ok) return;
  const std::string found = "guarded " + std::to_string(guarded) + " of " + std::to_string(all) + "\n" +
                            columns_of(recorder.recorded()) + result.explanation();
  std::fputs(found.c_str(), stderr);  // the next run of the same program, which is what is reported, may well succeed
  RC_FAIL(found);
}

}  // namespace sluice::test
