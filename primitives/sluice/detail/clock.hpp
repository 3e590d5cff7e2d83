// SPDX-License-Identifier: BSL-1.0
#pragma once
// clock: what makes happen, for all of a Platform, what is to happen at a time that nobody waits for: timers and the deadlines of
// contexts. One thread, started with the first of them, that sleeps until the next one comes. A Platform whose time somebody
// moves by hand (sluice/manual_platform.hpp) has no such thread: who moves the time makes it happen.
//
// A timer fires under the heap's lock, and there does what who disarms it must find done, or not begun. What may run a program's
// code (a waiter of a channel is rung, a context ends) comes afterwards, with nothing locked.
//
// Edges (release -> acquire)
//   [happened]  come -> has_made_happen   who finds that it made something happen finds it armed, or what came of that done
// Relaxed: threads_, which is asked by who sees by other means, or by nothing, that a task has started one.
#include <cstddef>
#include <cstdint>
#include <utility>

#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/timer_heap.hpp>
#include <sluice/detail/waiter.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class clock {
 public:
  using heap = timer_heap<Platform>;
  using timer = typename heap::timer;

  // Something that comes after a timer has fired.
  class sequel {
   public:
    sequel() = default;
    sequel(const sequel&) = delete;
    sequel& operator=(const sequel&) = delete;

   protected:
    ~sequel() = default;

   private:
    friend clock;
    virtual void come() = 0;  // with nothing locked, once
    sequel* next_ = nullptr;
  };

  // Who wants to know when the clock's thread finds nothing armed any more.
  class listener {
   public:
    listener() = default;
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

   protected:
    ~listener() = default;

   private:
    friend clock;
    virtual void clock_is_idle() noexcept = 0;  // with the list locked
    listener* next_ = nullptr;
  };

  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  ~clock() = default;

  // The one of the Platform. Never destroyed, for its thread ends with the process. Throws std::system_error where no thread can be
  // started.
  static clock& the_one() {
    static clock& c = started();
    return c;
  }
  // How many timers of that one are armed, whether it is in the middle of something, how often it made something happen, and how
  // many threads it has.
  static std::size_t armed() { return in_any_case().heap_.armed(); }
  static bool at_rest() { return in_any_case().heap_.at_rest(); }
  static std::uint64_t happened() { return in_any_case().has_made_happen(); }
  static std::size_t threads() { return in_any_case().threads_.load(std::memory_order_relaxed); }
  // Adds to, or takes from, those whom that one tells.
  static void listen(listener& l) {
    clock& c = in_any_case();
    const held lock(c.listeners_lock_);
    l.next_ = std::exchange(c.listeners_, &l);
  }
  static void no_longer_listen(listener& l) {
    clock& c = in_any_case();
    const held lock(c.listeners_lock_);
    listener** at = &c.listeners_;
    while (*at != &l) at = &(*at)->next_;
    *at = l.next_;
  }

  // Makes happen what is to, until stop().
  void run() {
    heap_.run([this] { come(); }, [this] { say_idle(); });
  }
  // What is to happen by now; when there is more to come. By one thread at a time.
  typename Platform::time_point step() {
    const auto afterwards = [this] { come(); };
    return heap_.step(afterwards);
  }
  void stop() { heap_.stop(); }

  heap& timers() noexcept { return heap_; }
  // How many times it has made something happen. By who finds it at rest: all of them.
  std::uint64_t has_made_happen() const noexcept {
    return happened_.load(std::memory_order_acquire);  // [happened] <- come
  }
  // By what fires.
  void later(sequel& s) noexcept { s.next_ = std::exchange(sequels_, &s); }
  void ring_later(wait_node<Platform>& claimed) { claimed_.add(claimed); }

 private:
  using held = lock_held<futex_lock<Platform>>;
  static clock& in_any_case() {
    static clock& c = *new clock;
    return c;
  }
  static clock& started() {
    clock& c = in_any_case();
    if constexpr (!requires { Platform::moved_by_hand; }) {
      typename Platform::thread([&c] { c.run(); }).detach();
      c.threads_.store(1, std::memory_order_relaxed);
    }
    return c;
  }
  void come() {
    happened_.store(happened_.load(std::memory_order_relaxed) + 1,
                    std::memory_order_release);  // [happened] -> has_made_happen
    std::exchange(claimed_, {}).ring();
    for (sequel* s = std::exchange(sequels_, nullptr); s != nullptr;) std::exchange(s, s->next_)->come();
  }
  void say_idle() {
    const held lock(listeners_lock_);
    for (listener* l = listeners_; l != nullptr; l = l->next_) l->clock_is_idle();
  }

  heap heap_;
  futex_lock<Platform> listeners_lock_;
  listener* listeners_ = nullptr;  // under the lock
  // By what fires, and by who lets it.
  claimed_nodes<Platform> claimed_;
  sequel* sequels_ = nullptr;
  typename Platform::template atomic<std::uint64_t> happened_{0};
  typename Platform::template atomic<std::size_t> threads_{0};  // written once
};

}  // namespace sluice::detail
