// SPDX-License-Identifier: BSL-1.0
#pragma once
// The one order that a run may weaken, and the operations that it met. Without Relacy, which one unit of a program includes.
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sluice::relacy {

struct place {
  const char* file;
  int line;
  const char* function;
};

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

  bool concerns(const place& at, const char* what, int of) const {
    return active && line == at.line && which == of && operation == what && std::string_view(at.file).ends_with(file);
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
  void note(const place& at, const char* operation, std::memory_order o, int which) {
    for (const seen_site& s : *this)
      if (s.line == at.line && s.which == which && s.operation == operation && s.file == at.file) return;
    if (size_ == most) {
      std::fputs("sluice::relacy: more sites than site_list has room for; raise site_list::most\n", stderr);
      std::abort();
    }
    sites_[size_++] = {at.file, at.line, at.function, operation, which, o};
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

}  // namespace sluice::relacy
