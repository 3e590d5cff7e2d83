// SPDX-License-Identifier: BSL-1.0
#pragma once
// cancel_scope: a node that can end, once, for a reason, and ends whoever depends on it: scopes below, functions.
//
// Who ends it takes its dependents out of the list under its lock. A scope below on whose end nothing follows, a leaf that nobody
// has asked for `done`, it ends there and then, under both locks, and need not keep it alive: who goes has to leave the list first.
// The others it tells with nothing locked, one after the other, the scopes below adding theirs to the same list: no recursion, and
// never more than two locks of scopes at once, the upper one's first. A channel's lock is taken inside of one, to close `done`.
// Linearization point of the end: the store of `why_`; of an attachment: under the lock.
//
// Invariants, whenever the lock is free
//   1. It has ended: nobody depends on it any more; `done` is closed, if it was ever asked for.
//   2. It has not: `done` is open; who attached, and has neither ended nor gone, is in the list.
//
// Edges (release -> acquire)
//   [over]  end -> why   what was done before the end, and the cause, are seen by who finds that it has ended
// The lock orders all else. Relaxed: why_ under the lock, where it is written.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/context_error.hpp>
#include <sluice/detail/context_node.hpp>
#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/failure.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

struct context_end {
  context_errc why;
  failure cause;
};

template <class Platform>
class dependents;
template <class Platform>
class to_be_told;

// Who is told of a scope's end.
template <class Platform>
class dependent {
 public:
  dependent() = default;
  dependent(const dependent&) = delete;
  dependent& operator=(const dependent&) = delete;

 protected:
  ~dependent() = default;

 private:
  friend dependents<Platform>;
  friend to_be_told<Platform>;
  friend cancel_scope<Platform>;
  // Under the lock of the list, after it was taken out. False: something follows on that, so it has to be told with nothing locked.
  virtual bool tell_at_once(const context_end&) noexcept { return false; }
  // Likewise: a reference that lasts until it is told; false: it is going.
  virtual bool keep() noexcept = 0;
  // With nothing locked. May add to `more` who has to be told then.
  virtual void tell(const context_end& end, to_be_told<Platform>& more) = 0;
  // It will not be told, for who would have told it has gone.
  virtual void forget() noexcept {}

  template <class T>
  using var = typename Platform::template var<T>;
  var<dependent*> next_{nullptr};
  var<dependent*> previous_{nullptr};
  var<bool> linked_{false};
};

// A list of them, under its owner's lock.
template <class Platform>
class dependents {
  using item = dependent<Platform>;

 public:
  void add(item& d) {
    item* const second = first_.load();
    d.previous_.store(nullptr);
    d.next_.store(second);
    d.linked_.store(true);
    if (second != nullptr) second->previous_.store(&d);
    first_.store(&d);
  }
  // False: it is not in the list.
  bool remove(item& d) {
    if (!d.linked_.load()) return false;
    item* const next = d.next_.load();
    item* const previous = d.previous_.load();
    d.linked_.store(false);
    if (next != nullptr) next->previous_.store(previous);
    if (previous != nullptr)
      previous->next_.store(next);
    else
      first_.store(next);
    return true;
  }
  item* take_first() {
    item* const d = first_.load();
    if (d != nullptr) static_cast<void>(remove(*d));
    return d;
  }
  // Empties it, and gives each to `f`, which runs nothing of others'. The next one, whose address is known only then, comes from
  // memory meanwhile.
  template <class F>
  void take_each(const F& f) {
    item* d = first_.load();
    first_.store(nullptr);
    while (d != nullptr) {
      item* const next = d->next_.load();
      expect(next);
      d->linked_.store(false);
      f(*d);
      d = next;
    }
  }
  bool empty() const { return first_.load() == nullptr; }

 private:
  static constexpr std::size_t about_a_scope = 3;  // lines
  static void expect(const item* d) noexcept {
    if (d == nullptr) return;
    const auto* const at = reinterpret_cast<const std::byte*>(d);
    for (std::size_t line = 0; line != about_a_scope; ++line) __builtin_prefetch(at + line * cache_line, 1);
  }
  typename Platform::template var<item*> first_{nullptr};
};

// Who was taken out of such lists, by the one who tells them.
template <class Platform>
class to_be_told {
 public:
  void add(dependent<Platform>& d) {
    d.next_.store(first_);
    first_ = &d;
  }
  dependent<Platform>* take_first() {
    dependent<Platform>* const d = first_;
    if (d != nullptr) first_ = d->next_.load();
    return d;
  }

 private:
  dependent<Platform>* first_ = nullptr;
};

template <class Platform>
class cancel_scope : public context_node<Platform>, private dependent<Platform> {
  using node = context_node<Platform>;
  using queue = to_be_told<Platform>;
  using held = lock_held<futex_lock<Platform>>;

 public:
  using time_point = typename Platform::time_point;
  using signal_channel = chan<void, Platform>;

  cancel_scope(node* parent, time_point deadline) noexcept
      : node(parent, this), above_(parent == nullptr ? nullptr : parent->scope()), deadline_(deadline) {}

  // After construction, once: ends with the scope above, at once if that has ended.
  void attach() {
    if (above_ != nullptr && !above_->add_dependent(*this)) static_cast<void>(end(above_->reason()));
  }
  // False: it has ended.
  bool add_dependent(dependent<Platform>& d) {
    const held lock(lock_);
    if (why_.load(std::memory_order_relaxed) != live) return false;
    dependents_.add(d);
    return true;
  }
  // True: it will not be told.
  bool remove_dependent(dependent<Platform>& d) {
    const held lock(lock_);
    return dependents_.remove(d);
  }

  // Ends it, and all below, for this reason. False: it had ended. The caller has a reference.
  bool end(const context_end& because) {
    queue told;
    if (!end_here(because, told)) return false;
    if (above_ != nullptr) static_cast<void>(above_->remove_dependent(*this));
    while (dependent<Platform>* const d = told.take_first()) d->tell(because, told);
    return true;
  }

  bool has_ended() const noexcept { return why_.load(std::memory_order_acquire) != live; }  // [over] <- end_here
  // Why it has ended, if it has; then `done` is closed.
  std::error_code error() {
    if (!has_ended()) return {};
    const held until_closed(lock_);
    return reason().why;
  }
  // Precondition: has_ended().
  const context_end& reason() const noexcept { return *reason_; }

  signal_channel done() {
    const held lock(lock_);
    if (!done_) {
      done_ = make_chan<void, Platform>();
      if (why_.load(std::memory_order_relaxed) != live) done_.close();
    }
    return done_;
  }
  typename Platform::stop_token stop_token() {
    const held lock(lock_);
    if (!stop_) {
      stop_.emplace();
      if (why_.load(std::memory_order_relaxed) != live) stop_->request_stop();  // nobody has a callback yet
    }
    return stop_->get_token();
  }
  time_point deadline() const noexcept { return deadline_; }

  ~cancel_scope() override = default;

 protected:
  // Its last reference is gone. Who still waits for `done` is not stranded, and functions never run.
  void going() noexcept override {
    if (above_ != nullptr) static_cast<void>(above_->remove_dependent(*this));
    if (done_) done_.close();
    while (dependent<Platform>* const d = dependents_.take_first()) d->forget();
  }

 private:
  static constexpr std::uint32_t live = 0;

  void destroy() noexcept override { this->destroy_as(this); }
  // What else has to stop when it ends, with nothing locked. Who has such a thing is not told at once.
  virtual void ended() noexcept {}
  bool tell_at_once(const context_end& because) noexcept override {
    const held lock(lock_);
    if (why_.load(std::memory_order_relaxed) != live) return true;
    if (done_ || stop_ || !dependents_.empty()) return false;
    end_for(because);
    return true;
  }
  bool keep() noexcept override { return this->try_add(); }
  void tell(const context_end& because, queue& more) override {
    static_cast<void>(end_here(because, more));
    node::drop(this);
  }

  bool end_here(const context_end& because, queue& told) {
    typename Platform::stop_source* asked = nullptr;
    claimed_nodes<Platform> waiting;  // for `done`: a coroutine goes on in here, and may ask this scope what it likes
    {
      const held lock(lock_);
      if (why_.load(std::memory_order_relaxed) != live) return false;
      end_for(because);
      if (done_) static_cast<void>(chan_access::core(done_)->close(waiting));
      dependents_.take_each([&](dependent<Platform>& d) {
        if (!d.tell_at_once(because) && d.keep()) told.add(d);
      });
      if (stop_) asked = &*stop_;
    }
    waiting.ring();
    if (asked != nullptr) asked->request_stop();
    ended();
    return true;
  }

  // Under the lock.
  void end_for(const context_end& because) noexcept {
    reason_.emplace(because);
    why_.store(static_cast<std::uint32_t>(because.why), std::memory_order_release);  // [over] -> has_ended
  }

  cancel_scope* const above_;
  const time_point deadline_;
  futex_lock<Platform> lock_;
  typename Platform::template atomic<std::uint32_t> why_{live};  // written under the lock, once
  // Under the lock.
  std::optional<context_end> reason_;  // read without it once why_ says that it is there
  signal_channel done_;
  std::optional<typename Platform::stop_source> stop_;
  dependents<Platform> dependents_;
};

}  // namespace sluice::detail
