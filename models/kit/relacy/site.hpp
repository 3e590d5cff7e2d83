// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where an operation stands in the source, and the one order that a run may weaken there.
#include <kit/relacy/include.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sluice::relacy {

// A call site, taken by a default argument at the end of each operation: checked source carries no macro.
using site = rl::debug_info;
#define SLUICE_RELACY_HERE ::rl::debug_info(__builtin_FUNCTION(), __builtin_FILE(), __builtin_LINE())

// One order of one operation: `which` is 0 for the operation's (a CAS's success), 1 for a CAS's failure. Or that a
// strong CAS may fail spuriously.
struct weakening {
  std::string file;  // the end of the path
  int line = 0;
  int which = 0;
  std::string operation;
  std::memory_order to = std::memory_order_relaxed;
  bool active = false;
  bool weak = false;
  unsigned long long hits = 0;

  bool concerns(const site& at, const char* what, int of) const {
    return active && line == static_cast<int>(at.line_) && which == of && operation == what &&
           std::string_view(at.file_).ends_with(file);
  }
};

struct seen_site {
  const char* file;
  int line;
  const char* function;
  const char* operation;
  int which;
  std::memory_order order;
};

// The sites met so far. A plain array: what is allocated inside an execution counts as the client's.
class site_list {
 public:
  void note(const site& at, const char* operation, std::memory_order o, int which) {
    const int line = static_cast<int>(at.line_);
    for (const seen_site& s : *this)
      if (s.line == line && s.which == which && s.operation == operation && s.file == at.file_) return;
    if (size_ == most) {
      std::fputs("sluice::relacy: more sites than site_list has room for; raise site_list::most\n", stderr);
      std::abort();
    }
    sites_[size_++] = {at.file_, line, at.func_, operation, which, o};
  }
  const seen_site* begin() const { return sites_; }
  const seen_site* end() const { return sites_ + size_; }

 private:
  static constexpr std::size_t most = 512;
  seen_site sites_[most];
  std::size_t size_ = 0;
};

// What the program was asked to do at sites. One run per process, so globals.
inline weakening the_weakening;
inline bool record_sites = false;
inline site_list seen_sites;

// The order that this run uses where the source says `o`.
inline std::memory_order order_at(const site& at, const char* operation, std::memory_order o, int which = 0) {
  if (record_sites) seen_sites.note(at, operation, o, which);
  weakening& w = the_weakening;
  if (!w.concerns(at, operation, which)) return o;
  ++w.hits;
  return w.weak ? o : w.to;
}

// May this run's strong CAS fail spuriously there?
inline bool made_weak(const site& at, const char* operation) {
  return the_weakening.weak && the_weakening.concerns(at, operation, 0);
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
