// SPDX-License-Identifier: BSL-1.0
#pragma once
// fiber: a flow of control with a stack of its own, on Boost.Context's switch. A fiber goes on wherever somebody switches to it; one
// thread at a time. ThreadSanitizer and AddressSanitizer are told of each switch.
#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>

#include <cstddef>
#include <utility>

#include <sluice/platform_cpu.hpp>

#if defined(__SANITIZE_THREAD__)
#define SLUICE_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_FIBER_ASAN 1
#endif
#endif
#if defined(SLUICE_FIBER_TSAN)
#include <sanitizer/tsan_interface.h>
#endif
#if defined(SLUICE_FIBER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

namespace sluice::detail {

// What a sanitizer has to know of a fiber. Nothing where there is none.
class fiber_watch {
 public:
#if defined(SLUICE_FIBER_ASAN)
  static constexpr std::size_t larger_frames = 4;  // a frame under AddressSanitizer is several times as large
#else
  static constexpr std::size_t larger_frames = 1;
#endif
  // Memory for stacks: what is linked to from there is not lost.
  static void roots_begin([[maybe_unused]] const void* at, [[maybe_unused]] std::size_t size) {
#if defined(SLUICE_FIBER_ASAN)
    __lsan_register_root_region(at, size);
#endif
  }
  static void roots_end([[maybe_unused]] const void* at, [[maybe_unused]] std::size_t size) {
#if defined(SLUICE_FIBER_ASAN)
    __lsan_unregister_root_region(at, size);
#endif
  }
  void begin([[maybe_unused]] void* bottom, [[maybe_unused]] std::size_t size) {
#if defined(SLUICE_FIBER_TSAN)
    fiber_ = __tsan_create_fiber(0);
#endif
#if defined(SLUICE_FIBER_ASAN)
    bottom_ = bottom;
    size_ = size;
    __asan_unpoison_memory_region(bottom, size);  // what the last user's end has left
#endif
  }
  // Of a fiber that has left for good.
  void end() {
#if defined(SLUICE_FIBER_TSAN)
    __tsan_destroy_fiber(fiber_);
#endif
  }
  void leave_for([[maybe_unused]] fiber_watch& to, [[maybe_unused]] bool for_good) {
#if defined(SLUICE_FIBER_TSAN)
    fiber_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to.fiber_, 0);
#endif
#if defined(SLUICE_FIBER_ASAN)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, to.bottom_, to.size_);
#endif
  }
  void arrived_from([[maybe_unused]] fiber_watch& from) {
#if defined(SLUICE_FIBER_ASAN)
    // A thread's own stack is not known before it is left for the first time.
    __sanitizer_finish_switch_fiber(fake_stack_, &from.bottom_, &from.size_);
#endif
  }

 private:
#if defined(SLUICE_FIBER_TSAN)
  void* fiber_ = nullptr;
#endif
#if defined(SLUICE_FIBER_ASAN)
  void* fake_stack_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
#endif
};

class fiber {
 public:
  fiber() = default;  // a thread's own flow of control
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber() = default;

  // Makes it one that runs `body(argument)`, which never returns, on the `size` bytes from `bottom` on.
  void prepare(std::byte* bottom, std::size_t size, void (*body)(void*), void* argument) {
    body_ = body;
    argument_ = argument;
    watch_.begin(bottom, size);
    context_ = boost::context::detail::make_fcontext(bottom + size, size, &start);
  }
  // It is the thread's own that calls, which need not be asked for what is the thread's at each switch from and to it.
  void is_of_this_thread() { of_thread_ = &exceptions_of_thread(); }
  // It has left for good.
  void forget() { watch_.end(); }

  // Where what it left lies, from there on upwards. Not while it runs.
  const std::byte* left_at() const noexcept { return static_cast<const std::byte*>(context_); }

  // Leaves `from`, in which the caller runs, for `to`. Returns, perhaps on another thread, when somebody switches back.
  static void switch_over(fiber& from, fiber& to, bool for_good = false) {
    auto& runtime = from.of_thread_ != nullptr ? *from.of_thread_
                    : to.of_thread_ != nullptr ? *to.of_thread_
                                               : exceptions_of_thread();
    from.exceptions_ = runtime;
    runtime = to.exceptions_;
    to.came_from_ = &from;
    from.watch_.leave_for(to.watch_, for_good);
    arrive(boost::context::detail::jump_fcontext(to.context_, &to));
  }

 private:
  // What the C++ runtime keeps per thread of exceptions in flight (Itanium ABI, 2.2.2). Each fiber has its own.
  struct exceptions_in_flight {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  // Never inlined: the thread is another one after a switch.
  [[gnu::noinline]] static exceptions_in_flight& exceptions_of_thread() {
    differs_by_thread();
    return *reinterpret_cast<exceptions_in_flight*>(abi::__cxa_get_globals());
  }
  static fiber& arrive(boost::context::detail::transfer_t t) {
    fiber& self = *static_cast<fiber*>(t.data);
    self.came_from_->context_ = t.fctx;
    self.watch_.arrived_from(self.came_from_->watch_);
    return self;
  }
  static void start(boost::context::detail::transfer_t t) {
    fiber& self = arrive(t);
    self.body_(self.argument_);
  }

  boost::context::detail::fcontext_t context_ = nullptr;
  // Lies here, for AddressSanitizer's part of a stack that is left for good is gone at once.
  fiber* came_from_ = nullptr;
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  exceptions_in_flight exceptions_;
  exceptions_in_flight* of_thread_ = nullptr;
  [[no_unique_address]] fiber_watch watch_;
};

}  // namespace sluice::detail
