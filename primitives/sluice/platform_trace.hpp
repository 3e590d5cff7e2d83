// SPDX-License-Identifier: BSL-1.0
#pragma once
// stack_trace: the calls that led to a place, as addresses; what they mean is looked up only when somebody reads it.
// Not std::stacktrace: that is C++23, and libstdc++ 12 has it only for who links one more library. Where the C library has no
// backtrace (musl) a trace is empty. Functions of the program itself have names if it is linked with -rdynamic; without,
// a line is `program(+0x1234)`, which `addr2line -fe program 0x1234` names.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define SLUICE_HAS_BACKTRACE 1
#endif

namespace sluice {

class stack_trace {
 public:
  static constexpr std::size_t deepest = 32;  // calls further out are left away

  stack_trace() noexcept = default;  // of nowhere
  // Of the caller, without its innermost `skip` calls. The first one loads the unwinder; none is for signal handlers.
  [[gnu::noinline]] static stack_trace here(std::size_t skip = 0) noexcept {
    stack_trace t;
#ifdef SLUICE_HAS_BACKTRACE
    const auto n = static_cast<std::size_t>(::backtrace(t.calls_.data(), static_cast<int>(t.calls_.size())));
    t.first_ = std::min(skip + 1, n);
    t.end_ = n;
#else
    static_cast<void>(skip);
#endif
    return t;
  }

  std::size_t size() const noexcept { return end_ - first_; }
  // A line for each call, the innermost first. Allocates.
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
#ifdef SLUICE_HAS_BACKTRACE
    char** const texts = ::backtrace_symbols(calls_.data() + first_, static_cast<int>(size()));
    if (texts == nullptr) return all;
    for (std::size_t i = 0; i != size(); ++i) all.emplace_back(texts[i]);
    std::free(texts);  // NOLINT(bugprone-multi-level-implicit-pointer-conversion): as backtrace_symbols says
#endif
    return all;
  }

 private:
  std::array<void*, deepest> calls_{};
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sluice
