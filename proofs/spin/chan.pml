/* SPDX-License-Identifier: BSL-1.0 */
/* chan: the buffer's ring without the lock, the two lines of waiters under it, the bars that send one to the other, and close.
 *
 * A push or a pop that finds nobody in line is the ring's: one claim. Who finds no room, or no element, takes the lock, bars the other
 * side in the very step that shows the ring full or empty, and lines up; who finds a waiter in line serves it and rings. Lists are one step,
 * as they are under the lock; words and slots are steps of their own. Memory is sequentially consistent. Who meets a peer in the middle of
 * its slot gives the lock back and waits for that slot: its event count is not here. There is no spinning, and nobody gives up.
 *
 *   -DCAP=n -DNS=n -DNR=n -DKS=n -DKR=n   capacity, pushing and popping threads, elements of each; without -DCLOSES NS*KS = NR*KR
 *   -DCLOSES           a closer closes at any time; pops go on until they are told "closed"
 * Bugs:
 *   -DNO_BAR           who lines up bars nobody
 *   -DBAR_UNCHECKED    bars without asking whether the ring is still empty, or full
 *   -DCLAIM_PASSES     a claim does not see that it was barred since
 *   -DKEEP_BAR         the last one in line is served, and the bar stays
 *   -DRING_FIRST       rings before it has written what was served
 *   -DCLOSE_ONE_SIDE   close refuses those who pop, and forgets those who push
 *   -DCLOSE_NO_BAR     close bars nobody
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
bool bar_push, bar_pop;                            /* the marks in tail and head */
bool closed, locked;
chan pushers = [NS] of { byte };
chan poppers = [NR] of { byte };
byte offered[NS], given[NR];                       /* in their frames */
bool served_push[NS], served_pop[NR], rung_push[NS], rung_pop[NR];
byte item[ITEMS + 1];                              /* ghosts */
bool sent[ITEMS], received[ITEMS];
byte finished;

#define LAP(p) (2*((p)/CAP))
#define TURN(p) turn[(p)%CAP]
#define TAKE(v) assert(sent[v] && !received[v]); received[v] = 1
mtype = { SUCCESS, CLOSED };

proctype Push(byte me) {
  byte pos, n, who;
  bool held;
  mtype answer;
next:
  offered[me] = me*KS + n;
attempt:
  atomic { pos = tail; if :: bar_push -> goto slow :: else fi };
look:
  atomic { if
    :: TURN(pos) == LAP(pos) -> goto claim
    :: TURN(pos) > LAP(pos) -> goto attempt
    :: else fi };
  atomic { if :: tail != pos || bar_push -> goto attempt :: else fi };
  atomic { if
    :: !held -> goto slow
    :: held && head + CAP == pos -> goto line_up
    :: else -> locked = 0; held = 0 fi };
  atomic { TURN(tail) >= LAP(tail) || head + CAP == tail; goto slow };     /* settle */
claim:
  atomic { if
#ifdef CLAIM_PASSES
    :: tail == pos ->
#else
    :: tail == pos && !bar_push ->
#endif
         tail++; item[pos] = offered[me]; sent[offered[me]] = 1; assert(!closed)
    :: else -> goto attempt fi };
  cell[pos%CAP] = offered[me];
  atomic { TURN(pos) = LAP(pos) + 1; answer = SUCCESS; if :: held -> goto unlock :: else -> goto over fi };
slow:
  atomic { if :: held -> assert(false) :: else fi; !locked -> locked = 1; held = 1 };
  atomic { if :: closed -> answer = CLOSED; goto unlock :: else fi };
  atomic { if
    :: len(poppers) > 0 -> poppers?who
    :: else -> goto attempt fi };
#ifndef KEEP_BAR
  atomic { if :: len(poppers) == 0 -> bar_push = 0 :: else fi };
#endif
  atomic { assert(!closed); given[who] = offered[me]; sent[offered[me]] = 1 };
#ifdef RING_FIRST
  rung_pop[who] = 1;
#endif
  served_pop[who] = 1;
  atomic { locked = 0; held = 0; answer = SUCCESS };
#ifndef RING_FIRST
  rung_pop[who] = 1;
#endif
  goto over;
line_up:
  pos = tail;
#ifndef NO_BAR
#ifdef BAR_UNCHECKED
  bar_pop = 1;
#else
  atomic { if :: head + CAP == pos -> bar_pop = 1 :: else -> goto attempt fi };
#endif
#endif
  atomic { pushers!me; served_push[me] = 0; rung_push[me] = 0 };
  atomic { locked = 0; held = 0 };
  atomic { rung_push[me] -> answer = (served_push[me] -> SUCCESS : CLOSED); goto over };
unlock:
  atomic { locked = 0; held = 0 };
over:
  atomic {
    pos = 0; who = 0; n++;
    if :: n < KS && answer == SUCCESS -> answer = 0; goto next :: else -> n = 0; answer = 0; finished++ fi }
}

proctype Pop(byte me) {
  byte pos, n, who;
  bool held;
  mtype answer;
attempt:
  atomic { pos = head; if :: bar_pop && !held -> goto slow :: else fi };
  atomic { if
    :: TURN(pos) == LAP(pos) + 1 -> goto claim
    :: TURN(pos) > LAP(pos) + 1 -> goto attempt
    :: else fi };
  atomic { if :: head != pos -> goto attempt :: else fi };
  atomic { if
    :: !held -> goto slow
    :: held && tail == pos && bar_push && closed -> answer = CLOSED; goto unlock
    :: held && tail == pos && !(bar_push && closed) -> goto line_up
    :: else -> locked = 0; held = 0 fi };
  atomic { TURN(head) > LAP(head) || tail == head; goto slow };            /* settle */
claim:
  atomic { if
    :: head == pos && !bar_pop -> head++
    :: else -> goto attempt fi };
  atomic { assert(cell[pos%CAP] == item[pos]); TAKE(item[pos]) };
  atomic { TURN(pos) = LAP(pos) + 2; answer = SUCCESS; if :: held -> goto unlock :: else -> goto over fi };
slow:
  atomic { if :: held -> assert(false) :: else fi; !locked -> locked = 1; held = 1 };
  atomic { if :: len(pushers) == 0 -> goto attempt :: else fi };
  atomic { if :: TURN(head) == LAP(head) + 1 -> pushers?who; pos = head :: else -> locked = 0; held = 0 fi };
  if
  :: !held -> atomic { TURN(head) > LAP(head) || tail == head; goto slow }
  :: else
  fi;
  head++;                                          /* exchange_front */
  atomic { assert(!closed); item[tail] = offered[who]; sent[offered[who]] = 1; tail++ };
  atomic { assert(cell[pos%CAP] == item[pos]); TAKE(item[pos]) };
  cell[pos%CAP] = offered[who];
  TURN(pos) = LAP(pos) + 3;
#ifdef RING_FIRST
  rung_push[who] = 1;
#endif
  served_push[who] = 1;
#ifndef KEEP_BAR
  atomic { if :: len(pushers) == 0 -> bar_pop = 0 :: else fi };
#endif
  atomic { locked = 0; held = 0; answer = SUCCESS };
#ifndef RING_FIRST
  rung_push[who] = 1;
#endif
  goto over;
line_up:
  pos = head;
#ifndef NO_BAR
#ifdef BAR_UNCHECKED
  bar_push = 1;
#else
  atomic { if :: tail == pos -> bar_push = 1 :: else -> goto attempt fi };
#endif
#endif
  atomic { poppers!me; served_pop[me] = 0; rung_pop[me] = 0 };
  atomic { locked = 0; held = 0 };
  atomic { rung_pop[me] -> answer = (served_pop[me] -> SUCCESS : CLOSED);
    if :: served_pop[me] -> TAKE(given[me]) :: else fi; goto over };
unlock:
  atomic { locked = 0; held = 0 };
over:
  atomic {
    pos = 0; who = 0; n++;
    if
    :: answer == CLOSED -> assert(closed && head == tail); n = 0; answer = 0; finished++
#ifdef CLOSES
    :: else -> n = 0; answer = 0; goto attempt
#else
    :: answer != CLOSED && n < KR -> answer = 0; goto attempt
    :: else -> n = 0; answer = 0; finished++
#endif
    fi }
}

#ifdef CLOSES
proctype Close() {
  byte who;
  atomic { !locked -> locked = 1 };
#ifndef CLOSE_NO_BAR
  bar_push = 1;
#endif
  closed = 1;
#ifndef CLOSE_ONE_SIDE
  if :: len(pushers) > 0 -> bar_pop = 0 :: else fi;
  do :: atomic { len(pushers) > 0 -> pushers?who; rung_push[who] = 1; who = 0 } :: len(pushers) == 0 -> break od;
#endif
  do :: atomic { len(poppers) > 0 -> poppers?who; rung_pop[who] = 1; who = 0 } :: len(poppers) == 0 -> break od;
  atomic { locked = 0; finished++ }
}
#endif

init {
  byte i;
  atomic {
    for (i : 0 .. NS-1) { run Push(i) }
    for (i : 0 .. NR-1) { run Pop(i) }
#ifdef CLOSES
    run Close();
#endif
    i = 0 };
  atomic { finished == THREADS -> for (i : 0 .. ITEMS-1) { assert(sent[i] == received[i]) } }
}

#ifdef ALL_RETURN
ltl all_return { <> (finished == THREADS) }
#endif
