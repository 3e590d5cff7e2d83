// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a task<T> waits, goes on and ends: the part of its promise that does not depend on T, and what its co_await makes of others'
// awaitables.
//
// A coroutine that waits is counted by its scheduler from before it suspends until it has been resumed: so there is no moment at
// which it is neither on a stack nor counted. Who resumes it may do so before await_suspend returns, so nothing of it is
// touched after that. Where its scheduler has ended it waits for ever, and who would let it go on does nothing.
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <sluice/async_chan.hpp>
#include <sluice/detail/async_operation.hpp>
#include <sluice/detail/task_core.hpp>
#include <sluice/detail/waiting_coroutines.hpp>

namespace sluice::detail {

// Resumes coroutines one after the other: each names the next one, and returns. So the stack does not grow with how many await each
// other, whatever the compiler makes of a symmetric transfer (g++ nests them unless it optimizes).
class coroutine_turns {
 public:
  void run(std::coroutine_handle<> first) {
    for (next_ = first; next_;) std::exchange(next_, nullptr).resume();
  }
  void next(std::coroutine_handle<> h) noexcept { next_ = h; }

 private:
  std::coroutine_handle<> next_;
};

// Among which coroutines, thus by which scheduler, one is run, and where it was started, for reports.
struct coroutine_home : ready_coroutine {
  waiting_coroutines* all = nullptr;
  std::source_location at{};
  coroutine_turns* turns = nullptr;  // in which it runs; null where somebody else has resumed it
};

// Runs what is ready, one after the other, on the stack that it is called on, which is a task's: see send.
class coroutine_carrier {
 public:
  explicit coroutine_carrier(waiting_coroutines& all) noexcept : all_(all) {}

  void operator()() const {
    task_control& here = *this_task_control();
    auto t = all_.ready().begin();
    for (unsigned left = turns_of_a_carrier; t.item != nullptr; t = all_.ready().next()) {
      auto& home = static_cast<coroutine_home&>(*t.item);
      const bool relieved = !t.another || send(all_, home.at);  // somebody else sees to what is left
      here.now_runs(home.at);
      run(home);
      here.locals.clear();
      if (left > 1)
        --left;
      else if (relieved)
        return;
    }
  }
  // Somebody who runs what is ready, soon. False: there was no memory for a stack, and what is ready waits for the next one who is
  // sent, or for a carrier that is there.
  static bool send(waiting_coroutines& all, std::source_location at) {
    try {
      all.scheduler()->template spawn<coroutine_carrier>(at, task_name("coroutine"), all);
      return true;
    } catch (const std::bad_alloc&) {
      all.ready().nobody_comes();
      return false;
    }
  }
  // On the stack of the caller.
  static void run(coroutine_home& home) {
    coroutine_turns here;
    home.turns = &here;
    if (std::exchange(home.begins, false)) home.all->one_is_over();
    here.run(home.frame);
  }

 private:
  static constexpr unsigned turns_of_a_carrier = 16;  // then other tasks have theirs
  waiting_coroutines& all_;
};

// Lets it go on on a worker, on a stack that it has until it waits again; where there is no memory for one, on that of the caller.
inline void resume_on_worker(coroutine_home& home, std::coroutine_handle<> h) {
  waiting_coroutines& all = *home.all;
  std::optional<task_visit> here;
  if (!task_core::has_this_thread(all.scheduler())) {
    all.unless_it_ends([&here](task_core& s) { here.emplace(s.visitors()); });
    if (!here) return;
  }
  home.frame = h;
  const std::source_location at = home.at;
  if (!all.ready().push(home) || coroutine_carrier::send(all, at)) return;
  for (auto t = all.ready().next(); t.item != nullptr; t = all.ready().next()) {
    if (t.another) all.ready().nobody_comes();
    coroutine_carrier::run(static_cast<coroutine_home&>(*t.item));
  }
}

// The executor of operations on channels.
struct resume_at_home {
  coroutine_home* home;
  void operator()(std::coroutine_handle<> h) const { resume_on_worker(*home, h); }
};

// An awaitable's awaiter, with the coroutine counted while it waits.
template <class Awaiter>
class counted_wait {
 public:
  template <class Awaitable>
  counted_wait(std::in_place_t, Awaitable&& from) : inner_(awaiter_of(std::forward<Awaitable>(from))) {}
  counted_wait(const counted_wait&) = delete;
  counted_wait& operator=(const counted_wait&) = delete;
  // Where it waits, its coroutine goes, and waits no longer.
  ~counted_wait() {
    if (counted_by_ != nullptr) goes_on();
  }
  bool await_ready() { return inner_.await_ready(); }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> h) {
    coroutine_turns* const turns = std::exchange(h.promise().home().turns, nullptr);
    const auto stays = [&] {
      h.promise().home().turns = turns;
      goes_on();
    };
    counted_by_ = h.promise().home().all;
    counted_by_->one_begins();
    try {
      using answer = decltype(inner_.await_suspend(h));
      if constexpr (std::is_same_v<answer, bool>) {
        const bool suspends = inner_.await_suspend(h);
        if (!suspends) stays();
        return suspends;
      } else {
        return inner_.await_suspend(h);
      }
    } catch (...) {
      stays();
      throw;
    }
  }
  decltype(auto) await_resume() {
    if (counted_by_ != nullptr) goes_on();
    return inner_.await_resume();
  }
  template <class Awaitable>
  static decltype(auto) awaiter_of(Awaitable&& a) {
    if constexpr (requires { std::forward<Awaitable>(a).operator co_await(); })
      return std::forward<Awaitable>(a).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<Awaitable>(a)); })
      return operator co_await(std::forward<Awaitable>(a));
    else
      return std::forward<Awaitable>(a);
  }

 private:
  void goes_on() noexcept {
    waiting_coroutines& all = *std::exchange(counted_by_, nullptr);
    task_core* elsewhere = nullptr;
    std::optional<task_visit> here;  // who waited for the last one to be over may let the scheduler go at once
    if (!task_core::has_this_thread(all.scheduler()))
      all.unless_it_ends([&](task_core& s) { elsewhere = &s, here.emplace(s.visitors()); });
    all.one_is_over();
    if (here) elsewhere->nudge();  // a worker would sleep before anybody finds that nothing is left
  }
  waiting_coroutines* counted_by_ = nullptr;
  Awaiter inner_;
};

class coroutine_promise {
 public:
  coroutine_promise() = default;
  coroutine_promise(const coroutine_promise&) = delete;
  coroutine_promise& operator=(const coroutine_promise&) = delete;

  coroutine_home& home() noexcept { return home_; }
  bool has_begun() const noexcept { return home_.all != nullptr; }
  // Before it is resumed for the first time. Without `back` it is its own, and goes when it has ended.
  void begin(waiting_coroutines& all, std::source_location at, coroutine_turns* turns,
             std::coroutine_handle<> back) noexcept {
    home_.all = &all;
    home_.at = at;
    home_.turns = turns;
    back_ = back;
  }
  bool is_its_own() const noexcept { return !back_; }
  // What is to be resumed now so that `h` is next.
  std::coroutine_handle<> in_turn(std::coroutine_handle<> h) const noexcept {
    if (home_.turns == nullptr) return h;
    home_.turns->next(h);
    return std::noop_coroutine();
  }
  // The same, of who awaits it.
  std::coroutine_handle<> go_back() const noexcept { return in_turn(back_); }

  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  // Another task<T> runs on this one's stack.
  template <class Awaitable>
    requires std::derived_from<typename std::remove_cvref_t<Awaitable>::promise_type, coroutine_promise>
  Awaitable&& await_transform(Awaitable&& a) {
    return std::forward<Awaitable>(a);
  }
  template <class Cases, class... Args>
  auto await_transform(async_wish<async_operation<Cases, resume_inline>, resume_inline, Args...>&& w) {
    return counted(std::move(w).resumed_by(resume_at_home{&home_}));
  }
  template <class Awaitable>
  auto await_transform(Awaitable&& a) {
    return counted(std::forward<Awaitable>(a));
  }

 protected:
  ~coroutine_promise() = default;
  std::exception_ptr thrown_;

 private:
  template <class Awaitable>
  auto counted(Awaitable&& a) {
    using awaiter = decltype(counted_wait<int>::awaiter_of(std::forward<Awaitable>(a)));
    return counted_wait<awaiter>(std::in_place, std::forward<Awaitable>(a));
  }

  coroutine_home home_;
  std::coroutine_handle<> back_;
};

// What it returns or throws.
template <class T>
class coroutine_result : public coroutine_promise {
 public:
  template <class U = T>
  void return_value(U&& v) {
    value_.emplace(std::forward<U>(v));
  }
  T take() {
    if (this->thrown_) std::rethrow_exception(std::move(this->thrown_));
    return *std::move(value_);
  }

 private:
  std::optional<T> value_;
};
template <class T>
class coroutine_result<T&> : public coroutine_promise {
 public:
  void return_value(T& v) noexcept { value_ = std::addressof(v); }
  T& take() {
    if (this->thrown_) std::rethrow_exception(std::move(this->thrown_));
    return *value_;
  }

 private:
  T* value_ = nullptr;
};
template <>
class coroutine_result<void> : public coroutine_promise {
 public:
  void return_void() const noexcept {}
  void take() {
    if (this->thrown_) std::rethrow_exception(std::move(this->thrown_));
  }
  // Of one that nobody awaits: what it threw is told as a task's.
  void end_alone() noexcept {
    if (!this->thrown_) return;
    task_core* const core = home().all->scheduler();
    if (core == nullptr) std::rethrow_exception(this->thrown_);  // nobody is left to tell: ends the program
    core->failed({.name = "coroutine", .started = home().at}, this->thrown_);
  }
};

// At its end a coroutine goes on with who awaited it, or goes.
template <class Promise>
struct goes_back {
  static bool await_ready() noexcept { return false; }
  static std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    if (!h.promise().is_its_own()) return h.promise().go_back();
    if constexpr (requires { h.promise().end_alone(); }) h.promise().end_alone();
    h.destroy();
    return std::noop_coroutine();
  }
  static void await_resume() noexcept {}
};

}  // namespace sluice::detail
