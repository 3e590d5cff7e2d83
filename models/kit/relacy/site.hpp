// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where an operation stands in the source, and the order that it has there in this run.
#include <kit/relacy/include.hpp>
#include <kit/relacy/weakening.hpp>
#include <kit/weaker_order.hpp>

#include <atomic>

namespace sluice::relacy {

// A call site, taken by a default argument at the end of each operation: checked source carries no macro.
using site = rl::debug_info;
#define SLUICE_RELACY_HERE ::rl::debug_info(__builtin_FUNCTION(), __builtin_FILE(), __builtin_LINE())

inline place place_of(const site& at) { return {at.file_, static_cast<int>(at.line_), at.func_}; }

// The order that this run uses where the source says `o`.
inline std::memory_order order_at(const site& at, const char* operation, std::memory_order o, int which = 0) {
  if (record_sites) seen_sites.note(place_of(at), operation, o, which);
  weakening& w = the_weakening;
  if (!w.concerns(place_of(at), operation, which)) return o;
  if (w.weak || kit::is_weaker(w.to, o)) ++w.hits;
  return w.weak ? o : w.to;
}

// May this run's strong CAS fail spuriously there?
inline bool made_weak(const site& at, const char* operation) {
  return the_weakening.weak && the_weakening.concerns(place_of(at), operation, 0);
}

// False where this run leaves a fence out.
inline bool fence_at(const site& at, const char* operation) {
  return order_at(at, operation, std::memory_order_seq_cst) != std::memory_order_relaxed;
}

constexpr rl::memory_order to_rl(std::memory_order o) {
  switch (o) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_consume;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: return rl::mo_seq_cst;
  }
  return rl::mo_seq_cst;
}

// Fibers share one OS thread, and with it the list of exceptions being handled: each keeps its own across a switch,
// else `throw;` would rethrow another fiber's.
class handled_kept {
 public:
  handled_kept() { *live() = globals{}; }
  handled_kept(const handled_kept&) = delete;
  handled_kept& operator=(const handled_kept&) = delete;
  ~handled_kept() { *live() = saved_; }

 private:
  struct globals {  // __cxa_eh_globals, as the Itanium ABI lays it out
    void* caught = nullptr;
    unsigned uncaught = 0;
  };
  static globals* live() { return reinterpret_cast<globals*>(abi::__cxa_get_globals()); }
  globals saved_ = *live();
};

// Lets another thread run. Every operation begins so.
inline rl::context& scheduling_point() {
  rl::context& c = rl::ctx();
  const handled_kept keep;
  c.sched();
  return c;
}

}  // namespace sluice::relacy
