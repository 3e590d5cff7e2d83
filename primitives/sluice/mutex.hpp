// SPDX-License-Identifier: BSL-1.0
#pragma once
// mutex: mutual exclusion in four bytes, on a futex. Fits std::unique_lock, std::scoped_lock, std::condition_variable_any.
//
// Free, it is taken and given back by one read-modify-write each. Contended, newcomers may overtake those that sleep,
// which is what makes it fast, until one that has waited for 1 ms is woken and finds it held: it is hungry, and while
// anybody is, unlock bequeaths the mutex to a waiter instead of freeing it. Sleepers are woken one at a time, in the order
// in which they fell asleep (as far as the futex keeps it), so one of n waits for 1 ms, then for at most n wake-ups until it
// is hungry, then for at most n bequests, but for those to which a later waiter, on its way to sleep, gets first. Whoever was
// woken looks for a while before it sleeps again, and so finds a bequest at once, which keeps fairness cheap. Go's sync.Mutex
// has such a rule; that one futex word holds everything goes back to Drepper's "Futexes Are Tricky".
//
// Guarantee. Blocks by nature. lock's linearization point is the read-modify-write that takes or inherits the mutex,
// unlock's the one that frees or bequeaths it. try_lock never waits and fails only if the mutex is held, or bequeathed and not
// yet taken; whoever of the waiters looks first takes a bequest, also one that came after it was made.
// A time-out or a stop that races with an unlock loses to it. unlock touches nothing of the mutex after its last
// read-modify-write: whoever takes it next may destroy it.
// At most 4,194,303 may wait at once: Linux has no more threads than that, but a program may have more tasks.
//
// Invariants, with `waiters` the number of threads between their registration and their taking or giving up
//   1. waiters == 0: neither awake nor bequeathed, and nobody is hungry.
//   2. Free and waiters != 0: awake is set, and some waiter is awake, or being woken, and will look before it sleeps.
//   3. bequeathed: held by nobody, taken by nobody but a waiter; some waiter is awake and will look before it sleeps.
//   4. Somebody is hungry: held or bequeathed, so no newcomer takes it.
//   5. Nobody falls asleep on a word that says awake, unless it says bequeathed too: so an unlock that wakes nobody, as all
//      waiters are on their way to sleep, keeps them from it.
//   6. A waiter never leaves empty-handed what is free or bequeathed.
//
// Edges (release -> acquire)
//   [held]  unlock -> lock   what was done under the mutex happens before what is done under it next
// Relaxed: whatever else moves the word. It is one word, so its modification order decides; no other memory depends on it.
#include <chrono>
#include <cstdint>
#include <system_error>

#include <sluice/detail/deadline.hpp>
#include <sluice/detail/spin.hpp>
#include <sluice/platform.hpp>

namespace sluice {

// `PatienceNs`: after how many nanoseconds of waiting one that is woken and finds it held is hungry.
template <class Platform = std_platform, std::int64_t PatienceNs = 1'000'000>
class basic_mutex {
 public:
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  constexpr basic_mutex() noexcept = default;
  basic_mutex(const basic_mutex&) = delete;
  basic_mutex& operator=(const basic_mutex&) = delete;
  // Nobody may hold it or wait for it. Whoever held it last may still be on its way out of unlock().
  ~basic_mutex() = default;

  // Takes the mutex, waiting as long as it takes. Not recursive: a thread that holds it waits for itself for ever.
  void lock() {
    if (!take_free()) static_cast<void>(lock_waiting(Platform::no_deadline, {}));
  }
  // Takes the mutex if nobody has it.
  [[nodiscard]] bool try_lock() noexcept { return take_free() || take_unless_held(); }

  // Like lock, but gives up at `deadline`, after `d`, or on a stop request; false if it gave up.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                    const stop_token& stop = {}) {
    if (take_free()) return true;
    return detail::until<Platform>(deadline, stop, [&](time_point t) { return lock_waiting(t, stop); });
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d, const stop_token& stop = {}) {
    return take_free() || lock_waiting(detail::deadline_after<Platform>(d), stop);
  }
  [[nodiscard]] bool lock_or_stop(const stop_token& stop) {
    return take_free() || lock_waiting(Platform::no_deadline, stop);
  }

  // Gives the mutex back; the caller must hold it. Throws std::system_error (operation_not_permitted) if nobody does.
  void unlock() {
    const typename Platform::wake_key sleepers = Platform::key_of(word_);  // taken while the word is sure to live
    if (release()) Platform::wake_by_key(sleepers);
  }

 private:
  template <class>
  friend class basic_rw_mutex;  // wakes up the next writer later than it lets it in

  // unlock but for its wake-up: whether one is due.
  [[nodiscard]] bool release() {
    std::uint32_t w = held;
    return !word_.compare_exchange_weak(w, free, std::memory_order_release,
                                        std::memory_order_relaxed) &&  // [held] -> lock
           release_waited_for(w);
  }

  // The word: three bits, then how many of the waiters are hungry (127 stands for more), then how many wait.
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t held = 1;  // by a thread, or bequeathed
  static constexpr std::uint32_t awake = 2;  // a waiter is awake and will look: an unlock need not wake another
  static constexpr std::uint32_t bequeathed = 4;  // given up by its holder for a waiter to take
  static constexpr std::uint32_t one_hungry = 8;
  static constexpr std::uint32_t all_hungry = 127 * one_hungry;
  static constexpr std::uint32_t waiter = 1024;

  // May fail for no reason: who fails looks again before it says so, or sleeps.
  [[gnu::always_inline]] bool take_free() noexcept {
    std::uint32_t w = free;
    return word_.compare_exchange_weak(w, held, std::memory_order_acquire,  // [held] <- unlock
                                       std::memory_order_relaxed);
  }

  // A newcomer's attempt while others may be waiting.
  bool take_unless_held() noexcept {
    std::uint32_t w = word_.load(std::memory_order_relaxed);
    while ((w & held) == 0)
      if (word_.compare_exchange_weak(w, w | held, std::memory_order_acquire,  // [held] <- unlock
                                      std::memory_order_relaxed))
        return true;
    return false;
  }

  [[gnu::noinline]] bool lock_waiting(time_point deadline, const stop_token& stop) {
    if (take_unless_held() || spin()) return true;
    std::uint32_t w = word_.load(std::memory_order_relaxed);
    for (;;) {  // take it, or register
      if ((w & held) == 0) {
        if (word_.compare_exchange_weak(w, w | held, std::memory_order_acquire,  // [held] <- unlock
                                        std::memory_order_relaxed))
          return true;
      } else if (replace(w, with_one_more(w))) {
        break;
      }
    }
    return wait(w, deadline, stop);
  }

  // `awake` goes, or the word could look just so again once those that were awake have been and gone, and this waiter fall
  // asleep where nobody would look for it. Not from what is bequeathed, for which a hungry one looks.
  static constexpr std::uint32_t with_one_more(std::uint32_t w) noexcept {
    return ((w & bequeathed) != 0 ? w : w & ~awake) + waiter;
  }

  // A registered waiter, which last saw `w`: sleeps until it has the mutex or gives up.
  bool wait(std::uint32_t w, time_point deadline, const stop_token& stop) {
    const time_point since = Platform::now();
    std::uint32_t me = waiter;  // what the word counts for this thread
    for (;;) {
      const wait_result why = Platform::wait(word_, w, deadline, stop);
      bool impatient = me == waiter && Platform::now() - since >= std::chrono::nanoseconds(PatienceNs);
      bool looked = false;
      w = word_.load(std::memory_order_relaxed);
      for (;;) {
        if (is_for_waiters(w)) {
          if (word_.compare_exchange_weak(w, ((w - me) & ~(awake | bequeathed)) | held,
                                          std::memory_order_acquire,  // [held] <- unlock
                                          std::memory_order_relaxed))
            return true;
        } else if (why != wait_result::woken) {
          if (replace(w, (w - me) & ~awake)) return false;
        } else if (impatient && (w & all_hungry) != all_hungry) {
          if (!replace(w, w + one_hungry)) continue;
          me += one_hungry;
          impatient = false;
        } else if (!looked) {  // with `awake` still set, so that no unlock wakes another meanwhile
          looked = true;
          detail::spin<Platform>([&] { return is_for_waiters(w = word_.load(std::memory_order_relaxed)); });
        } else if (replace(w, w & ~awake)) {
          break;
        }
      }
    }
  }
  static constexpr bool is_for_waiters(std::uint32_t w) noexcept { return (w & held) == 0 || (w & bequeathed) != 0; }

  // Moves the word from `w` to `next`, and `w` with it; if it held something else, that is `w` now.
  bool replace(std::uint32_t& w, std::uint32_t next) noexcept {
    if (w != next && !word_.compare_exchange_weak(w, next, std::memory_order_relaxed, std::memory_order_relaxed))
      return false;
    w = next;
    return true;
  }

  // The rest of release, which found not only `held` but `w`.
  [[gnu::noinline]] bool release_waited_for(std::uint32_t w) {
    for (;;) {
      if (is_for_waiters(w))
        throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                                "sluice::mutex: unlock without a lock before it (nobody holds this mutex)");
      const bool wakes = w >= waiter && (w & awake) == 0;
      const std::uint32_t rest = wakes ? w | awake : w;
      const std::uint32_t next = (w & all_hungry) != 0 ? rest | bequeathed : rest & ~held;
      if (word_.compare_exchange_weak(w, next, std::memory_order_release,
                                      std::memory_order_relaxed))  // [held] -> lock
        return wakes;
    }
  }

  // The holder usually needs less time than a sleep costs. Not where somebody sleeps: each who looks takes the word's line
  // from the holder, and the one that is woken looks already.
  bool spin() noexcept {
    bool mine = false;
    detail::spin<Platform>([&] {
      const std::uint32_t w = word_.load(std::memory_order_relaxed);
      mine = (w & held) == 0 && take_unless_held();
      return mine || w >= waiter;
    });
    return mine;
  }

  typename Platform::template atomic<std::uint32_t> word_{free};
};

using mutex = basic_mutex<>;
static_assert(sizeof(mutex) == 4);

}  // namespace sluice
