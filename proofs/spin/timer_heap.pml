/* SPDX-License-Identifier: BSL-1.0 */
/* timer_heap: the clock's thread, and threads that arm a timer and may disarm it. A timer fires once or is disarmed, and disarm says
 * which; it fires when it is due, and not before; and the clock never sleeps past a timer whose arm has returned.
 *
 * Time goes on at any moment, up to LAST. What the lock guards is one step, but for what fires, which is a step of its own under the
 * lock. Memory is sequentially consistent; each other access is a step of its own, marked with its place in the source. A
 * compare-exchange that fails and tries again is one step. The number that ends a sleep is told apart from the clock's by one bit, "it
 * has changed since the clock read it". The places that disarmed timers leave empty are not there: nobody looks at them.
 *
 *   -DTIMERS=n       timers, each with a thread that arms it, due at a time of the model's choice
 *   -DDISARMS        and then disarms it, or waits for it
 *   -DLAST=n         the latest time
 * Bugs:
 *   -DLATE_KEY       the clock reads the number after it has looked for the next timer
 *   -DNO_DISTURB     who arms a timer for earlier than the clock looks again does not wake it
 *   -DFIRST_ALONE    wakes the clock only where it would look no more
 *   -DOLD_LOOK       the clock does not write down when it looks again, and what was written down for its last sleep still counts
 *   -DFIRES_UNLOCKED what is due is taken out under the lock and fires after it
 *   -DUNCHECKED      the futex does not compare before it sleeps
 */
#ifndef TIMERS
#define TIMERS 2
#endif
#ifndef LAST
#define LAST 2
#endif
#define NEVER 9
#define OUTSIDE 8

byte now, finished;
bool locked, over, changed, asleep;
byte waking;                                                      /* ghost: who has armed an earlier one and is about to say so */
byte until = NEVER;                                               /* when the clock's sleep ends */
byte at[TIMERS], due[TIMERS];                                     /* in the heap: when; OUTSIDE: not there */
byte looks_at = NEVER;                                            /* when the clock looks again at the latest */
bool settled[TIMERS], fired[TIMERS], off[TIMERS];                 /* ghosts: arm has returned; it fired; disarm said so */

inline earliest(t) {
  t = NEVER;
  for (k : 0 .. TIMERS-1) { if :: at[k] != OUTSIDE && at[k] < t -> t = at[k] :: else fi } k = 0
}
/* The clock sleeps past no timer whose arm has returned, unless somebody is about to wake it. */
#define NOT_PAST(i) assert(!asleep || waking || at[i] == OUTSIDE || !settled[i] || until <= at[i])

proctype Clock() {
  byte k, next, firing, seen;
  bool some;
again:
#ifndef LATE_KEY
  atomic { changed = 0;                                           /*@ run load#1 relaxed */
    if :: over -> goto gone :: else fi };
#endif
  atomic { !locked -> locked = 1; seen = now };
look:
  atomic { earliest(next);
    if
    :: next <= seen ->                                            /* it is out of the heap, and fires */
         firing = 0; do :: at[firing] == next -> break :: else -> firing++ od; at[firing] = OUTSIDE; next = 0; some = 1
    :: else ->
#ifndef OLD_LOOK
         looks_at = next;
#endif
         goto unlock
    fi };
#ifdef FIRES_UNLOCKED
  locked = 0;
  atomic { !locked -> assert(!fired[firing] && !off[firing]); fired[firing] = 1; locked = 1; firing = 0; goto look };
#else
  atomic { assert(!fired[firing] && !off[firing] && due[firing] <= now); fired[firing] = 1; firing = 0; goto look };
#endif
unlock:
  atomic { locked = 0; seen = 0 };
  if
  :: some ->
       atomic { !locked -> locked = 1; some = 0 };                /*@ step store#1 release */
       locked = 0
  :: else
  fi;
#ifdef LATE_KEY
  atomic { changed = 0; if :: over -> goto gone :: else fi };
#endif
  atomic { if :: now >= next -> next = 0; goto again :: else fi };
#ifdef UNCHECKED
  atomic { asleep = 1; until = next; next = 0 };
#else
  atomic { if :: !changed -> asleep = 1; until = next; next = 0;  /*@ run wait */
      for (k : 0 .. TIMERS-1) { NOT_PAST(k) } k = 0
    :: else -> next = 0; goto again fi };
#endif
  atomic { !asleep || now >= until; asleep = 0; until = NEVER; goto again };
gone:
  finished++
}

proctype Arm(byte me) {
  byte k;
  bool earlier;
  atomic { if :: due[me] = 0 :: due[me] = 1 :: due[me] = LAST fi };
  atomic { !locked -> locked = 1;
#ifdef FIRST_ALONE
    earlier = (looks_at == NEVER);
#else
    earlier = (due[me] < looks_at);
#endif
    if :: earlier -> waking++ :: else fi;
    if :: due[me] < looks_at -> looks_at = due[me] :: else fi;
    at[me] = due[me] };                                       /*@ arm store#1 relaxed */
  locked = 0;
#ifndef NO_DISTURB
  if
  :: earlier ->
       atomic { earlier = 0; changed = 1 };                       /*@ disturb load#1 relaxed, disturb compare_exchange_weak#1 relaxed/relaxed */
       atomic { asleep = 0; waking-- };                           /*@ disturb wake_all */
  :: else
  fi;
#endif
#ifdef NO_DISTURB
  atomic { if :: earlier -> waking-- :: else fi };
#endif
  atomic { earlier = 0; settled[me] = 1; NOT_PAST(me) };
#ifdef DISARMS
  if
  :: atomic { !locked -> locked = 1;
       if
       :: at[me] != OUTSIDE -> at[me] = OUTSIDE; off[me] = 1      /*@ disarm store#1 release */
       :: else -> assert(fired[me])
       fi };
     locked = 0
  :: fired[me]
  fi;
#else
  fired[me];
#endif
  atomic { assert(fired[me] != off[me]); finished++ }
}

proctype Time() {
  do
  :: atomic { now < LAST -> now++ }
  :: atomic { now == LAST -> finished++; break }
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. TIMERS-1) { at[i] = OUTSIDE }
    run Clock();
    run Time();
    for (i : 0 .. TIMERS-1) { run Arm(i) }
    i = 0 };
  finished == TIMERS + 1;                                         /* stop() */
  atomic { over = 1; changed = 1 };                               /*@ stop store#1 relaxed */
  asleep = 0;                                                     /*@ stop wake_all */
  atomic { finished == TIMERS + 2 -> for (i : 0 .. TIMERS-1) { assert(fired[i] != off[i]) } }
}

#ifdef ALL_FIRE
ltl all_fire { <> (finished == TIMERS + 2) }
#endif

/*@ of primitives/sluice/detail/timer_heap.hpp
    without armed: a count for others
    without at_rest: for others, who look for a deadlock
    without run store#1: for at_rest
    without run store#2: for at_rest
    path arm: arm store#1, disturb load#1, disturb compare_exchange_weak#1, disturb wake_all
    path arm.later: arm store#1
    path disarm: disarm store#1
    path run.sleeps: run load#1, run store#1, run store#2, armed load#1, run wait, run load#1
    path run.fires: run load#1, run store#1, step store#1, run store#2, armed load#1, run wait, run load#1
    path stop: stop store#1, stop wake_all */
