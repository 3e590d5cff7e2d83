/* SPDX-License-Identifier: BSL-1.0 */
/* chan: the buffer's ring without the lock, the two lines of waiters under it, the bars that send one to the other, and close.
 *
 * A push or a pop that finds nobody in line is the ring's: one claim, which begins where the last one left a note. Who finds no room,
 * or no element, takes the lock, bars the other side in the very step that shows the ring full or empty, and lines up; who finds a waiter
 * in line serves it and rings. Lists are one step, as they are under the lock, and so is the lock; words and slots are steps of their own,
 * marked with their place in the source. Memory is sequentially consistent. Who meets a peer in the middle of its slot gives the lock back
 * and waits for that slot: its event count is not here. There is no spinning, and nobody gives up.
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
 *   -DTRUST_NOTE       a claim that meets another tail than its note says claims the note's position all the same
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
byte next_push, next_pop;                          /* the notes */
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
  pos = next_push;                                                /*@ claim_push load#1 relaxed */
look:
  atomic { if                                                     /*@ turn_at load#1 acquire */
    :: TURN(pos) == LAP(pos) -> goto claim
    :: TURN(pos) > LAP(pos) -> goto again
    :: else fi };
  atomic { if                                                     /*@ claim_push load#2 seq_cst */
    :: bar_push -> goto barred
    :: !bar_push && tail != pos -> pos = tail; goto look
    :: else fi };
  atomic { if                                                     /*@ claim_push load#3 seq_cst */
    :: !held -> goto slow
    :: held && head + CAP == pos -> goto line_up
    :: else -> locked = 0; held = 0 fi };
  atomic { TURN(tail) >= LAP(tail) || head + CAP == tail; goto slow };     /* settle */
again:
  atomic { pos = tail; if :: bar_push -> goto barred :: else -> goto look fi };
claim:
  next_push = pos + 1;                                            /*@ claim_push store#1 relaxed */
  atomic { if                              /*@ claim_push compare_exchange_weak#1 seq_cst/relaxed */
#ifdef CLAIM_PASSES
    :: tail == pos ->
#else
    :: tail == pos && !bar_push ->
#endif
         tail++; item[pos] = offered[me]; sent[offered[me]] = 1; assert(!closed)
#ifdef TRUST_NOTE
    :: tail != pos && !bar_push -> tail = pos + 1; item[pos] = offered[me]; sent[offered[me]] = 1; assert(!closed)
#else
    :: tail != pos && !bar_push -> pos = tail; goto look
#endif
    :: else -> pos = tail; goto note fi };
  cell[pos%CAP] = offered[me];                                    /*@ fill storage */
  atomic { TURN(pos) = LAP(pos) + 1;                              /*@ fill store#1 release */
    answer = SUCCESS; if :: held -> goto unlock :: else -> goto over fi };
note:
  next_push = pos;                                                /*@ claim_push store#2 relaxed */
barred:
  if :: held -> assert(false) :: else fi;
slow:
  atomic { !locked -> locked = 1; held = 1 };
  atomic { if :: closed -> answer = CLOSED; goto unlock :: else fi };      /*@ is_closed load#1 seq_cst */
  atomic { if
    :: len(poppers) > 0 -> poppers?who
    :: else -> goto attempt fi };
#ifndef KEEP_BAR
  atomic { if :: len(poppers) == 0 -> bar_push = 0 :: else fi };  /*@ let_pushes fetch_and#1 relaxed */
#endif
  atomic { assert(!closed); given[who] = offered[me]; sent[offered[me]] = 1 };
#ifdef RING_FIRST
  rung_pop[who] = 1;
#endif
  served_pop[who] = 1;
  atomic { locked = 0; held = 0; answer = SUCCESS };
#ifndef RING_FIRST
  rung_pop[who] = 1;                                              /*@ ring exchange#1 release */
#endif
  goto over;
line_up:
  pos = tail;                                                     /*@ bar_pops_if_full load#1 relaxed */
#ifndef NO_BAR
#ifdef BAR_UNCHECKED
  bar_pop = 1;
#else
  atomic { if                                  /*@ bar_pops_if_full compare_exchange_weak#1 relaxed/relaxed */
    :: head + CAP == pos -> bar_pop = 1
    :: else -> locked = 0; held = 0; goto slow fi };
#endif
#endif
  atomic { pushers!me; served_push[me] = 0; rung_push[me] = 0 };
  atomic { locked = 0; held = 0 };
  atomic { rung_push[me] ->                                       /*@ has_rung load#1 acquire */
    answer = (served_push[me] -> SUCCESS : CLOSED); goto over };
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
  pos = next_pop;                                                 /*@ claim_pop load#1 relaxed */
look:
  atomic { if                                                     /*@ turn_at load#1 acquire */
    :: TURN(pos) == LAP(pos) + 1 -> goto claim
    :: TURN(pos) > LAP(pos) + 1 -> goto again
    :: else fi };
  atomic { if                                                     /*@ claim_pop load#2 acquire */
    :: bar_pop -> goto barred
    :: !bar_pop && head != pos -> pos = head; goto look
    :: else fi };
  atomic { if                                                     /*@ claim_pop load#3 seq_cst */
    :: !held -> goto slow
    :: held && tail == pos && bar_push -> goto ended
    :: held && tail == pos && !bar_push -> goto line_up
    :: else -> locked = 0; held = 0 fi };
  atomic { TURN(head) > LAP(head) || tail == head; goto slow };            /* settle */
again:
  atomic { pos = head; if :: bar_pop -> goto barred :: else -> goto look fi };          /*@ claim_pop load#5 relaxed */
claim:
  next_pop = pos + 1;                                             /*@ claim_pop store#1 relaxed */
  atomic { if                              /*@ claim_pop compare_exchange_weak#1 seq_cst/relaxed */
    :: head == pos && !bar_pop -> head++
    :: head != pos && !bar_pop -> pos = head; goto look
    :: else -> pos = head; goto note fi };
  atomic { assert(cell[pos%CAP] == item[pos]); TAKE(item[pos]) }; /*@ drain value */
  atomic { TURN(pos) = LAP(pos) + 2;                              /*@ drain store#1 release */
    answer = SUCCESS; if :: held -> goto unlock :: else -> goto over fi };
note:
  next_pop = pos;
barred:
  if :: held -> assert(false) :: else fi;
slow:
  atomic { !locked -> locked = 1; held = 1 };
  atomic { if :: len(pushers) == 0 -> goto attempt :: else fi };
  pos = head;                                                     /*@ front_is_filled load#1 relaxed */
  atomic { if :: TURN(pos) == LAP(pos) + 1 -> pushers?who :: else -> locked = 0; held = 0 fi };
  if
  :: !held -> atomic { TURN(head) > LAP(head) || tail == head; goto slow }
  :: else
  fi;
  head++;                                          /*@ exchange_front load#1 relaxed, exchange_front store#1 relaxed */
  atomic { assert(!closed);                        /*@ exchange_front load#2 relaxed, exchange_front store#2 relaxed */
    item[tail] = offered[who]; sent[offered[who]] = 1; tail++ };
  atomic { assert(cell[pos%CAP] == item[pos]); TAKE(item[pos]) }; /*@ exchange_front value */
  cell[pos%CAP] = offered[who];
  TURN(pos) = LAP(pos) + 3;
#ifdef RING_FIRST
  rung_push[who] = 1;
#endif
  served_push[who] = 1;
#ifndef KEEP_BAR
  atomic { if :: len(pushers) == 0 -> bar_pop = 0 :: else fi };   /*@ let_pops fetch_and#1 release */
#endif
  atomic { locked = 0; held = 0; answer = SUCCESS };
#ifndef RING_FIRST
  rung_push[who] = 1;
#endif
  goto over;
ended:
  atomic { if :: closed -> answer = CLOSED; goto unlock :: else -> goto line_up fi };
line_up:
  pos = head;                                                     /*@ bar_pushes_if_empty load#1 relaxed */
#ifndef NO_BAR
#ifdef BAR_UNCHECKED
  bar_push = 1;
#else
  atomic { if                                  /*@ bar_pushes_if_empty compare_exchange_weak#1 relaxed/relaxed */
    :: tail == pos -> bar_push = 1
    :: else -> locked = 0; held = 0; goto slow fi };
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
  bool refused_push[NS], refused_pop[NR];
  atomic { !locked -> locked = 1 };
#ifndef CLOSE_NO_BAR
  bar_push = 1;                                                   /*@ bar_pushes fetch_or#1 seq_cst */
#endif
  closed = 1;                                                     /*@ mark_closed load#1 relaxed, mark_closed store#1 seq_cst */
  atomic { do :: len(poppers) > 0 -> poppers?who; refused_pop[who] = 1 :: else -> break od; who = 0 };
#ifndef CLOSE_ONE_SIDE
  atomic { if :: len(pushers) > 0 -> bar_pop = 0 :: else fi };
  atomic { do :: len(pushers) > 0 -> pushers?who; refused_push[who] = 1 :: else -> break od; who = 0 };
#endif
  locked = 0;
  do
  :: atomic { who < NR -> if :: refused_pop[who] -> rung_pop[who] = 1; refused_pop[who] = 0 :: else fi; who++ }
  :: atomic { who >= NR && who < NR + NS ->
       if :: refused_push[who - NR] -> rung_push[who - NR] = 1; refused_push[who - NR] = 0 :: else fi; who++ }
  :: atomic { who == NR + NS -> who = 0; finished++; break }
  od
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

/*@ of primitives/sluice/detail/chan_ring.hpp primitives/sluice/detail/chan_words.hpp primitives/sluice/detail/chan_gate.hpp primitives/sluice/detail/bell.hpp
    without ~chan_ring: no other operation runs
    without push_is_busy: settle_push, for a select
    without pop_is_busy: settle_pop, for a select
    without looks_empty: a hint
    without looks_full: a hint
    without size: a hint
    without pop_barred: only for a select that would meet itself
    without push_barred: only for a select that would meet itself
    without claim_push load#4: begins anew, as load#1, from the tail itself
    without claim_pop store#2: as claim_push store#2
    without claim_pop load#4: whether it is busy: the step before it says so here
    without show_senders: channels without a buffer
    without show_receivers: channels without a buffer
    without no_senders: channels without a buffer
    without no_receivers: channels without a buffer
    without shown: channels without a buffer
    without buffer_decides: a hint
    without expects_offer: channels without a buffer
    without wait: how the bell's owner falls asleep
    path push: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, fill storage, fill store#1
    path pop: claim_pop load#1, turn_at load#1, claim_pop store#1, claim_pop compare_exchange_weak#1, drain value, drain store#1
    path close: is_closed load#1, bar_pushes fetch_or#1, mark_closed load#1, mark_closed store#1
    path push.closed: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, claim_push store#2,
      is_closed load#1
    path pop.closed: claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3, claim_pop load#1, turn_at load#1,
      claim_pop load#2, claim_pop load#3, is_closed load#1
    path pop.lines_up: claim_pop load#1, turn_at load#1, claim_pop load#2, claim_pop load#3, claim_pop load#1, turn_at load#1,
      claim_pop load#2, claim_pop load#3, bar_pushes_if_empty load#1, bar_pushes_if_empty compare_exchange_weak#1,
      wait compare_exchange_weak#1, has_rung load#1, has_rung load#1
    path push.serves: claim_push load#1, turn_at load#1, claim_push store#1, claim_push compare_exchange_weak#1, claim_push store#2,
      is_closed load#1, let_pushes fetch_and#1, ring exchange#1
    path push.lines_up: claim_push load#1, turn_at load#1, claim_push load#2, claim_push load#3, is_closed load#1, claim_push load#1,
      turn_at load#1, claim_push load#2, claim_push load#3, bar_pops_if_full load#1, bar_pops_if_full compare_exchange_weak#1,
      wait compare_exchange_weak#1, has_rung load#1, has_rung load#1
    path pop.serves: claim_pop load#1, turn_at load#1, claim_pop load#5, front_is_filled load#1, turn_at load#1, exchange_front load#1,
      exchange_front load#2, exchange_front store#1, exchange_front store#2, exchange_front value, exchange_front value, fill storage,
      fill store#1, let_pops fetch_and#1, ring exchange#1
    path close.refuses_pop: is_closed load#1, bar_pushes fetch_or#1, mark_closed load#1, mark_closed store#1, ring exchange#1
    path close.refuses_push: is_closed load#1, bar_pushes fetch_or#1, mark_closed load#1, mark_closed store#1, let_pops fetch_and#1,
      ring exchange#1 */
