// SPDX-License-Identifier: BSL-1.0
#pragma once
// rw_mutex: one writer or many readers. Fits std::unique_lock and std::shared_lock; Go's sync.RWMutex.
//
// Neither side starves the other (the phases are Brandenburg and Anderson's, "Reader-Writer Synchronization", 2009): a
// writer that waits holds new readers back, and when a writer leaves, the readers that were held back go first, all at
// once. Both are handed the lock by whoever made room: a thread that was handed it cannot be overtaken. Writers among
// themselves queue at a mutex, whose bound on waiting is theirs, with at most one phase of readers before each. 24 bytes, not
// the mutex's four: how many readers are active or held back, and in which turn, changes in one step, and each side sleeps
// on a word of its own, so that a hand-over wakes nobody whom it is not for.
//
// Guarantee. Blocks by nature. Linearization points: the read-modify-write of `state_` that takes the lock, or hands it
// over. try_* never wait; they fail if the lock is held, or waited for by a writer. A time-out or a stop that races with a
// hand-over loses to it. An unlock touches nothing that the next owner could destroy. Not recursive, not even for readers:
// a second lock_shared waits for a writer that waits for the first. At most 4,194,303 readers hold it or wait for it; std::system_error
// for more.
//
// Invariants
//   1. held: no reader is active. pending: the one writer that has `writers_` waits for its hand-over.
//   2. Readers are held back only while held or pending.
//   3. A hand-over is one step of `state_` and then the news of it, in `turn_` or `door_`. Who is handed the lock waits for
//      the news, and so keeps the lock alive until it was written.
//
// Edges (release -> acquire)
//   [held]    unlock, unlock_shared, hand-overs -> lock, lock_shared   what was done under the lock is seen under the next
//   [turn]    grant_readers -> await_turn    what the last writer did is seen; the one who hands over is through with the lock
//   [door]    grant_writer -> await_door     the one who hands over is through with the lock
// Relaxed: registration, which only counts; a guess which turn it is, of which the word decides the lower bits; a second look at turn_ or door_, after which the first one is repeated.
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>

#include <sluice/detail/deadline.hpp>
#include <sluice/detail/spin.hpp>
#include <sluice/mutex.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class Platform = std_platform>
class basic_rw_mutex {
 public:
  using stop_token = typename Platform::stop_token;
  using time_point = typename Platform::time_point;

  constexpr basic_rw_mutex() noexcept = default;
  basic_rw_mutex(const basic_rw_mutex&) = delete;
  basic_rw_mutex& operator=(const basic_rw_mutex&) = delete;
  // Nobody may hold it or wait for it. Whoever held it last may still be on its way out of unlock.
  ~basic_rw_mutex() = default;

  // Takes the lock for writing.
  void lock() {
    writers_.lock();
    static_cast<void>(enter_alone(Platform::no_deadline, {}));
  }
  [[nodiscard]] bool try_lock() {
    if (!writers_.try_lock()) return false;
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    if (take_alone(s)) return true;
    writers_.unlock();
    return false;
  }
  // The same, but gives up at `deadline`, after `d`, or on a stop request; false if it gave up.
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                    const stop_token& stop = {}) {
    return detail::until<Platform>(deadline, stop, [&](time_point t) { return lock_limited(t, stop); });
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d, const stop_token& stop = {}) {
    return lock_limited(detail::deadline_after<Platform>(d), stop);
  }
  [[nodiscard]] bool lock_or_stop(const stop_token& stop) { return lock_limited(Platform::no_deadline, stop); }

  // Gives the lock back; the caller must hold it for writing. Throws std::system_error if nobody does.
  void unlock() {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    if ((s & held) == 0) refuse("unlock without a lock before it (nobody holds it for writing)");
    // First, since the step below is the last that touches anything. Its wake-up comes after that step, for which who is
    // woken waits as well.
    const typename Platform::wake_key writers = Platform::key_of(writers_.word_);
    const bool wakes = writers_.release();
    for (;;) {
      const bool readers = blocked(s) != 0;
      const bool writer = !readers && (s & pending) != 0;
      const std::uint64_t next = readers ? readers_in(s & ~held) : writer ? s & ~pending : s & ~held;
      const news n(*this);
      if (!state_.compare_exchange_weak(s, next, std::memory_order_release,
                                        std::memory_order_relaxed))  // [held] -> lock
        continue;
      if (readers) grant_readers(n);
      if (writer) grant_writer(n);
      if (wakes) Platform::wake_by_key(writers);
      return;
    }
  }

  // Takes the lock for reading.
  void lock_shared() {
    if (!try_lock_shared()) static_cast<void>(enter_shared(Platform::no_deadline, {}));
  }
  [[nodiscard]] bool try_lock_shared() {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    while ((s & (held | pending)) == 0) {
      if (active(s) == most) refuse("too many readers at once");
      if (state_.compare_exchange_weak(s, s + one_active, std::memory_order_acquire,  // [held] <- unlock
                                       std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                           const stop_token& stop = {}) {
    if (try_lock_shared()) return true;
    return detail::until<Platform>(deadline, stop, [&](time_point t) { return enter_shared(t, stop); });
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& d, const stop_token& stop = {}) {
    return try_lock_shared() || enter_shared(detail::deadline_after<Platform>(d), stop);
  }
  [[nodiscard]] bool lock_shared_or_stop(const stop_token& stop) {
    return try_lock_shared() || enter_shared(Platform::no_deadline, stop);
  }

  // Gives the lock back; the caller must hold it for reading. Throws std::system_error if nobody does.
  void unlock_shared() {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    for (;;) {
      if (active(s) == 0) refuse("unlock_shared without a lock_shared before it (nobody holds it for reading)");
      const bool writer = active(s) == 1 && (s & pending) != 0;  // the last reader lets it in
      const std::uint64_t next = writer ? (s - one_active - pending) | held : s - one_active;
      const news n(*this);
      if (!state_.compare_exchange_weak(s, next, std::memory_order_release,
                                        std::memory_order_relaxed))  // [held] -> lock
        continue;
      if (writer) grant_writer(n);
      return;
    }
  }

 private:
  // The word: two bits, the number of the readers' turn, then how many readers are active and how many held back.
  static constexpr std::uint64_t held = 1;  // by a writer
  static constexpr std::uint64_t pending = 2;  // a writer waits for its hand-over
  static constexpr std::uint64_t one_turn = 4;
  static constexpr std::uint32_t turns = std::uint32_t{1} << 18U;
  static constexpr std::uint64_t one_active = one_turn * turns;
  static constexpr std::uint64_t most = (std::uint64_t{1} << 22U) - 1;
  static constexpr std::uint64_t one_blocked = one_active * (most + 1);
  static constexpr std::uint32_t turn(std::uint64_t s) noexcept {
    return static_cast<std::uint32_t>(s / one_turn) & (turns - 1);
  }
  static constexpr std::uint64_t active(std::uint64_t s) noexcept { return (s / one_active) & most; }
  static constexpr std::uint64_t blocked(std::uint64_t s) noexcept { return s / one_blocked; }
  // The state in which those held back are active: their turn has come.
  static constexpr std::uint64_t readers_in(std::uint64_t s) noexcept {
    const std::uint64_t n = blocked(s);
    const std::uint64_t counted = s - n * one_blocked + n * one_active;
    return turn(s) == turns - 1 ? counted - std::uint64_t{turns - 1} * one_turn : counted + one_turn;
  }

  // Where those sleep who may be handed the lock, taken while it is sure to live.
  struct news {
    explicit news(basic_rw_mutex& m) : readers(Platform::key_of(m.turn_)), writer(Platform::key_of(m.door_)) {}
    typename Platform::wake_key readers;
    typename Platform::wake_key writer;
  };
  // Counted, not set: the news of two hand-overs may come in either order, and the later one waits for both.
  void grant_readers(const news& n) {
    turn_.fetch_add(1, std::memory_order_release);  // [turn] -> await_turn
    Platform::wake_all_by_key(n.readers);
  }
  void grant_writer(const news& n) {
    door_.store(1, std::memory_order_release);  // [door] -> await_door
    Platform::wake_by_key(n.writer);
  }

  // The caller has writers_. Takes the lock if no reader is inside; `s` is what the word holds, updated.
  bool take_alone(std::uint64_t& s) {
    while ((s & held) == 0 && active(s) == 0)
      if (state_.compare_exchange_weak(s, s | held, std::memory_order_acquire,  // [held] <- unlock
                                       std::memory_order_relaxed))
        return true;
    return false;
  }

  bool lock_limited(time_point deadline, const stop_token& stop) {
    return writers_.try_lock_until(deadline, stop) && enter_alone(deadline, stop);
  }
  // The caller has writers_, and has not any more if this is false.
  bool enter_alone(time_point deadline, const stop_token& stop) {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    // Held though writers_ is not: the last writer is between the two steps of its unlock.
    if ((s & held) != 0)
      detail::spin<Platform>([&] { return ((s = state_.load(std::memory_order_relaxed)) & held) == 0; });
    do
      if (take_alone(s)) return true;
    while (!state_.compare_exchange_weak(s, s | pending, std::memory_order_relaxed, std::memory_order_relaxed));
    return await_door(deadline, stop);
  }

  bool await_door(time_point deadline, const stop_token& stop) {
    while (door_.load(std::memory_order_acquire) == 0) {  // [door] <- grant_writer
      if (Platform::wait(door_, 0, deadline, stop) == wait_result::woken) continue;
      if (writer_left()) return false;
      while (door_.load(std::memory_order_relaxed) == 0) Platform::wait(door_, 0);
    }
    door_.store(0, std::memory_order_relaxed);
    static_cast<void>(state_.load(std::memory_order_acquire));  // [held] <- unlock_shared: of all readers that left
    return true;
  }
  // A writer gives up. False if it was handed the lock.
  bool writer_left() {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    while ((s & pending) != 0) {
      const bool readers = (s & held) == 0 && blocked(s) != 0;  // held back by this writer alone
      const std::uint64_t next = readers ? readers_in(s & ~pending) : s & ~pending;
      if (!state_.compare_exchange_weak(s, next, std::memory_order_relaxed, std::memory_order_relaxed)) continue;
      if (readers) grant_readers(news(*this));
      writers_.unlock();
      return true;
    }
    return false;
  }

  bool enter_shared(time_point deadline, const stop_token& stop) {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    std::uint32_t come = 0;
    do {
      if ((s & (held | pending)) == 0) {
        if (try_lock_shared()) return true;
        s = state_.load(std::memory_order_relaxed);
      }
      if (active(s) + blocked(s) == most) refuse("too many readers at once");
      come = turn_.load(std::memory_order_relaxed);
    } while ((s & (held | pending)) == 0 ||
             !state_.compare_exchange_weak(s, s + one_blocked, std::memory_order_relaxed, std::memory_order_relaxed));
    return await_turn(number_of(turn(s), come), deadline, stop);
  }

  // A turn by all of its number, of which the word has the lower bits; it is near the one that came last. With those bits alone a
  // reader that is not run for long, while writers give up and let others in, would take a turn that has come for one that is to.
  static constexpr std::uint32_t number_of(std::uint32_t low, std::uint32_t near) noexcept {
    const std::uint32_t ahead = (low - near) & (turns - 1);
    return near + (ahead < turns / 2 ? ahead : ahead - turns);
  }
  static constexpr bool has_come(std::uint32_t now, std::uint32_t since) noexcept {
    return static_cast<std::int32_t>(now - since) > 0;
  }
  // Held back in turn `since`: goes in with the next. Whoever grants it had writers_ after the last writer, so has seen
  // what that one did.
  bool await_turn(std::uint32_t since, time_point deadline, const stop_token& stop) {
    std::uint32_t now = 0;
    while (!has_come(now = turn_.load(std::memory_order_acquire), since)) {  // [turn] <- grant_readers
      if (Platform::wait(turn_, now, deadline, stop) == wait_result::woken) continue;
      if (reader_left(since)) return false;
      while (!has_come(now = turn_.load(std::memory_order_relaxed), since)) Platform::wait(turn_, now);
    }
    return true;
  }
  // A reader gives up. False if its turn has come.
  bool reader_left(std::uint32_t since) {
    std::uint64_t s = state_.load(std::memory_order_relaxed);
    while (turn(s) == (since & (turns - 1)))
      if (state_.compare_exchange_weak(s, s - one_blocked, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    return false;
  }

  [[noreturn, gnu::noinline]] static void refuse(const char* what) {
    throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                            std::string("sluice::rw_mutex: ") + what);
  }

  typename Platform::template atomic<std::uint64_t> state_{0};
  basic_mutex<Platform> writers_;
  // Readers sleep here: how many turns have come.
  typename Platform::template atomic<std::uint32_t> turn_{0};
  // The pending writer sleeps here: 1 when it is handed the lock, 0 again when it has seen so.
  typename Platform::template atomic<std::uint32_t> door_{0};
};

using rw_mutex = basic_rw_mutex<>;

}  // namespace sluice
