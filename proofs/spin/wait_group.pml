/* SPDX-License-Identifier: BSL-1.0 */
/* wait_group: rounds of tasks and waits. Nobody waits for ever, and every wait has seen what the tasks of its round did.
 *
 * Tasks and waiters are one word, so both are read and changed in one step. Memory is sequentially consistent; every other
 * access is a step of its own, marked with its place in the source. A weak compare-exchange fails only if the word is another.
 *
 *   -DTASKS=n -DWAITERS=n -DROUNDS=n
 * Bugs:
 *   -DPHASE_AFTER      the phase is read after the registration
 *   -DWAKE_ONE         the last done wakes one waiter
 *   -DALWAYS_RELEASE   every done that finds waiters moves the phase on
 *   -DUNCHECKED_SLEEP  the futex does not compare before it sleeps
 *   -DNO_REGISTRATION  a waiter does not count itself before it sleeps
 */
#ifndef TASKS
#define TASKS 2
#endif
#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif

byte tasks, waiters, phase;
bool asleep[WAITERS];
byte round;                  /* ghosts: the round that is on, what was done in it, who has returned from it */
byte worked[TASKS];
byte returned, finished;

proctype Task(byte me) {
  byte r, k;
  bool last;
  r = 0;
  do
  :: r < ROUNDS ->
       atomic { round > r; worked[me] = r + 1 };
       atomic { last = (tasks == 1 && waiters != 0); tasks--        /*@ done fetch_sub#1 release */
#ifdef ALWAYS_RELEASE
         ; last = (waiters != 0)
#endif
       };
       if
       :: last ->
            phase++;                                                /*@ release fetch_add#1 release */
#ifdef WAKE_ONE
            atomic { if :: asleep[0] -> asleep[0] = 0 :: asleep[1 % WAITERS] -> asleep[1 % WAITERS] = 0 :: else fi }
#else
            atomic { for (k : 0 .. WAITERS-1) { asleep[k] = 0 } k = 0 }  /*@ release wake_all_by_key */
#endif
       :: else
       fi;
       atomic { last = 0; r++ }
  :: else -> break
  od;
  atomic { r = 0; finished++ }
}

proctype Wait(byte me) {
  byte r, p, seen_tasks, seen_waiters, k;
next:
  atomic { round > r };
  atomic { if :: tasks == 0 -> goto leave :: else fi };             /*@ none_left load#1 acquire */
again:
#ifndef PHASE_AFTER
  p = phase;                                                        /*@ wait_registered load#1 relaxed */
#endif
  atomic { if                                                       /*@ wait_registered load#2 acquire */
    :: tasks == 0 -> goto leave
    :: else -> seen_tasks = tasks; seen_waiters = waiters
    fi };
#ifndef NO_REGISTRATION
  atomic { if              /*@ wait_registered compare_exchange_weak#1 relaxed/relaxed */
    :: tasks == seen_tasks && waiters == seen_waiters -> waiters++; seen_tasks = 0; seen_waiters = 0
    :: else -> seen_tasks = 0; seen_waiters = 0; goto again
    fi };
#endif
#ifdef PHASE_AFTER
  p = phase;
#endif
look:
  atomic { if :: phase != p -> goto unregister :: else fi };        /*@ wait_registered load#3 acquire */
#ifdef UNCHECKED_SLEEP
  asleep[me] = 1;
#else
  asleep[me] = (phase == p);                                        /*@ wait_registered wait */
#endif
  atomic { !asleep[me]; goto look };
unregister:
#ifndef NO_REGISTRATION
  waiters--;                                                        /*@ wait_registered fetch_sub#1 acquire */
#endif
leave:
  atomic {
    for (k : 0 .. TASKS-1) { assert(worked[k] > r) }
    k = 0; p = 0; r++; returned++;
    if :: r < ROUNDS -> goto next :: else -> r = 0; finished++ fi }
}

/* Adds once every wait of the round before has returned, as the header asks. */
init {
  byte i;
  atomic {
    for (i : 0 .. TASKS-1) { run Task(i) }
    for (i : 0 .. WAITERS-1) { run Wait(i) }
    i = 0 };
  do
  :: i < ROUNDS ->
       atomic { returned == i * WAITERS && tasks == 0; assert(waiters == 0) };
       tasks = tasks + TASKS;                                       /*@ add fetch_add#1 relaxed */
       atomic { i++; round = i }
  :: else -> break
  od;
  atomic { finished == TASKS + WAITERS -> assert(tasks == 0 && waiters == 0) }
}

#ifdef ALL_RETURN
ltl all_return { <> (finished == TASKS + WAITERS) }
#endif

/*@ of primitives/sluice/wait_group.hpp
    without count: a hint
    without leave: time-outs and stops
    without wait_for_phase_after: time-outs and stops
    without wait_parked: a waiting task that is found by name
    without return_alone: likewise
    without refuse_add: misuse
    without take_back: misuse
    without refuse_done: misuse
    path add: add fetch_add#1
    path done: done fetch_sub#1
    path done.wakes: done fetch_sub#1, release fetch_add#1, release wake_all_by_key
    path wait.none_left: none_left load#1
    path wait.overtaken: none_left load#1, wait_registered load#1, wait_registered load#2
    path wait.sleeps: none_left load#1, wait_registered load#1, wait_registered load#2,
      wait_registered compare_exchange_weak#1, wait_registered load#3, wait_registered wait, wait_registered load#3,
      wait_registered fetch_sub#1 */
