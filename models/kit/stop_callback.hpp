// SPDX-License-Identifier: BSL-1.0
#pragma once
// std::stop_callback for a checker's stop_source: at most one at a time for each source. As in the standard, it is called by
// whoever requests the stop, or in its constructor if that was done; its destructor waits for a call that runs, unless it
// runs in that call. `Steps` is the engine's: self(), pause(), refuse(message), and atomic<T>.
//
// Edges (release -> acquire)
//   [made]    construction -> request    what was done before is seen by the call
//   [asked]   request -> construction    and by a callback that comes too late to be called by another
//   [called]  call -> destruction        the call is over
#include <atomic>
#include <cstdint>
#include <utility>

namespace sluice::kit {

template <class Steps>
class stop_slot {
 public:
  // A callback's part that does not depend on its type.
  class entry {
   public:
    explicit entry(void (*call)(entry&)) : call_(call) {}

   private:
    friend class stop_slot;
    void (*call_)(entry&);
    typename Steps::template atomic<std::uint32_t> called_{0};
    bool* gone_ = nullptr;  // by the caller, while it calls
  };

  // False: a stop was requested.
  bool add(entry& e) {
    std::uint64_t w = 0;
    if (word_.compare_exchange_strong(w, bits(e), std::memory_order_release,
                                      std::memory_order_acquire))  // [made] [asked]
      return true;
    if ((w & requested) == 0) Steps::refuse("one callback at a time for each stop source");
    return false;
  }
  // After add has been true.
  void remove(entry& e) {
    std::uint64_t w = bits(e);
    if (word_.compare_exchange_strong(w, 0, std::memory_order_relaxed, std::memory_order_relaxed)) return;
    if (w == requested_by_me()) {
      if (e.gone_ != nullptr) *e.gone_ = true;
      return;
    }
    while (e.called_.load(std::memory_order_acquire) == 0) Steps::pause();  // [called]
  }
  // Once.
  void request() {
    const std::uint64_t w = word_.exchange(requested_by_me(), std::memory_order_acq_rel);  // [made] [asked]
    if (w == 0) return;
    entry& e = *reinterpret_cast<entry*>(w);  // NOLINT(performance-no-int-to-ptr): it was one
    bool gone = false;
    e.gone_ = &gone;
    e.call_(e);
    if (gone) return;
    e.gone_ = nullptr;
    e.called_.store(1, std::memory_order_release);  // [called] -> remove
  }

 private:
  static constexpr std::uint64_t requested = 1;
  static std::uint64_t bits(entry& e) { return reinterpret_cast<std::uintptr_t>(&e); }
  static std::uint64_t requested_by_me() { return requested | std::uint64_t{Steps::self()} << 1U; }

  typename Steps::template atomic<std::uint64_t> word_{0};
};

template <class Slot, class F>
class stop_callback : Slot::entry {
 public:
  template <class Token>
  stop_callback(const Token& stop, F f) : Slot::entry(&call), f_(std::move(f)), slot_(stop.slot()) {
    if (slot_ == nullptr || slot_->add(*this)) return;
    slot_ = nullptr;
    f_();
  }
  stop_callback(stop_callback&&) = delete;
  ~stop_callback() {
    if (slot_ != nullptr) slot_->remove(*this);
  }

 private:
  static void call(typename Slot::entry& e) { static_cast<stop_callback&>(e).f_(); }
  F f_;
  Slot* slot_;
};

}  // namespace sluice::kit
