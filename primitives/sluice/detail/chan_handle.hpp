// SPDX-License-Identifier: BSL-1.0
#pragma once
// Who keeps a channel alive: a counted reference to its core, and where asked for, a second count of those that can
// push, whose last one closes.
//
// Edges (release -> acquire)
//   [last]   every other handle's end -> the last one's   whatever they did to the channel is over before it dies
// Relaxed: a new reference is made from one that is there.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <sluice/detail/chan_core.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// When a channel closes by itself.
enum class closes : bool { when_told, with_last_sender };

template <class T, class Platform>
struct shared_chan : chan_core<T, Platform> {
  shared_chan(chan_room room, closes when, first_lap first) : chan_core<T, Platform>(room, first), closing(when) {}
  // Whether there is but one handle, and so never will be another. Relaxed: who then drops it acquires.
  bool has_one_handle() const noexcept { return references.load(std::memory_order_relaxed) == 1; }
  alignas(cache_line) typename Platform::template atomic<std::uint32_t> references{1};
  typename Platform::template atomic<std::uint32_t> senders{1};
  const closes closing;
};

// A reference, or none (the nil channel). `Counts`: as a sender.
template <class T, class Platform, bool Counts>
class chan_handle {
  using shared = shared_chan<T, Platform>;
  using allocator = typename Platform::template allocator<shared>;
  using traits = std::allocator_traits<allocator>;

 public:
  chan_handle() noexcept = default;
  // The first reference to a new channel.
  static chan_handle make(chan_room room, closes when, first_lap first) {
    allocator a;
    shared* const s = traits::allocate(a, 1);
    try {
      std::construct_at(s, room, when, first);
    } catch (...) {
      traits::deallocate(a, s, 1);
      throw;
    }
    return chan_handle(s);
  }
  // One more reference to a channel that somebody keeps alive meanwhile.
  explicit chan_handle(chan_core<T, Platform>* core) noexcept : shared_(static_cast<shared*>(core)) { add(); }
  chan_handle(const chan_handle& other) noexcept : chan_handle(other.shared_) { add(); }
  template <bool Other>
  explicit chan_handle(const chan_handle<T, Platform, Other>& other) noexcept : chan_handle(other.shared_) {
    add();
  }
  chan_handle(chan_handle&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  chan_handle& operator=(chan_handle other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~chan_handle() {
    if (shared_ == nullptr) return;
    if (Counts && counted() && drops_last(shared_->senders)) shared_->close();
    if (!drops_last(shared_->references)) return;
    allocator a;
    std::destroy_at(shared_);
    traits::deallocate(a, shared_, 1);
  }

  chan_core<T, Platform>* core() const noexcept { return shared_; }

 private:
  template <class, class, bool>
  friend class chan_handle;
  explicit chan_handle(shared* s) noexcept : shared_(s) {}

  bool counted() const noexcept { return shared_->closing == closes::with_last_sender; }
  void add() noexcept {
    if (shared_ == nullptr) return;
    shared_->references.fetch_add(1, std::memory_order_relaxed);
    if (Counts && counted()) shared_->senders.fetch_add(1, std::memory_order_relaxed);
  }
  static bool drops_last(typename Platform::template atomic<std::uint32_t>& count) noexcept {
    if (count.fetch_sub(1, std::memory_order_release) != 1) return false;  // [last] -> the load
    static_cast<void>(count.load(std::memory_order_acquire));              // [last] <- the others' fetch_sub
    return true;
  }

  shared* shared_ = nullptr;
};

}  // namespace sluice::detail
