// SPDX-License-Identifier: BSL-1.0
#pragma once
// stillness: whether all workers of a scheduler sleep, and for good; and how somebody waits for that, or for what they do.
//
// A worker says so before it sleeps and after it has slept. The last one that goes to sleep wakes whoever waits here, and so does
// nudge; who is woken asks whether he has what he waits for, and then whether anything can still happen. What can: a worker is awake;
// something lies in the pool; a clock makes a task go on; one who waits here has what he waited for, and goes on; there is a thread that
// nobody knows. These are looked at one after the other, and what was there at the first look may be gone when the last one is
// looked at, having done something in between: a clock starts a thread, which arms the clock and ends. So it is looked twice at
// what comes and goes by itself, the clocks and the pool, before and after the threads are counted, and the second look asks too whether the
// clock did anything since the first, and a worker: the word that says how many sleep says too how often one awoke.
//
// Guarantee. wait_until returns true after done() has been true, and false where at some moment while it looked it was not, all workers
// slept, and nothing was there that could make one go on; of what the workers are not, that is for Around to say. Where that is so for good
// it returns, provided that a clock nudges when it comes to rest by what it does itself. Nobody tells that a thread ends, be it the last one
// that could have done something, and until it has gone the system counts it; nor that one stops a timer, be it the last that was armed.
// So where nothing but others and clocks stands against a deadlock, it is looked again after a while, which doubles each time that it passes
// and nothing has happened. That finds it in at most twice the time for which nothing has ever gone on before, and wakes who waits long
// only so often as that time can be doubled.
// Who is told that nothing goes on counts as one that waits until it has returned; so another one, which looks meanwhile, is told so
// too, even where the first one makes a task go on once it has returned.
// Progress: one_sleeps, one_works and nudge wait for nobody.
//
// Invariant: who sleeps has nothing on its bench, for it looked there last; so while all sleep, what lies in the pool is in its line, and
// was put there by somebody else.
//
// Edges (release -> acquire)
//   [quiet]  one_sleeps -> wait_until   seq_cst: forbids that the last worker that goes to sleep misses who waits, while that one misses
//            that all sleep, or what they did before: it looks whether they sleep before it asks whether it is done
//   [nudge]  nudge -> wait_until        what was done before is seen by who is told to look again
// Relaxed: one_works, and the second look at how often one awoke. The pool passes on ([gone] of work_line) that who took something out of
// the line was awake before.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <sluice/detail/task_watchers.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

// Waiting is the platform of those who wait, which may be tasks of another scheduler.
//
// Around, of which this asks what else there is:
//   clocks_rest()     whether no clock is about to make anything happen; then what they made happen has been done
//   clock_did()       how often one that others use made something happen: who finds it at rest finds all of it
//   nothing_lies()    whether there is nothing in the pool
//   only_tasks()      whether nobody but the workers and the clocks can make a task go on
//   nobody_else(n)    whether there are no threads but theirs and n that wait here. What a thread did that has gone is seen
template <class Platform, class Waiting = Platform>
class stillness {
 public:
  explicit stillness(std::uint32_t workers) noexcept : workers_(workers) {}

  // A worker, before it sleeps, and after it has slept.
  void one_sleeps() {
    const std::uint64_t before = sleepers_.fetch_add(1, std::memory_order_seq_cst);  // [quiet] -> wait_until
    if (all_sleep(before + 1) && watchers_.any()) nudge();
  }
  void one_works() { sleepers_.fetch_add(one_awake, std::memory_order_relaxed); }

  // Waits until done() is true, which is asked whenever all workers sleep, and after nudge(): true; or until nothing goes on any more,
  // and done() is not true: false. Others ask done(), too, until it returns.
  template <class Done, class Around>
  bool wait_until(const Done& done, const Around& around) {
    const typename task_watchers<Waiting>::watcher here(watchers_, done);
    std::chrono::milliseconds patience{1};  // by then a thread that was about to end has
    for (;;) {
      const std::uint32_t seen = nudges_.load(std::memory_order_acquire);  // [nudge] <- nudge
      // Who went to sleep and told nobody has his last doings seen by done().
      static_cast<void>(sleepers_.load(std::memory_order_seq_cst));  // [quiet] <- one_sleeps
      if (done()) return true;
      const sight now = look(done, around);
      if (now == sight::nothing) return false;
      const auto until = now == sight::others ? Waiting::now() + patience : Waiting::no_deadline;
      if (Waiting::wait(nudges_, seen, until) == wait_result::timed_out) patience *= 2;
    }
  }
  void nudge() {
    nudges_.fetch_add(1, std::memory_order_release);  // [nudge] -> wait_until
    Waiting::wake_all(nudges_);
  }

  // What goes on: something; or nothing but what others may do, or a clock; or nothing ever again, and done() is not true.
  enum class sight : std::uint8_t { something, others, nothing };
  // By one who waits, or looks as he does. How often the clock did something is asked before it is found at rest: afterwards it might have
  // begun anew. Who waits is asked once all were seen to sleep: what he waits for, nobody has done since.
  template <class Done, class Around>
  sight look(const Done& done, const Around& around) {
    const std::uint64_t slept = sleepers_.load(std::memory_order_acquire);  // [quiet] <- one_sleeps
    const std::uint64_t did = around.clock_did();
    if (!all_sleep(slept)) return sight::something;
    if (const sight first = glance(around); first != sight::nothing) return first;
    if (around.only_tasks()) {
      if (done()) return sight::something;
    } else if (!watchers_.all_wait([&around](std::size_t waiting) { return around.nobody_else(waiting); })) {
      return sight::others;
    }
    const sight last = glance(around);
    const bool did_more = around.clock_did() != did;
    if (sleepers_.load(std::memory_order_relaxed) != slept) return sight::something;
    return last == sight::nothing && did_more ? sight::others : last;
  }

 private:
  static constexpr std::uint64_t one_awake = UINT32_MAX;  // one more awoke, above, and one less sleeps, below

  bool all_sleep(std::uint64_t sleepers) const noexcept { return static_cast<std::uint32_t>(sleepers) == workers_; }
  // What comes and goes by itself. What a clock that rests at one look has made ready lies in the pool at the next, or somebody was
  // awake who took it. That a clock is not at rest others may end: they stop a timer.
  template <class Around>
  static sight glance(const Around& around) {
    if (!around.clocks_rest()) return sight::others;
    return around.nothing_lies() ? sight::nothing : sight::something;
  }

  const std::uint32_t workers_;
  // Written by workers: how many sleep, and in the upper half how often one awoke.
  typename Platform::template atomic<std::uint64_t> sleepers_{0};
  // Written by who nudges.
  typename Platform::template atomic<std::uint32_t> nudges_{0};
  task_watchers<Waiting> watchers_;
};

}  // namespace sluice::detail
