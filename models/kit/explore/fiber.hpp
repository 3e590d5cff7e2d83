// SPDX-License-Identifier: BSL-1.0
#pragma once
// Fibers on stacks that stay: fiber n of every execution runs on the same memory, so that addresses of what lives on a
// stack are the same in every execution. A fiber may be abandoned in the middle; nothing is unwound then.
#include <cxxabi.h>
#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstring>

#include <kit/explore/mapping.hpp>

namespace sluice::explore {

// What the C++ runtime keeps per thread about exceptions in flight. Each fiber has its own.
struct exceptions_in_flight {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

class fiber {
 public:
  static constexpr std::size_t stack_size = std::size_t{1} << 18;
  static constexpr std::size_t guard_size = std::size_t{1} << 26;  // addresses, no memory
  static constexpr std::size_t engine_frames = 512;

  fiber() = default;  // the one that is running already
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber() {
    if (memory_) clear();
    stack::give_back(std::move(memory_), lane_);
  }

  void prepare(void (*body)(void*), void* argument, unsigned lane) {
    if (!memory_) {
      lane_ = lane;
      memory_ = stack::borrow(lane);
      lowest_ = base();
    }
    body_ = body;
    argument_ = argument;
    exceptions_ = {};
    // What an earlier execution left in unused stack slots must not make this one look different.
    clear();
    context_ = boost::context::detail::make_fcontext(base(), stack_size, &start);
  }

  // Somebody calls the engine from here.
  void reached(const void* frame) {
    auto* const p = static_cast<std::byte*>(const_cast<void*>(frame)) - engine_frames;
    if (p < lowest_) lowest_ = p;
  }

  // The stack lies below this address.
  std::byte* base() const { return memory_.end(); }

  // It is a fault below the stack, within what large local objects would take.
  bool overflowed(const void* fault) const { return memory_.guards(fault); }
  // From now on, all of the stack counts as used. For whoever is left from elsewhere than a call of the engine.
  void is_all_used() { lowest_ = memory_.begin(); }

  // What earlier calls have left below where it stands is no part of a state.
  void clear_unused() {
    auto* const here = static_cast<std::byte*>(context_);
    if (lowest_ < here) std::memset(lowest_, 0, static_cast<std::size_t>(here - lowest_));
    lowest_ = here;
  }
  bool has_exceptions() const { return exceptions_.caught != nullptr || exceptions_.uncaught != 0; }
  // What it goes on from, where it has no exceptions: see checkpoints.hpp.
  template <class Visit>
  void each_part(const Visit& visit) {
    visit(&context_, sizeof context_);
    visit(context_, static_cast<std::size_t>(base() - static_cast<std::byte*>(context_)));
    exceptions_ = {};
    clear_unused();
  }

  // Leaves `from` and goes on in `to`; returns when somebody switches back to `from`.
  static void switch_over(fiber& from, fiber& to) {
    auto& runtime = *reinterpret_cast<exceptions_in_flight*>(abi::__cxa_get_globals());
    from.exceptions_ = runtime;
    runtime = to.exceptions_;
    arrive(boost::context::detail::jump_fcontext(to.context_, switch_of(from, to)));
  }

 private:
  using stack = mapping<stack_size, guard_size>;

  void clear() {
    std::memset(lowest_, 0, static_cast<std::size_t>(base() - lowest_));
    lowest_ = base();
  }

  struct passage {
    fiber* from;
    fiber* to;
  };
  // One switch is under way at a time, so that one passage is enough.
  static passage* switch_of(fiber& from, fiber& to) {
    static constinit thread_local passage the_one{};
    the_one = {&from, &to};
    return &the_one;
  }
  static fiber& arrive(boost::context::detail::transfer_t t) {
    const passage p = *static_cast<passage*>(t.data);
    p.from->context_ = t.fctx;
    return *p.to;
  }
  static void start(boost::context::detail::transfer_t t) {
    fiber& self = arrive(t);
    self.body_(self.argument_);  // never returns
  }

  boost::context::detail::fcontext_t context_ = nullptr;
  stack memory_;
  unsigned lane_ = 0;
  std::byte* lowest_ = nullptr;
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  exceptions_in_flight exceptions_;
};

}  // namespace sluice::explore
