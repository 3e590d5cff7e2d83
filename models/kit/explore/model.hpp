// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory models, and the clocks that each event has under them.
//
//   rc20  RC11 (Lahav et al., PLDI 2017: coherence, atomicity, psc with repaired fences, po u rf acyclic) with the
//         release sequences of C++20 (P0982): only read-modify-writes continue one
//   rc11  the same with those of C++11: later stores of the same thread to the location head none, but carry one on
//   ra    every access is acquire or release, no seq_cst: coherence and atomicity over (po u rf)+
//   tso   x86: a store may pass later loads; read-modify-writes, seq_cst stores and seq_cst fences are full barriers
//   sc    interleavings
#include <kit/explore/graph.hpp>

namespace sluice::explore {

enum class model : std::uint8_t { rc20, rc11, ra, tso, sc };

constexpr const char* name_of(model m) {
  constexpr const char* names[] = {"RC20", "RC11", "RA", "TSO", "SC"};
  return names[static_cast<unsigned>(m)];
}

// Under RA, TSO and SC every read-from synchronises, whatever its orders say.
constexpr bool by_orders(model m) { return m == model::rc20 || m == model::rc11; }

// Under which models state_key.hpp knows when two executions go on alike.
constexpr bool can_merge(model m) { return m == model::rc20 || m == model::ra; }

namespace detail {

// What a write of its own right releases: its thread's whole past, or that up to the last release fence.
inline clock own_release(const graph& g, const event& e, std::uint16_t thread, model m) {
  if (!by_orders(m) || releases(e.actual)) return e.hb;
  if (e.release_fence < 0) return {};
  return g.at({thread, static_cast<std::uint16_t>(e.release_fence)}).hb;
}

inline void start_from_predecessor(const graph& g, ref at, event& e) {
  if (at.index == 0) {
    e.hb = e.porf = clock::at_start();
    e.pending = {};
    e.release_fence = -1;
  } else {
    const event& before = g.at({at.thread, static_cast<std::uint16_t>(at.index - 1)});
    e.hb = before.hb;
    e.porf = before.porf;
    e.pending = before.pending;
    e.release_fence = before.release_fence;
  }
  const auto count = static_cast<clock::count>(at.index + 1);
  e.hb.seen[at.thread] = e.porf.seen[at.thread] = count;
}

// The queue of a futex orders its operations among themselves; to the program it creates no happens-before.
constexpr bool is_futex(op how) { return how >= op::futex_enter && how <= op::wake_pick; }

}  // namespace detail

// Sets the clocks of a read whose reads-from edge stands.
inline void time_read(graph& g, ref at, model m) {
  event& e = g.at(at);
  detail::start_from_predecessor(g, at, e);
  e.actual = is_cas(e.how) && !e.exclusive ? e.failure : e.success;
  if (is_initial(e.rf)) return;
  const event& w = g.at(e.rf);
  e.porf.join(w.porf);
  if (detail::is_futex(e.how)) return;
  e.pending.join(w.release);
  if (!by_orders(m) || acquires(e.actual)) e.hb.join(w.release);
}

inline void time_write(graph& g, ref at, model m) {
  event& e = g.at(at);
  detail::start_from_predecessor(g, at, e);
  e.actual = e.success;
  e.release = detail::is_futex(e.how) ? e.hb : detail::own_release(g, e, at.thread, m);
  if (m == model::rc11)
    for (std::uint16_t i = 0; i < at.index; ++i) {
      const event& earlier = g.at({at.thread, i});
      if (earlier.what == kind::write && earlier.loc == e.loc)
        e.release.join(detail::own_release(g, earlier, at.thread, m));
    }
  if (!e.exclusive) return;
  const ref w = g.at(g.read_of(at)).rf;
  if (!is_initial(w)) e.release.join(g.at(w).release);
}

inline void time_fence(graph& g, ref at, model m) {
  event& e = g.at(at);
  detail::start_from_predecessor(g, at, e);
  e.actual = e.success;
  if (e.what != kind::fence || e.how == op::fence_light) return;  // a light fence counts against heavy ones only
  if (acquires(e.actual) || !by_orders(m)) e.hb.join(e.pending);
  if (releases(e.actual)) e.release_fence = static_cast<std::int16_t>(at.index);
}

}  // namespace sluice::explore
