// SPDX-License-Identifier: BSL-1.0
#pragma once
// Recognises a loop that goes round without effect. Just before it reads, a thread's private state is its stack, the
// registers that a call preserves, and what else of memory it alone changes (see machine_loops.hpp). If it reads again in
// the very same state, with no effect in between, then whatever the second read could lead to, the first one could have led
// to already: going round again adds nothing, and the thread may wait where it is. A loop that counts its rounds is never
// in the same state twice. What lies in statics or on the ordinary heap is not looked at: a count kept there is taken for
// no effect.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sluice::explore {

struct registers {
  std::uint64_t preserved[6];
  std::uint64_t stack;
  std::uint64_t place;  // in the code
};
// As they were when the operation under way was called, in the client's own frame.
struct captured : registers {
  std::uint64_t clears = 0;  // so many words below that frame
};
inline constinit thread_local captured at_call{};

#if defined(__x86_64__)
inline constexpr bool can_fingerprint = true;
// To be inlined into the client: the call has all that lives on put where calls preserve it. Whatever the operation
// itself keeps on the stack lies deeper, and is not looked at.
// Convergent and noipa keep the compilers from copying the call (a loop's first round would then be another place) and
// from looking into it.
#if defined(__clang__)
#define SLUICE_EXPLORE_ASM [[gnu::naked, gnu::noinline, clang::convergent]]
#else
#define SLUICE_EXPLORE_ASM [[gnu::naked, gnu::noipa]]
#endif
SLUICE_EXPLORE_ASM inline void capture_into(captured*) {
  asm("movq %rbx, 0(%rdi)\n\t"
      "movq %rbp, 8(%rdi)\n\t"
      "movq %r12, 16(%rdi)\n\t"
      "movq %r13, 24(%rdi)\n\t"
      "movq %r14, 32(%rdi)\n\t"
      "movq %r15, 40(%rdi)\n\t"
      "leaq 8(%rsp), %rax\n\t"
      "movq %rax, 48(%rdi)\n\t"
      "movq (%rsp), %rax\n\t"
      "movq %rax, 56(%rdi)\n\t"
      "movq 64(%rdi), %rcx\n\t"
      "testq %rcx, %rcx\n\t"
      "je 1f\n\t"
      "leaq (,%rcx,8), %rax\n\t"
      "movq %rsp, %rdi\n\t"
      "subq %rax, %rdi\n\t"
      "xorl %eax, %eax\n\t"
      "rep stosq\n"
      "1:\n\t"
      "ret");
}
SLUICE_EXPLORE_ASM inline void clear_below(std::uint64_t) {
  asm("movq %rdi, %rcx\n\t"
      "leaq (,%rcx,8), %rax\n\t"
      "movq %rsp, %rdi\n\t"
      "subq %rax, %rdi\n\t"
      "xorl %eax, %eax\n\t"
      "rep stosq\n\t"
      "ret");
}
#undef SLUICE_EXPLORE_ASM
#else
inline constexpr bool can_fingerprint = false;
inline void capture_into(captured*) {}
inline void clear_below(std::uint64_t) {}
#endif

// By steps, what calls have left below is cleared: compilers leave gaps in frames, and there states that go on alike would
// be told apart by it.
[[gnu::always_inline]] inline void capture() { capture_into(&at_call); }

// An operation, in the client's own frame. Where it ends there is something left to do, so that no compiler makes a tail call of it:
// the frame of what it calls would lie where the client's was, and be looked at instead.
struct in_client {
  [[gnu::always_inline]] in_client() { capture(); }
  in_client(const in_client&) = delete;
  in_client& operator=(const in_client&) = delete;
  [[gnu::always_inline]] ~in_client() { asm volatile(""); }
};

// The same once an operation is done.
struct leaves_nothing_below {
  leaves_nothing_below() = default;
  leaves_nothing_below(const leaves_nothing_below&) = delete;
  leaves_nothing_below& operator=(const leaves_nothing_below&) = delete;
  ~leaves_nothing_below() {
    if (at_call.clears != 0) clear_below(at_call.clears);
  }
};

class fingerprint {
 public:
  explicit fingerprint(std::uint64_t seed) : a_(seed), b_(~seed) {}
  void add(const void* from, std::size_t bytes) {
    const char* p = static_cast<const char*>(from);
    for (; bytes >= 16; bytes -= 16, p += 16) {
      std::uint64_t x[2];
      std::memcpy(x, p, 16);
      a_ = mix(a_ ^ x[0], 0x9e3779b97f4a7c15);
      b_ = mix(b_ ^ x[1], 0xc2b2ae3d27d4eb4f);
    }
    for (; bytes >= 8; bytes -= 8, p += 8) {
      std::uint64_t x;
      std::memcpy(&x, p, 8);
      a_ = mix(a_ ^ x, 0x165667b19e3779f9);
    }
    if (bytes == 0) return;
    std::uint64_t x = bytes;
    std::memcpy(&x, p, bytes);
    b_ = mix(b_ ^ x, 0x165667b19e3779f9);
  }
  std::uint64_t value() const { return mix(a_ ^ (b_ << 1), 0xff51afd7ed558ccd); }

 private:
  static std::uint64_t mix(std::uint64_t x, std::uint64_t by) {
    x *= by;
    return x ^ (x >> 29);
  }
  std::uint64_t a_;
  std::uint64_t b_;
};

// The states in which a thread has read since its last effect.
class loop_detector {
 public:
  void start() { had_effect(); }
  void had_effect() {
    states_.clear();
    watches_memory_ = false;
  }

  // Memory as it is now, and as it will be until the thread itself changes it; or the thread is away.
  void watch_memory(std::uint64_t now) {
    memory_ = now;
    watches_memory_ = true;
  }
  bool watches_memory() const { return watches_memory_; }
  // As it is after the thread has run: if that is something else, then it is an effect.
  void memory_is(std::uint64_t now) {
    if (watches_memory_ && memory_ != now) had_effect();
  }

  struct verdict {
    bool seen;
    unsigned since;  // index of the event that was read in that state
  };
  // `goes_on`: it will read there whatever is found, so that it is in that state from here on.
  verdict look(std::uint64_t state, unsigned index, bool goes_on = false) {
    for (entry& e : states_) {
      if (e.state != state) continue;
      const unsigned since = e.index;
      if (goes_on) e.index = index;
      return {true, since};
    }
    states_.push_back({state, index});
    return {false, 0};
  }

 private:
  struct entry {
    std::uint64_t state;
    unsigned index;
  };
  std::vector<entry> states_;
  std::uint64_t memory_ = 0;
  bool watches_memory_ = false;
};

}  // namespace sluice::explore
