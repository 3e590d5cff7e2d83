// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a client is: a small closed program that uses one structure and states one property of it. It is written once
// and run by every engine. An engine hands it its Platform and its way to fail:
//
//   template <class Engine>
//   struct no_element_is_lost {
//     using platform = typename Engine::platform;
//     static constexpr const char* name = "no_element_is_lost";
//     static constexpr const char* property = "every pushed element is popped exactly once";
//     static constexpr unsigned threads = 3;
//     no_element_is_lost();         // set-up: happens before every thread
//     void thread(unsigned index);  // runs once for each index, concurrently
//     void finish();                // after all of them; final checks. The destructor follows.
//   };
//
// What is checked is what goes through the Platform: its atomic, var, cell and allocator. A plain member that two threads
// use is not: a race on it goes unseen, and if it decides what a thread does next, so do executions. Members that one thread
// writes and finish() reads are for results.
//
// Under the explorer, furthermore:
// - The Platform's allocator gives no address out twice within an execution, so that a use of freed memory is seen. ABA
//   by an address that comes back does not occur then: to look for it, let the structure have a free list of its own.
// - Where a thread waits for what an execution does not bring, the execution ends there, with the threads inside of the
//   client: it is not destroyed then, and what it holds of the ordinary heap (a std::vector, std::string) is lost. A client with
//   many such executions takes its memory from the Platform's allocator, of which nothing is lost.
// - A loop that goes round without effect waits, and if nothing can end it, is reported. One that writes each time (two
//   threads that give way to each other for ever) is cut off by a bound, and the answer is *unknown*.
// - Weak compare-exchanges and waits fail for no reason only as often as options::spurious (--spurious) says: never, as it is.
//
// kit/client_threads.hpp has what stands for a program's own: a mutex, and threads that another one starts and joins.
//
// It may say which of its threads do the same, up to the values that they move and to objects of their own:
//
//     static constexpr unsigned role(unsigned index) { return index / 2; }   // 0 and 1, 2 and 3
//
// The explorer then takes one of the executions that differ only in which of them did what. The property has to be one
// that does not tell them apart either.
//
// It may say that the explorer is to be asked for every state of it instead of every execution, where that comes to an end
// sooner:
//
//     static constexpr bool by_states = true;                (within a minute)
//     static constexpr bool by_states_if_thorough = true;    (within an hour)
//
// All that it keeps is then in itself, on its threads' stacks, in memory of the Platform's allocator or in tokens. Static and
// thread_local variables are not looked at: states that differ in nothing else are taken for one, and nothing tells. If the
// client itself points to the ordinary heap (a std::vector, a std::function with a large callable), it is refused. What a
// thread's stack points to there (a local std::vector), and exceptions in flight, may be: states are then told apart by all that
// led to them, so that few are merged, and a thread that goes round a loop meanwhile leaves the answer unknown.
//
// Or that every execution of it takes up to an hour:
//
//     static constexpr bool long_if_thorough = true;
//
// An Engine has:
//   platform                          the seam (see sluice/platform.hpp), instrumented
//   static void require(bool, const char* what)   a failed requirement is a failed execution, with its trace
//   static unsigned choose(unsigned n)            a nondeterministic choice below n
// The client must be deterministic but for these: no time but the Platform's, no addresses, no randomness of its own. What it
// counts the rounds of a loop with lies on a stack, in the client or in memory of the Platform's allocator: the explorer takes
// a loop that changes only statics or the ordinary heap for one that changes nothing, and does not go round it again.
//
// Under a checker all of its threads run on one OS thread. So a thread_local object is one object for all of them, and goes on
// with the value that it had in the execution before. What each thread keeps for itself stands in the client, by index, or is
// a thread_own<T> of the checker's platform (kit/thread_own.hpp). Nor does a client start a std::thread or call exit(),
// quick_exit() or _Exit(): under the explorer that ends the process with a message and status 1. (Only _Exit() in a program
// that does not use kit/explore/main.cpp goes unnoticed: no code of the process runs after it.)
#include <concepts>

namespace sluice::kit {

template <class C>
concept client = requires(C c) {
  { C::name } -> std::convertible_to<const char*>;
  { C::property } -> std::convertible_to<const char*>;
  { C::threads } -> std::convertible_to<unsigned>;
  c.thread(0U);
  c.finish();
};

}  // namespace sluice::kit
