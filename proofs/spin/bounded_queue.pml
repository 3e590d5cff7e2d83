/* SPDX-License-Identifier: BSL-1.0 */
/* bounded_queue: mpmc_ring's slots and positions, the eventcounts on which pushes and pops sleep, and close.
 *
 * Every atomic { } holds at most one access of shared memory, besides control and ghosts, so what interleaves are the
 * accesses of the source, each marked with its place there. Memory is sequentially consistent; fences do nothing. The count
 * in an eventcount's word is told apart from a sleeper's key by one bit for each sleeper, "it has moved since I prepared";
 * a notifier's load and compare-exchange that fails and tries again is one step. A compare-exchange fails only if the word
 * is another one, and a sleeper wakes only if woken. There is no spinning before sleep.
 *
 *   -DCAP=n       capacity            -DNS=n -DNR=n  pushing and popping threads
 *   -DKS=n -DKR=n elements per thread; without -DCLOSES NS*KS = NR*KR, and everybody returns
 *   -DCLOSES      a closer closes at any time; pops go on until they are told "closed"
 * Bugs:
 *   -DNO_RECHECK       sleeps without another attempt after prepare
 *   -DNO_PASS_ON       who slept and leaves hands no wake-up on
 *   -DEARLY_NOTIFY     notifies before the slot is published
 *   -DCLOSE_WAKES_ONE  close wakes one sleeper of each side
 *   -DNO_MARK_IN_CAS   a claim does not see that the tail was marked since
 *   -DPUBLISH_FIRST    the turn is moved on before the element is written
 */
#ifndef CAP
#define CAP 1
#endif
#ifndef NS
#define NS 1
#endif
#ifndef NR
#define NR 1
#endif
#ifndef KS
#define KS 1
#endif
#ifndef KR
#define KR 1
#endif
#define ITEMS (NS*KS)
#ifdef CLOSES
#define THREADS (NS+NR+1)
#else
#define THREADS (NS+NR)
#endif

byte turn[CAP], cell[CAP], head, tail;
bool closed;                                      /* the mark in the tail's word */
bool may_push, may_pop;                           /* "may sleep", of not_full_ and of not_empty_ */
bool moved_push[NS], moved_pop[NR];               /* the count has moved since this thread prepared */
bool asleep_push[NS], asleep_pop[NR];
byte item[ITEMS + 1];                             /* ghosts: which element a push claimed a position for */
bool sent[ITEMS], received[ITEMS];
byte finished;

#define LAP(p) (2*((p)/CAP))
#define TURN(p) turn[(p)%CAP]
#define DECIDED(a) (a == SUCCESS || a == CLOSED)
mtype = { NONE, BUSY, SUCCESS, CLOSED };

#define ALL(flags, size, value) for (k : 0 .. size-1) { flags[k] = value }; k = 0
#define EVERYBODY(flags, size) ALL(flags, size, 0)
#define ONE(flags, size) if \
    :: flags[0] -> flags[0] = 0 \
    :: size > 1 && flags[1 % size] -> flags[1 % size] = 0 \
    :: size > 2 && flags[2 % size] -> flags[2 % size] = 0 \
    :: else fi

/* event_count::notify_one, of the side whose flags these are; what follows the last access is fused with it */
#define NOTIFY(may, moved, asleep, size, wake, rest) \
  atomic { if :: !may -> rest :: else fi };                       /*@ take_bit load#1 seq_cst */ \
  atomic { if :: !may -> rest :: else -> may = 0; ALL(moved, size, 1) fi }; \
                                        /*@ take_bit compare_exchange_weak#1 relaxed/relaxed */ \
  atomic { wake(asleep, size); rest }                             /*@ notify_one wake_one, notify_all wake_all */

proctype Push(byte me) {
  byte pos, now, n, k;
  bool marked, now_marked, slept;
  byte tries;                                     /* 0: before prepare, 1: after it, 2: once more after busy */
  mtype answer;
attempt:
  atomic { pos = tail; marked = closed };                         /*@ claim_push load#1 relaxed, claim_push load#4 relaxed */
look:
  if
  :: marked -> atomic { assert(closed); answer = CLOSED; goto answered }                /*@ is_closed load#1 seq_cst */
  :: else
  fi;
  atomic { if                                                     /*@ push_turn load#1 acquire */
    :: TURN(pos) == LAP(pos) -> goto claim
    :: TURN(pos) < LAP(pos) -> goto behind
    :: else -> goto attempt
    fi };
behind:
  atomic { now = tail; now_marked = closed };                     /*@ claim_push load#2 seq_cst */
  atomic {                                                        /*@ claim_push load#3 seq_cst */
    if
    :: now == pos && now_marked == marked ->
         answer = (head + CAP == pos -> NONE : BUSY); pos = 0; now = 0; goto answered
    :: else -> pos = now; marked = now_marked; now = 0; now_marked = 0; goto look
    fi };
claim:
  atomic { if                                                     /*@ claim_push compare_exchange_weak#1 seq_cst/relaxed */
#ifdef NO_MARK_IN_CAS
    :: tail == pos ->
#else
    :: tail == pos && !closed ->
#endif
         tail++; item[pos] = me*KS+n; sent[me*KS+n] = 1; assert(!closed && tail - head <= CAP)
    :: else -> pos = tail; marked = closed; goto look
    fi };
#ifdef EARLY_NOTIFY
  NOTIFY(may_pop, moved_pop, asleep_pop, NR, ONE, goto fill);
fill:
#endif
#ifdef PUBLISH_FIRST
  TURN(pos) = LAP(pos) + 1;
  atomic { cell[pos%CAP] = me*KS+n; answer = SUCCESS };
#else
  cell[pos%CAP] = me*KS+n;                                        /*@ fill storage */
  atomic { TURN(pos) = LAP(pos) + 1; pos = 0; answer = SUCCESS }; /*@ fill store#2 release */
#endif
#ifndef EARLY_NOTIFY
  NOTIFY(may_pop, moved_pop, asleep_pop, NR, ONE, goto answered);
#endif
answered:
  if
  :: DECIDED(answer) && slept ->
#ifdef NO_PASS_ON
       goto leave
#else
       goto pass_on
#endif
  :: DECIDED(answer) && !slept -> goto leave
  :: !DECIDED(answer) && tries == 1 && answer == BUSY -> atomic { tries = 2; goto attempt }
  :: !DECIDED(answer) && tries == 0 -> goto prepare
  :: else -> goto sleep
  fi;
prepare:
  atomic { may_push = 1; moved_push[me] = 0; tries = 1;           /*@ prepare fetch_or#1 seq_cst */
#ifdef NO_RECHECK
    goto sleep
#else
    goto attempt
#endif
    };
sleep:
  asleep_push[me] = !moved_push[me];                              /*@ wait wait */
  atomic { !asleep_push[me]; slept = 1; goto prepare };
pass_on:
  atomic { if :: closed -> goto tell_all :: else fi };            /*@ is_closed load#1 seq_cst */
  pos = head;                                                     /*@ looks_full load#1 seq_cst */
  atomic { if :: pos + CAP == tail -> goto leave :: else fi };    /*@ looks_full load#2 relaxed */
  NOTIFY(may_push, moved_push, asleep_push, NS, ONE, goto leave);
tell_all:
  NOTIFY(may_push, moved_push, asleep_push, NS, EVERYBODY, goto leave);
leave:
  atomic {
    pos = 0; slept = 0; tries = 0; marked = 0; n++;
    if :: n < KS && answer == SUCCESS -> answer = 0; goto attempt :: else -> answer = 0; finished++ fi }
}

proctype Pop(byte me) {
  byte pos, now, n, k;
  bool slept;
  byte tries;
  mtype answer;
attempt:
  pos = head;                                                     /*@ claim_pop load#1 relaxed, claim_pop load#5 relaxed */
look:
  atomic { if                                                     /*@ pop_turn load#1 acquire */
    :: TURN(pos) == LAP(pos) + 1 -> goto claim
    :: TURN(pos) <= LAP(pos) -> goto behind
    :: else -> goto attempt
    fi };
behind:
  now = head;                                                     /*@ claim_pop load#2 acquire */
  atomic { if                                                     /*@ claim_pop load#3 seq_cst */
    :: now == pos && tail == pos -> answer = (closed -> CLOSED : NONE); pos = 0; now = 0; goto answered
    :: else
    fi };
  atomic { if                                                     /*@ claim_pop load#4 relaxed */
    :: now == pos && head == pos -> answer = BUSY; pos = 0; now = 0; goto answered
    :: else -> pos = head; now = 0; goto look
    fi };
claim:
  atomic { if                                                     /*@ claim_pop compare_exchange_weak#1 seq_cst/relaxed */
    :: head == pos -> head++
    :: else -> pos = head; goto look
    fi };
  atomic {                                                        /*@ element value */
    assert(cell[pos%CAP] == item[pos] && !received[item[pos]]); received[item[pos]] = 1 };
  atomic { TURN(pos) = LAP(pos) + 2; pos = 0; answer = SUCCESS }; /*@ ~consumption store#1 release */
  NOTIFY(may_push, moved_push, asleep_push, NS, ONE, goto answered);
answered:
  if
  :: DECIDED(answer) && slept ->
#ifdef NO_PASS_ON
       goto leave
#else
       goto pass_on
#endif
  :: DECIDED(answer) && !slept -> goto leave
  :: !DECIDED(answer) && tries == 1 && answer == BUSY -> atomic { tries = 2; goto attempt }
  :: !DECIDED(answer) && tries == 0 -> goto prepare
  :: else -> goto sleep
  fi;
prepare:
  atomic { may_pop = 1; moved_pop[me] = 0; tries = 1;             /*@ prepare fetch_or#1 seq_cst */
#ifdef NO_RECHECK
    goto sleep
#else
    goto attempt
#endif
    };
sleep:
  asleep_pop[me] = !moved_pop[me];                                /*@ wait wait */
  atomic { !asleep_pop[me]; slept = 1; goto prepare };
pass_on:
  atomic { if :: closed -> goto tell_all :: else fi };            /*@ is_closed load#1 seq_cst */
  pos = tail;                                                     /*@ looks_empty load#1 seq_cst */
  atomic { if :: pos == head -> goto leave :: else fi };          /*@ looks_empty load#2 relaxed */
  NOTIFY(may_pop, moved_pop, asleep_pop, NR, ONE, goto leave);
tell_all:
  NOTIFY(may_pop, moved_pop, asleep_pop, NR, EVERYBODY, goto leave);
leave:
  atomic {
    pos = 0; slept = 0; tries = 0; n++;
    if
    :: answer == CLOSED -> assert(closed && head == tail); n = 0; finished++
#ifdef CLOSES
    :: else -> n = 0; answer = 0; goto attempt
#else
    :: answer != CLOSED && n < KR -> answer = 0; goto attempt
    :: else -> finished++
#endif
    fi;
    answer = 0 }
}

#ifdef CLOSE_WAKES_ONE
#define TOLD ONE
#else
#define TOLD EVERYBODY
#endif
proctype Close() {
  byte k;
  closed = 1;                                                     /*@ close fetch_or#1 seq_cst */
  NOTIFY(may_pop, moved_pop, asleep_pop, NR, TOLD, goto pushes);
pushes:
  NOTIFY(may_push, moved_push, asleep_push, NS, TOLD, goto over);
over:
  finished++
}

init {
  byte i;
  atomic {
    for (i : 0 .. NS-1) { run Push(i) }
    for (i : 0 .. NR-1) { run Pop(i) }
#ifdef CLOSES
    run Close()
#endif
  };
  atomic { finished == THREADS -> for (i : 0 .. ITEMS-1) { assert(sent[i] == received[i]) } }
}

#ifdef ALL_RETURN
ltl all_return { <> (finished == THREADS) }
#endif
#ifdef WOKEN
ltl woken { [] (asleep_pop[0] -> <> !asleep_pop[0]) }
#endif

/*@ of primitives/sluice/bounded_queue.hpp primitives/sluice/mpmc_ring.hpp primitives/sluice/detail/event_count.hpp
    without size_hint: spinning
    without skip_holes: elements whose constructor throws
    without fill store#1: elements whose constructor throws
    path push: claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, fill storage, fill store#2,
      take_bit load#1
    path pop: claim_pop load#1, pop_turn load#1, claim_pop compare_exchange_weak#1, element value, ~consumption store#1,
      take_bit load#1
    path pop.sleeps: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3, prepare fetch_or#1,
      claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3, wait wait, prepare fetch_or#1,
      claim_pop load#1, pop_turn load#1, claim_pop compare_exchange_weak#1, element value, ~consumption store#1,
      take_bit load#1, is_closed load#1, looks_empty load#1, looks_empty load#2
    path push.sleeps: claim_push load#1, push_turn load#1, claim_push load#2, claim_push load#3, prepare fetch_or#1,
      claim_push load#1, push_turn load#1, claim_push load#2, claim_push load#3, wait wait, prepare fetch_or#1,
      claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, fill storage, fill store#2,
      take_bit load#1, is_closed load#1, looks_full load#1, looks_full load#2
    path push.wakes: claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, fill storage, fill store#2,
      take_bit load#1, take_bit compare_exchange_weak#1, notify_one wake_one
    path close: close fetch_or#1, take_bit load#1, take_bit compare_exchange_weak#1, notify_all wake_all,
      take_bit load#1
    path pop.busy: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3, claim_pop load#4
    path push.behind: claim_push load#1, push_turn load#1, claim_push load#4, push_turn load#1,
      claim_push load#2, claim_push load#3
    path pop.behind: claim_pop load#1, pop_turn load#1, claim_pop load#5, pop_turn load#1, claim_pop load#2, claim_pop load#3 */
