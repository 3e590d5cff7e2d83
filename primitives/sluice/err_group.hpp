// SPDX-License-Identifier: BSL-1.0
#pragma once
// err_group: functions that are one piece of work. The first that fails cancels the others, and its failure is what wait gives;
// golang.org/x/sync/errgroup.
//
//   auto group = err_group::with_context(ctx);
//   for (const url& u : urls) group.go([&] { fetch(u, group.ctx()); });        throws, or returns a std::error_code
//   if (const failure why = group.wait()) why.raise();
//
// Guarantee. A function that go was given runs once, on a thread of its own, in a task as a task of its own, or where `start` runs
// it. wait blocks until all have ended, what they held is destroyed, and their effects are seen. Of those that fail, one is
// first: wait gives its exception or code, and the context, if it has not ended, ends with that as its cause before the function
// counts as ended.
// At most as many as set_limit said are inside at once. Once wait has returned the group may go.
// Linearization points: of the first failure the exchange of failed_; of admission that of the semaphore; of the rest those of
// wait_group. Progress: go takes one read-modify-write and what starting costs; with a limit it blocks until there is room.
//
// Invariants
//   1. A function counts in running_ from before it is started until it is destroyed, and holds a place until just before.
//   2. failed_ is set once, by who alone writes error_, and whose end wait awaits.
//
// Edges: those of wait_group, semaphore and context. Relaxed: failed_, an election; what was lost or won is seen by [done].
//
// Misuse. set_limit while functions are inside, go where the limit is none at all, go after wait but before it has returned: std::logic_error.
// A function of the group may call go, but with a limit it may wait for itself.
#include <concepts>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <sluice/context.hpp>
#include <sluice/failure.hpp>
#include <sluice/platform.hpp>
#include <sluice/semaphore.hpp>
#include <sluice/wait_group.hpp>

namespace sluice {

// What an err_group runs: returns nothing, or how it failed, if it did.
template <class F>
concept may_fail = std::invocable<F&> &&
                   (std::is_void_v<std::invoke_result_t<F&>> || std::convertible_to<std::invoke_result_t<F&>, failure>);

template <class Platform = std_platform>
class basic_err_group {
 public:
  using context_type = basic_context<Platform>;
  static constexpr int no_limit = -1;

  // Without a context: a failure is kept for wait, and cancels nothing.
  basic_err_group() = default;
  // With one that ends with `parent`, with the first failure, and with the first wait. Throws std::invalid_argument if that is none.
  static basic_err_group with_context(const context_type& parent) { return basic_err_group(with_cancel_cause(parent)); }
  basic_err_group(const basic_err_group&) = delete;
  basic_err_group& operator=(const basic_err_group&) = delete;
  // Cancels the context, and waits. A failure that nobody asked for is dropped.
  ~basic_err_group() {
    cancel({});
    running_.wait();
  }

  // Its context; one that never ends if it has none of its own.
  const context_type& ctx() const noexcept { return ctx_; }

  // At most `n` functions at a time; as many as come if n is negative. While none is inside.
  void set_limit(int n) {
    if (!running_.try_wait())  // which sees what the last one did to places_
      throw std::logic_error("sluice::err_group: set_limit(" + std::to_string(n) + ") while " +
                             std::to_string(running_.count()) +
                             " functions are inside; set it before the first go, or after wait");
    places_.reset();
    if (n >= 0) places_.emplace(static_cast<std::uint64_t>(n));
  }

  // Runs f as one of the group, once there is room for it. Throws what starting it throws; then it is none of the group.
  template <may_fail F>
  void go(F f, std::source_location at = std::source_location::current()) {
    go([at](auto run) { Platform::start(std::move(run), at); }, std::move(f));
  }
  // The same where `start`, given a callable, runs it, now or later, once.
  template <class Start, may_fail F>
  void go(Start&& start, F f) {
    if (places_ && places_->size() == 0)
      throw std::logic_error("sluice::err_group: go with a limit of 0 would wait for ever; try_go says no instead");
    if (places_) places_->acquire();
    launch(std::forward<Start>(start), f);
  }

  // The same if there is room at once, or false.
  template <may_fail F>
  [[nodiscard]] bool try_go(F f, std::source_location at = std::source_location::current()) {
    return try_go([at](auto run) { Platform::start(std::move(run), at); }, std::move(f));
  }
  template <class Start, may_fail F>
  [[nodiscard]] bool try_go(Start&& start, F f) {
    if (places_ && !places_->try_acquire()) return false;
    launch(std::forward<Start>(start), f);
    return true;
  }

  // Blocks until all have ended; the first failure, if there was one. Ends the context.
  failure wait() {
    running_.wait();
    failure why = error_.load();
    cancel(why);
    return why;
  }

 private:
  explicit basic_err_group(canceled_by<Platform, true> made)
      : ctx_(std::move(made.ctx)), cancel_(std::move(made.cancel)) {}

  // One function's place in the group, given back when that has gone. Takes over the room that there was for it.
  class place {
   public:
    explicit place(basic_err_group& g) : group_(&g) {
      try {
        g.running_.add();
      } catch (...) {
        g.make_room();
        throw;
      }
    }
    place(place&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
    place& operator=(place&&) = delete;
    ~place() {
      if (group_ == nullptr) return;
      group_->make_room();
      group_->running_.done();
    }
    basic_err_group& group() const noexcept { return *group_; }

   private:
    basic_err_group* group_;
  };
  // What is started. Whoever ran it may keep it; the function goes before its place does, for it may refer to what lives until
  // wait returns.
  template <class F>
  struct one_run {
    place mine;
    std::optional<F> f;
    void operator()() {
      const place until_gone = std::move(mine);
      until_gone.group().run(*f);
      f.reset();
    }
  };

  template <class Start, class F>
  void launch(Start&& start, F& f) {
    place mine(*this);
    std::forward<Start>(start)(one_run<F>{std::move(mine), std::move(f)});
  }
  void make_room() {
    if (places_) places_->release();
  }

  template <class F>
  void run(F& f) {
    failure why;
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>)
        f();
      else
        why = f();
    } catch (...) {
      why = std::current_exception();
    }
    if (!why || failed_.exchange(1, std::memory_order_relaxed) != 0) return;
    error_.store(why);
    cancel(std::move(why));
  }
  void cancel(failure why) {
    if (cancel_) (*cancel_)(std::move(why));
  }

  // Written by nobody while functions are inside.
  context_type ctx_ = background<Platform>();
  std::optional<basic_cancel<Platform, true>> cancel_;
  std::optional<basic_semaphore<Platform>> places_;
  // Written by the first that fails.
  typename Platform::template atomic<std::uint32_t> failed_{0};
  typename Platform::template var<failure> error_{failure()};
  // Written by all.
  basic_wait_group<Platform> running_;
};

using err_group = basic_err_group<>;

}  // namespace sluice
